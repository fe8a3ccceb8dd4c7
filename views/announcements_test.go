package views

import (
	"strings"
	"testing"
	"time"

	"callboard/sipgate/announcement"
)

// Whatever the decoder has to say about a file, the reader gets in their language,
// with the name of what the file is.
func TestTheDecodersWordReachesTheReader(t *testing.T) {
	for _, tc := range []struct {
		e      announcement.Error
		de, en string
	}{
		{announcement.Error{Code: announcement.Unsupported, Reason: announcement.UnknownCodec, Format: "G.729"}, "WAV mit G.729 wird nicht unterstützt. Bitte als PCM", "WAV with G.729 is not supported. Please save it as PCM"},
		{announcement.Error{Code: announcement.Unsupported, Reason: announcement.UnknownFormat, Format: "FLAC"}, "FLAC wird nicht unterstützt. Möglich sind WAV und MP3", "FLAC is not supported. Please save it as WAV or MP3"},
		{announcement.Error{Code: announcement.Unsupported, Reason: announcement.UnknownMP3, Format: "MP3, 8 kHz (MPEG-2.5)"}, "MP3, 8 kHz (MPEG-2.5) wird nicht unterstützt", "MP3, 8 kHz (MPEG-2.5) is not supported"},
		{announcement.Error{Code: announcement.Unsupported, Reason: announcement.RateOutOfRange, Number: 3500}, "3,5 kHz", "3.5 kHz"},
		{announcement.Error{Code: announcement.Unsupported, Reason: announcement.TooManyChannels, Number: 12}, "12 Kanäle", "12 channels"},
		{announcement.Error{Code: announcement.Unsupported, Reason: announcement.RateChanges}, "Abtastrate", "sample rate"},
		{announcement.Error{Code: announcement.Invalid, Reason: announcement.Truncated}, "Das Ende dieser Datei fehlt", "end of this file is missing"},
		{announcement.Error{Code: announcement.Invalid, Reason: announcement.TwoFiles}, "mehrere Aufnahmen", "several recordings"},
		{announcement.Error{Code: announcement.NotAudio, Reason: announcement.OtherFile, Format: "pdf"}, "Das ist ein PDF-Dokument", "This is a PDF document"},
		{announcement.Error{Code: announcement.Invalid}, "beschädigt", "damaged"},
		{announcement.Error{Code: announcement.Empty}, "keinen Ton", "no sound"},
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

// The list says what became of an uploaded file: what it was, and what was done
// to it.
func TestConversionIsTold(t *testing.T) {
	source := announcement.Source{Format: "MP3", Rate: 44100, Channels: 2, Length: 5 * time.Second, Loudness: -20}
	for _, test := range []struct {
		loudness float64
		length   time.Duration
		want     string
	}{
		{-16, 5 * time.Second, "From MP3, 44.1 kHz, stereo · Volume adjusted (+4 dB)"},
		{-19.5, 5 * time.Second, "From MP3, 44.1 kHz, stereo · Volume adjusted (+1 dB)"},
		{-19.6, 5 * time.Second, "From MP3, 44.1 kHz, stereo"},
		{-20.4, 5 * time.Second, "From MP3, 44.1 kHz, stereo"},
		{-23, 5 * time.Second, "From MP3, 44.1 kHz, stereo · Volume adjusted (−3 dB)"},
		{0, 5 * time.Second, "From MP3, 44.1 kHz, stereo"}, // silence has no loudness
		{-20, 5*time.Second - 49*time.Millisecond, "From MP3, 44.1 kHz, stereo"},
		{-20, 3800 * time.Millisecond, "From MP3, 44.1 kHz, stereo · 1.2 s of silence trimmed"},
	} {
		a := announcement.Announcement{Source: source, Loudness: test.loudness, Length: test.length}
		if got := conversionText(English, a); got != test.want {
			t.Errorf("%v, %v: %q, want %q", test.loudness, test.length, got, test.want)
		}
		a.Source.Loudness = 0
		if got := conversionText(English, a); strings.Contains(got, "made") {
			t.Errorf("an unknown loudness was changed: %q", got)
		}
	}
	for channels, want := range map[int]string{1: "WAV, 8 kHz, Mono", 2: "WAV, 8 kHz, Stereo", 6: "WAV, 8 kHz, 6 Kanäle"} {
		if got := sourceText(German, announcement.Announcement{Source: announcement.Source{Format: "WAV", Rate: 8000, Channels: channels}}); !strings.EqualFold(got, want) {
			t.Errorf("%d channels: %q", channels, got)
		}
	}
	for _, unknown := range []announcement.Source{{}, {Format: "WAV"}, {Rate: 8000}} {
		if got := sourceText(German, announcement.Announcement{Source: unknown}); got != "" {
			t.Errorf("%+v: %q", unknown, got)
		}
	}
	if got := loudness(German, -16.04) + loudness(English, 0); got != "−16,0 LUFS–" {
		t.Errorf("loudness %q", got)
	}
}

// How often an announcement was played is said as far as it is known.
func TestPlaysAreTold(t *testing.T) {
	const day = dateGap
	for want, a := range map[string]announcement.Announcement{
		"never played":                            {},
		"last played " + day:                      {LastPlayed: moment},
		"played once, " + day:                     {LastPlayed: moment, Plays: 1},
		"played once, " + day + " by Mia":         {LastPlayed: moment, Plays: 1, LastPlayedBy: "Mia"},
		"played 2 times, last " + day:             {LastPlayed: moment, Plays: 2},
		"played 2 times, last " + day + " by Mia": {LastPlayed: moment, Plays: 2, LastPlayedBy: "Mia"},
	} {
		if got := playbackText(English, a); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for want, u := range map[string]announcement.Usage{
		"0": {}, "50": {Files: 5, MaxFiles: 10, Bytes: 1, MaxBytes: 100}, "75": {Files: 5, MaxFiles: 10, Bytes: 75, MaxBytes: 100}, "100": {Files: 11, MaxFiles: 10, MaxBytes: 1},
	} {
		if got := usagePercent(u); got != want {
			t.Errorf("%+v: %s %%, want %s", u, got, want)
		}
	}
	if got := usageText(German, announcement.Usage{Files: 1, MaxFiles: 20, Bytes: 1_250_000, MaxBytes: 20_000_000}); !strings.Contains(got, "1,2") || !strings.Contains(got, "20 MB") {
		t.Errorf("usage %q", got)
	}
}

// TestSoundsPlayInOurOwnPlayer: an announcement is heard through the player with its
// waveform and length, in the library and in the dialog of a call; and what only a
// technician understands is folded.
func TestSoundsPlayInOurOwnPlayer(t *testing.T) {
	a := announcement.Announcement{ID: "a1", Label: "Lunch", Length: 14600 * time.Millisecond, Waveform: "0v", Loudness: -16,
		Source: announcement.Source{Format: "WAV, 24-bit PCM", Rate: 48000, Channels: 1, Length: 16 * time.Second, Loudness: -28}}
	silent := announcement.Announcement{ID: "a2", Label: "Older"}
	for _, lang := range []Lang{German, English} {
		p := Page{Lang: lang, Now: moment, Fragment: true}
		for what, page := range map[string]string{
			"library": html(t, Announcements(p, AnnouncementsModel{Items: []announcement.Announcement{a, silent}, MayManage: true})),
			"dialog":  html(t, AnnounceDialog(p, AnnounceModel{Call: CallRef{ID: "r1"}, Announcements: []announcement.Announcement{a, silent}})),
		} {
			players := strings.Split(page, `<div class="player"`)[1:]
			if len(players) != 2 || strings.Count(page, "<audio") != 2 {
				t.Fatalf("%s: %d players, %d sounds", what, len(players), strings.Count(page, "<audio"))
			}
			first, second := players[0][:strings.Index(players[0], "</div>")], players[1]
			for _, want := range []string{`data-waveform="0v"`, `data-seconds="14.6"`, `src="/announcements/a1/audio"`} {
				if !strings.Contains(first, want) {
					t.Errorf("%s: the player lacks %s: %s", what, want, first)
				}
			}
			if !strings.Contains(players[0], `<span class="place">0:00 / 0:14</span>`) {
				t.Errorf("%s: the player does not say how long it plays", what)
			}
			if strings.Contains(second, "data-waveform") || strings.Contains(second, "data-seconds") {
				t.Errorf("%s: a waveform or a length that is not known", what)
			}
		}
		for what, page := range map[string]string{
			"card":   html(t, announcementCard(p, AnnouncementsModel{}, a)),
			"upload": html(t, Uploaded(lang, a)),
		} {
			before, rest, _ := strings.Cut(page, `<details class="technical">`)
			_, after, _ := strings.Cut(rest, "</details>")
			for _, word := range []string{"PCM", "kHz", "LUFS", "dB"} {
				if strings.Contains(before+after, word) {
					t.Errorf("%s: %s is not folded", what, word)
				}
			}
			if !strings.Contains(rest, "kHz") {
				t.Errorf("%s: the technical data are gone", what)
			}
		}
	}
}
