package gallery

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/a-h/templ"

	"callboard/sipgate/announcement"
	"callboard/views"
)

// announcementExamples shows the library in every state, including the states
// that only script reaches.
func announcementExamples(p views.Page) []Example {
	m, many := exampleAnnouncements(p.Now), manyAnnouncements(p.Now)
	empty := m
	empty.Items, empty.Usage.Files, empty.Usage.Bytes = nil, 0, 0
	reader := m
	reader.MayManage = false
	ask := empty
	ask.MayManage = false
	full := many
	full.Usage.Files = full.Usage.MaxFiles
	uploaded := m.Items[1]
	noted := uploaded
	noted.Notes = announcement.Notes
	return []Example{
		{"announcements", views.Announcements(p, m)},
		{"announcements-empty", views.Announcements(p, empty)},
		{"announcements-many", views.Announcements(p, many)},
		{"announcements-agent", views.Announcements(p, reader)},
		{"announcements-agent-empty", views.Announcements(p, ask)},
		{"announcements-full", views.Announcements(p, full)},
		{"announcements-uploading", insertBefore(views.Announcements(p, m), "</ul><template",
			views.UploadItem(p, "Begrüßung.m4a", "reading", p.Lang.T("upload.reading"), 0),
			views.UploadItem(p, "Welcome.wav", "sending", strings.Replace(p.Lang.T("upload.progress"), "{n}", "64", 1), 64),
			views.UploadItem(p, "a very long name of a file that somebody once exported from somewhere (final) (2).flac", "waiting", p.Lang.T("upload.waiting"), 0),
			views.UploadItem(p, "invoice.pdf.wav", "failed", views.Message(p.Lang, "not_audio", 415), 0),
			views.UploadItem(p, "Mailbox.wav", "failed", views.RefusedFile(p.Lang, &announcement.Error{Code: announcement.Unsupported, Reason: announcement.UnknownCodec, Format: "G.729"}, 422), 0),
			views.UploadItem(p, "Song.mp3", "failed", views.Message(p.Lang, "quota", 409), 0))},
		{"announcements-recording", withRecorder(views.Announcements(p, m), "recording", "")},
		{"announcements-recorded", withRecorder(views.Announcements(p, m), "recorded", "")},
		{"announcements-denied", withRecorder(views.Announcements(p, m), "idle", p.Lang.T("mic.denied"))},
		{"uploaded", views.Uploaded(p.Lang, uploaded)},
		{"uploaded-noted", views.Uploaded(p.Lang, noted)},
	}
}

// insertBefore inserts components before a text of a page, as script does.
func insertBefore(page templ.Component, before string, inserted ...templ.Component) templ.Component {
	return rewritten(page, func(ctx context.Context, html string) string {
		var b strings.Builder
		for _, c := range inserted {
			if err := c.Render(ctx, &b); err != nil {
				panic(err) // into memory, of constants
			}
		}
		return strings.Replace(html, before, b.String()+before, 1)
	})
}

// withRecorder returns a page with its recorder in a state and with a status
// text.
func withRecorder(page templ.Component, state, status string) templ.Component {
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
		box = strings.Replace(box, `<p class="says" role="status">`, `<p class="says" role="status">`+status, 1)
		box = strings.ReplaceAll(box, "<time></time>", "<time>0:07</time>")
		return html[:at] + strings.Replace(box, `value="-60"`, `value="-14"`, 1)
	})
}

// rewritten returns a page with its HTML changed.
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
	speechWaveform = "0000135gjkmhfdba98abcehjmoqsrpnljhfdcabdfhjlnprsutrpnljhfdb97531"
	musicWaveform  = "46789abcdefghijklmmlkmlkmmlklmlkmmlkmlmlkmlkmmlkmlkjihgfedcba987"
)

// exampleAnnouncements is a library of three announcements.
func exampleAnnouncements(now time.Time) views.AnnouncementsModel {
	return views.AnnouncementsModel{MaxSize: 32 << 20, MaxLength: 10 * time.Minute, SortOrder: announcement.ByUse, Favourites: []string{"a2"}, MayManage: true,
		Usage: announcement.Usage{Files: 3, MaxFiles: 50, Bytes: 3_168_132, MaxBytes: 200_000_000},
		Items: []announcement.Announcement{
			{ID: "a1", Label: "Lunch break", UploadedBy: "Mia Brandt", Created: now.Add(-50 * time.Hour), Length: 14 * time.Second, Size: 224_044, Loudness: -16, Waveform: speechWaveform,
				Source: announcement.Source{Format: "WAV, 24-bit PCM", Rate: 48000, Channels: 1, Length: 15300 * time.Millisecond, Loudness: -28.4},
				Plays:  12, LastPlayed: now.Add(-time.Hour), LastPlayedBy: "Tom Weber"},
			{ID: "a2", Label: "Warteschleifenmusik für die Weihnachtsfeiertage 2026 (endgültig)", UploadedBy: "Tom Weber", Created: now.Add(-9 * time.Hour), Length: 184 * time.Second, Size: 2_944_044, Loudness: -16.1, Waveform: musicWaveform,
				Source: announcement.Source{Format: "MP3", Rate: 44100, Channels: 2, Length: 184 * time.Second, Loudness: -9.2}, Plays: 1, LastPlayed: now.Add(-30 * time.Hour), LastPlayedBy: "Mia Brandt"},
			{ID: "a3", Label: "Old one", Created: now.Add(-900 * time.Hour), Length: 2 * time.Second, Size: 44, LastPlayed: now.Add(-800 * time.Hour),
				Source: announcement.Source{Format: "FLAC, 16-bit", Rate: 24000, Channels: 6, Length: 2 * time.Second}, Notes: []announcement.Note{announcement.NoteGaps}},
		}}
}

// manyAnnouncements is a library with enough announcements for a filter.
func manyAnnouncements(now time.Time) views.AnnouncementsModel {
	m := exampleAnnouncements(now)
	for i := range 9 {
		a := m.Items[0]
		a.ID, a.Label, a.Plays, a.LastPlayed = fmt.Sprint("b", i), fmt.Sprint("Opening hours ", i+1), 0, time.Time{}
		a.Length += time.Duration(i*i) * time.Second
		m.Items = append(m.Items, a)
	}
	m.Usage.Files = len(m.Items)
	return m
}
