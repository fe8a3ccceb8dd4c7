package views

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestFormats(t *testing.T) {
	at := time.Date(2026, 3, 7, 9, 5, 4, 0, time.UTC)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		lang Lang
		got  string
		want string
	}{
		{English, date(English, nil, at), "7 Mar 2026, 09:05"}, {German, date(German, berlin, at), "07.03.2026, 10:05"},
		{English, exactDate(English, berlin, at), "7 Mar 2026, 10:05:04"}, {German, exactDate(German, nil, at), "07.03.2026, 09:05:04"},
		{English, date(English, berlin, time.Time{}), ""}, {German, exactDate(German, nil, time.Time{}), ""},
		{English, durationText(0), "0:00"}, {English, durationText(59500 * time.Millisecond), "1:00"}, {German, durationText(192 * time.Second), "3:12"},
		{German, durationText(3723 * time.Second), "1:02:03"}, {German, durationText(100 * time.Hour), "100:00:00"},
		{English, megabytes(English, 1), "0"}, {English, megabytes(English, 2_944_044), "2.9"}, {German, megabytes(German, 2_944_044), "2,9"}, {German, megabytes(German, 200_000_000), "200"},
		{English, loudness(English, -16.04), "−16.0 LUFS"}, {German, loudness(German, -16.04), "−16,0 LUFS"}, {German, loudness(German, 0), "–"},
		{English, kilohertz(English, 44100), "44.1 kHz"}, {German, kilohertz(German, 44100), "44,1 kHz"}, {German, kilohertz(German, 8000), "8 kHz"},
		{English, gracePeriodText(English, 0), "Immediately"}, {English, gracePeriodText(English, 1), "1 second"}, {German, gracePeriodText(German, 1), "1 Sekunde"}, {German, gracePeriodText(German, 4), "4 Sekunden"},
		{English, hiddenCallsText(English, 0), "All calls are shown."}, {German, hiddenCallsText(German, 1), "1 Anruf von Kollegen ist ausgeblendet."},
		{English, hiddenCallsText(English, 12), "12 calls of colleagues are hidden."}, {German, hiddenCallsText(German, 12), "12 Anrufe von Kollegen sind ausgeblendet."},
		{English, English.T("play.fetched", 1.25), "sipgate fetched it after 1.2 s"}, {German, German.T("play.fetched", 1.25), "von sipgate nach 1,2 s abgeholt"},
	} {
		if test.got != test.want {
			t.Errorf("%s writes %q, want %q", test.lang, test.got, test.want)
		}
	}
}

// TestEveryPlural renders every text with plural forms for various numbers: one
// and many differ, and no form is missing or malformed.
func TestEveryPlural(t *testing.T) {
	var counted []string
	for _, key := range keysOf(t, English) {
		if _, plain := dictionaries[English].plain[key]; !plain {
			counted = append(counted, key)
		}
	}
	if len(counted) < 6 {
		t.Fatalf("only %q count", counted)
	}
	for _, lang := range append(slices.Clone(Langs), Pseudo) {
		thousand := map[Lang]string{English: "1,234", German: "1.234", Pseudo: "1,234"}[lang]
		for _, key := range counted {
			said := map[string]bool{}
			for _, n := range []int{0, 1, 2, 21, 1234} {
				text := lang.T(key, n)
				if text == "" || strings.Contains(text, "%!") || strings.Contains(text, "missing words") {
					t.Errorf("%s %s %d: %q", lang, key, n, text)
				}
				said[strings.Map(digits, text)] = true
			}
			if many := lang.T(key, 1234); !strings.Contains(many, thousand) {
				t.Errorf("%s %s: %q does not contain the number", lang, key, many)
			}
			if len(said) < 2 {
				t.Errorf("%s %s: one reads like many: %q", lang, key, slices.Sorted(maps.Keys(said)))
			}
		}
	}
}

// digits drops digits and separators, to compare the words.
func digits(r rune) rune {
	if r >= '0' && r <= '9' || r == '.' || r == ',' {
		return -1
	}
	return r
}

// TestRingTexts checks the placeholders that script fills in notifications.
func TestRingTexts(t *testing.T) {
	for _, lang := range Langs {
		page := html(t, ringTexts(Page{Lang: lang}))
		for _, key := range []string{"ring.from", "ring.for", "say.ringing.more", "board.hidden.more"} {
			if strings.Count(lang.T(key), "{n}") != 1 {
				t.Errorf("%s %s has no placeholder for script", lang, key)
			}
		}
		for _, want := range []string{`data-from="` + lang.T("ring.from") + `"`, `data-for="` + lang.T("ring.for") + `"`} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: no %s", lang, want)
			}
		}
	}
}
