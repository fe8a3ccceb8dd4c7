package views

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/a-h/templ"

	"callboard/sipgate/announcement"
)

// galleryOfSounds is the library of announcements in all its states, those
// that script brings about included.
func galleryOfSounds(p Page) []Picture {
	m, many := galleryAnnouncements(p.Now), galleryMany(p.Now)
	empty := m
	empty.Items, empty.Usage.Files, empty.Usage.Bytes = nil, 0, 0
	reader := m
	reader.Write = false
	ask := empty
	ask.Write = false
	full := many
	full.Usage.Files = full.Usage.MaxFiles
	uploaded := m.Items[1]
	return []Picture{
		{"announcements", Announcements(p, m)},
		{"announcements-empty", Announcements(p, empty)},
		{"announcements-many", Announcements(p, many)},
		{"announcements-agent", Announcements(p, reader)},
		{"announcements-agent-empty", Announcements(p, ask)},
		{"announcements-full", Announcements(p, full)},
		{"announcements-uploading", instead(Announcements(p, m), "</ul><template",
			uploadLine(p, "Begrüßung.m4a", "reading", p.t("upload.reading"), 0),
			uploadLine(p, "Welcome.wav", "sending", strings.Replace(p.t("upload.progress"), "{n}", "64", 1), 64),
			uploadLine(p, "a very long name of a file that somebody once exported from somewhere (final) (2).flac", "waiting", p.t("upload.waiting"), 0),
			uploadLine(p, "invoice.pdf.wav", "failed", Message(p.Lang, "not_audio", 415), 0),
			uploadLine(p, "Song.mp3", "failed", Message(p.Lang, "quota", 409), 0))},
		{"announcements-recording", shown(Announcements(p, m), "recording", "")},
		{"announcements-recorded", shown(Announcements(p, m), "recorded", "")},
		{"announcements-denied", shown(Announcements(p, m), "idle", p.t("mic.denied"))},
		{"uploaded", Uploaded(p.Lang, uploaded)},
	}
}

// instead puts views before a place of another one, as script does.
func instead(page templ.Component, before string, inserted ...templ.Component) templ.Component {
	return rewritten(page, func(ctx context.Context, html string) string {
		var b strings.Builder
		for _, c := range inserted {
			if err := c.Render(ctx, &b); err != nil {
				panic(err) // the gallery is rendered by tests only
			}
		}
		return strings.Replace(html, before, b.String()+before, 1)
	})
}

// shown shows one state of the recorder, and what it says.
func shown(page templ.Component, state, says string) templ.Component {
	return rewritten(page, func(_ context.Context, html string) string {
		at := strings.Index(html, `id="recorder"`)
		box := html[at:]
		box = strings.Replace(box, " hidden>", ">", 1)
		box = strings.Replace(box, `data-state="idle"`, `data-state="`+state+`"`, 1)
		for _, other := range []string{"idle", "recording", "recorded"} {
			if other != state {
				box = strings.Replace(box, `data-in="`+other+`"`, `data-in="`+other+`" hidden`, 1)
			}
		}
		box = strings.Replace(box, `<p class="says" role="status">`, `<p class="says" role="status">`+says, 1)
		box = strings.ReplaceAll(box, "<time></time>", "<time>0:07</time>")
		return html[:at] + strings.Replace(box, `value="-60"`, `value="-14"`, 1)
	})
}

func rewritten(page templ.Component, change func(ctx context.Context, html string) string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		var b strings.Builder
		if err := page.Render(ctx, &b); err != nil {
			return err
		}
		_, err := io.WriteString(w, change(ctx, b.String()))
		return err
	})
}

const (
	galleryWave  = "0000135gjkmhfdba98abcehjmoqsrpnljhfdcabdfhjlnprsutrpnljhfdb97531"
	galleryMusic = "46789abcdefghijklmmlkmlkmmlklmlkmmlkmlmlkmlkmmlkmlkjihgfedcba987"
)

func galleryAnnouncements(now time.Time) AnnouncementsModel {
	return AnnouncementsModel{MaxSize: 32 << 20, MaxLength: 10 * time.Minute, Order: announcement.ByUse, Write: true,
		Usage: announcement.Usage{Files: 3, MaxFiles: 50, Bytes: 3_168_132, MaxBytes: 200_000_000},
		Items: []Announcement{
			{ID: "a1", Label: "Lunch break", UploadedBy: "Mia Brandt", Created: now.Add(-50 * time.Hour), Length: 14 * time.Second, Size: 224_044, Loudness: -16, Waveform: galleryWave,
				Source: announcement.Source{Format: "WAV, 24-bit PCM", Rate: 48000, Channels: 1, Length: 15300 * time.Millisecond, Loudness: -28.4},
				Plays:  12, LastPlayed: now.Add(-time.Hour), LastPlayedBy: "Tom Weber"},
			{ID: "a2", Label: "Warteschleifenmusik für die Weihnachtsfeiertage 2026 (endgültig)", UploadedBy: "Tom Weber", Created: now.Add(-9 * time.Hour), Length: 184 * time.Second, Size: 2_944_044, Loudness: -16.1, Waveform: galleryMusic,
				Source: announcement.Source{Format: "MP3", Rate: 44100, Channels: 2, Length: 184 * time.Second, Loudness: -9.2}, Plays: 1, LastPlayed: now.Add(-30 * time.Hour), LastPlayedBy: "Mia Brandt"},
			{ID: "a3", Label: "Old one", Created: now.Add(-900 * time.Hour), Length: 2 * time.Second, Size: 44, LastPlayed: now.Add(-800 * time.Hour),
				Source: announcement.Source{Format: "FLAC, 16-bit", Rate: 24000, Channels: 6, Length: 2 * time.Second}},
		}}
}

func galleryMany(now time.Time) AnnouncementsModel {
	m := galleryAnnouncements(now)
	for i := range 9 {
		a := m.Items[0]
		a.ID, a.Label, a.Plays, a.LastPlayed = fmt.Sprint("b", i), fmt.Sprint("Opening hours ", i+1), 0, time.Time{}
		a.Length += time.Duration(i*i) * time.Second
		m.Items = append(m.Items, a)
	}
	m.Usage.Files = len(m.Items)
	return m
}
