package views

import (
	"strings"
	"testing"

	"callboard/sipgate/announcement"
)

// Whatever the decoder has to say about a file, the reader gets in their language,
// with the name of what the file is.
func TestTheDecodersWordReachesTheReader(t *testing.T) {
	for _, tc := range []struct {
		e      announcement.Error
		de, en string
	}{
		{announcement.Error{Code: announcement.Unsupported, Reason: announcement.UnknownCodec, Format: "G.729"}, "WAV mit G.729; bitte als PCM", "WAV with G.729; please save it as PCM"},
		{announcement.Error{Code: announcement.Unsupported, Reason: announcement.UnknownFormat, Format: "FLAC"}, "FLAC wird nicht gelesen; bitte als WAV oder MP3", "FLAC cannot be read; please save it as WAV or MP3"},
		{announcement.Error{Code: announcement.Unsupported, Reason: announcement.UnknownMP3, Format: "MP3, 8 kHz (MPEG-2.5)"}, "MP3, 8 kHz (MPEG-2.5) wird nicht gelesen", "MP3, 8 kHz (MPEG-2.5) cannot be read"},
		{announcement.Error{Code: announcement.Unsupported, Reason: announcement.RateOutOfRange, Number: 3500}, "3,5 kHz", "3.5 kHz"},
		{announcement.Error{Code: announcement.Unsupported, Reason: announcement.TooManyChannels, Number: 12}, "12 Kanäle", "12 channels"},
		{announcement.Error{Code: announcement.Unsupported, Reason: announcement.RateChanges}, "Abtastrate", "sample rate"},
		{announcement.Error{Code: announcement.Invalid, Reason: announcement.Truncated}, "abgeschnitten", "cut off"},
		{announcement.Error{Code: announcement.Invalid, Reason: announcement.TwoFiles}, "mehrere Aufnahmen", "several recordings"},
		{announcement.Error{Code: announcement.NotAudio, Reason: announcement.OtherFile, Format: "pdf"}, "Das ist ein PDF-Dokument", "This is a PDF document"},
		{announcement.Error{Code: announcement.Invalid}, "beschädigt", "damaged"},
		{announcement.Error{Code: announcement.Empty}, "kein Ton", "no sound"},
	} {
		for lang, want := range map[Lang]string{German: tc.de, English: tc.en} {
			if got := RefusedFile(lang, &tc.e, 422); !strings.Contains(got, want) || strings.Contains(got, "upload.") {
				t.Errorf("%v: %q, want %q", tc.e, got, want)
			}
		}
	}
	for kind := range announcement.FileKinds {
		for _, lang := range []Lang{German, English} {
			if !lang.Has("upload.kind." + kind) {
				t.Errorf("no text for %s", kind)
			}
		}
	}
	for _, n := range announcement.Notes {
		de, en := NoteTexts(German, announcement.Announcement{Notes: []announcement.Note{n}}), NoteTexts(English, announcement.Announcement{Notes: []announcement.Note{n}})
		if len(de) != 1 || len(en) != 1 || strings.Contains(en[0], "note.") || de[0] == en[0] {
			t.Errorf("note %s: %q, %q", n, de, en)
		}
	}
}
