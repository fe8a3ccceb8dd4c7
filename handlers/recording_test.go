package handlers

import (
	"mime"
	"strings"
	"testing"
)

// T28: whatever a caller is called, the header has one line, names one file
// without a folder, and is understood by who reads it as RFC 6266 says.
func TestT28Attachment(t *testing.T) {
	for name, want := range map[string]string{
		"2026-11-23 1403 in +4930901820.wav":    "2026-11-23-1403-in-+4930901820.wav",
		"in Meier & Söhne.wav":                  "in Meier & Söhne.wav",
		"in a\"\r\nX: y.wav":                    "in a X y.wav",
		"../../etc/passwd\x00.wav":              ".. .. etc passwd .wav",
		"in Jürgen Groß; filename=\"evil\".wav": "in Jürgen Groß filename= evil .wav",
		"out 日本 \u202egpj.exe.wav":              "out 日本 gpj.exe.wav",
	} {
		header := attachment(name)
		if strings.ContainsAny(header, "\r\n\x00") || strings.ContainsFunc(header, func(r rune) bool { return r > '~' }) {
			t.Errorf("%q: %q", name, header)
		}
		kind, params, err := mime.ParseMediaType(header)
		if err != nil || kind != "attachment" || strings.ReplaceAll(params["filename"], " ", "-") != strings.ReplaceAll(want, " ", "-") || strings.ContainsAny(params["filename"], "/\\") {
			t.Errorf("%q: %q is %s %q, %v", name, header, kind, params, err)
		}
	}
	for from, want := range map[string]string{"audio/x-wav": "audio/wav", "audio/mpeg": "audio/mpeg", "application/octet-stream": "audio/wav", "": "audio/wav", "audio/ogg": "audio/ogg"} {
		if kind, ext := soundKind(from); kind != want || ext == "" {
			t.Errorf("%s: %s %s", from, kind, ext)
		}
	}
}
