package views

import (
	"strings"
	"testing"
	"time"
)

// Dates are read at 14:40 on Sunday, 29 November, in the team's zone, where it is
// an hour later than in UTC. static/src/dates.test.js has the same table.
func TestDatesAreRelativeToToday(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 29, 13, 40, 0, 0, time.UTC)
	for _, test := range []struct {
		at     string
		form   dateForm
		en, de string
	}{
		{"2026-11-29T13:32:10Z", momentForm, "Today 14:32", "Heute 14:32"},
		{"2026-11-28T23:00:00Z", momentForm, "Today 00:00", "Heute 00:00"},
		{"2026-11-28T22:59:59Z", momentForm, "Yesterday 23:59", "Gestern 23:59"},
		{"2026-11-27T13:32:00Z", momentForm, "Fri 27 Nov 14:32", "Fr 27.11. 14:32"},
		{"2026-03-07T08:05:04Z", momentForm, "Sat 7 Mar 09:05", "Sa 07.03. 09:05"},
		{"2025-11-27T13:32:00Z", momentForm, "27 Nov 2025 14:32", "27.11.2025 14:32"},
		{"2026-11-30T08:00:00Z", momentForm, "Mon 30 Nov 09:00", "Mo 30.11. 09:00"},
		{"2026-11-29T13:39:30Z", agoForm, "just now", "gerade eben"},
		{"2026-11-29T13:40:30Z", agoForm, "just now", "gerade eben"},
		{"2026-11-29T13:35:00Z", agoForm, "5 min ago", "vor 5 min"},
		{"2026-11-29T12:40:01Z", agoForm, "59 min ago", "vor 59 min"},
		{"2026-11-29T12:40:00Z", agoForm, "Today 13:40", "Heute 13:40"},
		{"2026-11-29T15:00:00Z", agoForm, "Today 16:00", "Heute 16:00"},
		{"2026-11-28T08:05:00Z", agoForm, "Yesterday 09:05", "Gestern 09:05"},
		{"2026-11-29T08:05:00Z", dayForm, "Today", "Heute"},
		{"2026-11-28T08:05:00Z", dayForm, "Yesterday", "Gestern"},
		{"2026-11-27T08:05:00Z", dayForm, "Friday, 27 November", "Freitag, 27. November"},
		{"2025-12-31T08:05:00Z", dayForm, "Wednesday, 31 December 2025", "Mittwoch, 31. Dezember 2025"},
	} {
		at, err := time.Parse(time.RFC3339, test.at)
		if err != nil {
			t.Fatal(err)
		}
		for lang, want := range map[Lang]string{English: test.en, German: test.de} {
			if got := relativeDate(lang, test.form, now.In(berlin), at.In(berlin)); got != want {
				t.Errorf("%s %s in %s: %q, want %q", test.at, test.form, lang, got, want)
			}
		}
	}
}

// A date has all of itself as its title, with the zone, and is part of its
// sentence.
func TestDatesAreWholeInTheirTitle(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 29, 13, 40, 0, 0, time.UTC)
	for lang, wants := range map[Lang][2]string{
		English: {`seen <time datetime="2026-11-29T14:32:10+01:00" title="Sunday, 29 November 2026, 14:32:10 CET" data-date="moment" data-inside>today 14:32</time> &lt;b&gt;`,
			`<time datetime="2026-11-27T14:40:00+01:00" title="Friday, 27 November 2026, 14:40:00 CET" data-date="ago">Fri 27 Nov 14:40</time>`},
		German: {`seen <time datetime="2026-11-29T14:32:10+01:00" title="Sonntag, 29. November 2026, 14:32:10 CET" data-date="moment" data-inside>heute 14:32</time> &lt;b&gt;`,
			`<time datetime="2026-11-27T14:40:00+01:00" title="Freitag, 27. November 2026, 14:40:00 CET" data-date="ago">Fr 27.11. 14:40</time>`},
	} {
		p := Page{Lang: lang, Zone: berlin, Now: now}
		if got := html(t, p.datedText(momentForm, now.Add(-470*time.Second), "seen "+dateGap+" <b>")); got != wants[0] {
			t.Errorf("%s", got)
		}
		if got := html(t, p.ago(now.AddDate(0, 0, -2))); got != wants[1] {
			t.Errorf("%s", got)
		}
		if got := html(t, p.datedText(momentForm, now.AddDate(0, 0, -2), "on "+dateGap)); lang == German && !strings.Contains(got, ">Fr 27.11.") {
			t.Errorf("a weekday lost its capital: %s", got)
		}
	}
}
