package handlers

import "testing"

func TestRecordingType(t *testing.T) {
	for from, want := range map[string]string{"audio/x-wav": "audio/wav", "audio/mpeg": "audio/mpeg", "application/octet-stream": "audio/wav", "": "audio/wav", "audio/ogg": "audio/ogg"} {
		if kind, ext := audioType(from); kind != want || ext == "" {
			t.Errorf("%s: %s %s", from, kind, ext)
		}
	}
}
