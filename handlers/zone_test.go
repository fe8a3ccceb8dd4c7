package handlers

import (
	"encoding/csv"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/team"
	"callboard/views"
)

// readCSV returns the rows of a table by their columns.
func readCSV(t *testing.T, w *httptest.ResponseRecorder, separator rune) (rows []map[string]string) {
	t.Helper()
	text, marked := strings.CutPrefix(w.Body.String(), "\uFEFF")
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = separator
	records, err := r.ReadAll()
	if err != nil || !marked || len(records) == 0 || w.Header().Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Fatalf("%v, mark %v, %q: %.200s", err, marked, w.Header().Get("Content-Type"), text)
	}
	for _, cells := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = cells[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// TestTimesAreThoseOfTheTeam: the history and its table show times in the team's
// zone, whether the setting or sipgate determines it. The zone of the process
// does not count.
func TestTimesAreThoseOfTheTeam(t *testing.T) {
	t.Parallel() // it waits for its share of the requests to sipgate
	kolkata, err := team.LoadZone("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	stJohns, err := team.LoadZone("America/St_Johns")
	if err != nil {
		t.Fatal(err)
	}
	for want, rule := range map[string]team.ZoneRule{"America/St_Johns": {Fixed: stJohns, Fallback: kolkata}, "Europe/Berlin": {Fallback: kolkata}} {
		d := newDashboard(t, rule)
		if err := d.sim.FillHistory(simulator.HistoryFill{Account: d.account, Entries: 30}); err != nil {
			t.Fatal(err)
		}
		anna := d.signIn("w0", team.Admin)
		if _, err := d.h.Control.Rosters.Of(d.account).Users(t.Context()); err != nil {
			t.Fatal(err)
		}
		zone := d.h.zone(actorOf(anna))
		if zone.String() != want {
			t.Fatalf("the zone is %s, want %s", zone, want)
		}
		if other := d.h.Control.Zones.Of("9999999"); rule.Fixed == nil && other != kolkata {
			t.Errorf("another team's zone is %s", other)
		}
		rows := readCSV(t, anna.get("/history.csv"), ',')
		if len(rows) < 20 {
			t.Fatalf("%d rows", len(rows))
		}
		for _, row := range rows {
			created, err := time.Parse(time.RFC3339, row["time"])
			local := created.In(zone)
			if err != nil || row["time"] != local.Format(time.RFC3339) || row["date"] != local.Format(time.DateOnly) || row["clock"] != local.Format(time.TimeOnly) {
				t.Errorf("%s: row %v", zone, row)
			}
			seconds, _ := time.ParseDuration(row["seconds"] + "s")
			if row["duration"] != hoursMinutesSeconds(seconds) {
				t.Errorf("%s s are %s", row["seconds"], row["duration"])
			}
		}
		newest, _ := time.Parse(time.RFC3339, rows[0]["time"])
		page := anna.get("/history").Body.String()
		if text := newest.In(zone).Format("2 January 2006, 15:04:05 MST"); !strings.Contains(page, text) || !strings.Contains(page, `data-zone="`+want+`"`) {
			t.Errorf("%s: the history has no %q", zone, text)
		}
	}
}

func actorOf(b *browser) actor { return b.d.h.actorOf(httptest.NewRequest("GET", "/", nil), b.in) }

// TestDaysOfFiltersAreLocal: a day begins at midnight of the zone and ends at the
// next one, also when clocks change.
func TestDaysOfFiltersAreLocal(t *testing.T) {
	for _, test := range []struct {
		zone, day, begin string
		hours            float64
	}{
		{"Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z", 23},
		{"Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z", 25},
		{"Europe/Berlin", "2026-11-28", "2026-11-27T23:00:00Z", 24},
		{"UTC", "2026-03-29", "2026-03-29T00:00:00Z", 24},
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", 23}, // midnight is skipped
		{"Asia/Kolkata", "2026-01-01", "2025-12-31T18:30:00Z", 24},
	} {
		zone, err := team.LoadZone(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		begin, end, err := day(url.Values{"from": {test.day}}, "from", zone)
		if err != nil || begin.UTC().Format(time.RFC3339) != test.begin || end.Sub(begin).Hours() != test.hours {
			t.Errorf("%s in %s: from %s for %v, %v", test.day, test.zone, begin.UTC().Format(time.RFC3339), end.Sub(begin), err)
		}
		f := historyFilter{zone: zone}
		if err := f.readTimes(url.Values{"from": {test.day}, "to": {test.day}}); err != nil || !f.From.Equal(begin) || !f.To.Equal(end.Add(-time.Second)) {
			t.Errorf("history from %v to %v, %v", f.From, f.To, err)
		}
		a, err := auditFilter(url.Values{"from": {test.day}, "to": {test.day}}, zone)
		if err != nil || !a.From.Equal(begin) || !a.To.Equal(end) {
			t.Errorf("audit from %v to %v, %v", a.From, a.To, err)
		}
	}
	if begin, end, err := day(url.Values{}, "from", time.UTC); !begin.IsZero() || !end.IsZero() || err != nil {
		t.Errorf("no day: %v, %v, %v", begin, end, err)
	}
	for _, bad := range []string{"yesterday", "2026-02-30", "1999-12-31", "2101-01-01", "2026-1-1", "2026-01-01T00:00", " 2026-01-01"} {
		if _, _, err := day(url.Values{"from": {bad}}, "from", time.UTC); err == nil {
			t.Errorf("%q is a day", bad)
		}
	}
}

// TestSpansAreLocalDays: today begins at midnight of the zone, and yesterday is
// the day before it, also if its clocks changed at midnight.
func TestSpansAreLocalDays(t *testing.T) {
	zone, err := team.LoadZone("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2018, 11, 5, 0, 30, 0, 0, zone) // the day before had 23 hours
	for name, want := range map[string]string{"today": "2018-11-05 24", "yesterday": "2018-11-04 23", "week": "2018-10-30 7"} {
		span, ok := spanOf(name, now)
		if got := span.From().Format(time.DateOnly) + " " + map[int]string{7: "7", 23: "23", 24: "24"}[span.Len()]; !ok || got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if _, ok := spanOf("month", now); ok {
		t.Error("a month is a span")
	}
}

// TestTablesOpenInTheReadersSpreadsheet: semicolons for readers of German, commas
// for all others.
func TestTablesOpenInTheReadersSpreadsheet(t *testing.T) {
	t.Parallel() // it waits for its share of the requests to sipgate
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	d.signIn("w1", team.Viewer).post("/team/w0/role", "role=viewer")
	for lang, separator := range map[string]rune{"de": ';', "de-AT,en;q=0.5": ';', "en": ',', "en-GB,de;q=0.5": ',', "fr-FR, xx": ','} {
		anna.lang = lang
		for path, columns := range map[string][]string{"/history.csv": historyColumns, "/audit.csv": auditColumns} {
			if path == "/history.csv" && len(lang) > 2 {
				continue // it waits for its share of the requests to sipgate
			}
			w := anna.get(path)
			head, _, _ := strings.Cut(strings.TrimPrefix(w.Body.String(), "\uFEFF"), "\r\n")
			if !slices.Equal(strings.Split(head, string(separator)), columns) {
				t.Errorf("%s for %q begins with %q", path, lang, head)
			}
			if name := w.Header().Get("Content-Disposition"); name != `attachment; filename="callboard-`+strings.Trim(path, "/")+`"` {
				t.Errorf("%s is saved as %q", path, name)
			}
			if rows := readCSV(t, w, separator); path == "/audit.csv" && (len(rows) != 1 || rows[0]["outcome"] != "refused" || rows[0]["user"] != "w1") {
				t.Errorf("the audit has %v", rows)
			}
		}
	}
	if csvSeparator(views.German) == csvSeparator(views.English) {
		t.Error("one separator for all")
	}
}

// TestARecordingIsSavedUnderTheTeamsTime: the name of the file has the local time
// of the call.
func TestARecordingIsSavedUnderTheTeamsTime(t *testing.T) {
	berlin, err := team.LoadZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	d := newDashboard(t, team.ZoneRule{Fixed: berlin})
	e := sipgate.HistoryEntry{Type: "CALL", Incoming: true, Source: "+4930555001", Created: time.Date(2026, 6, 30, 22, 5, 0, 0, time.UTC)}
	for want, change := range map[string]func(){
		"2026-07-01 0005 in +4930555001":         func() {},
		"2026-07-01 0005 voicemail +4930555001":  func() { e.Type = "VOICEMAIL" },
		"2026-07-01 0005 voicemail Meier & Sohn": func() { e.Type, e.SourceAlias = "VOICEMAIL", "Meier & Sohn" },
	} {
		e.Type, e.SourceAlias = "CALL", ""
		change()
		if got := d.h.recordingName(actor{}, e); got != want {
			t.Errorf("saved as %q, want %q", got, want)
		}
	}
	e.Type, e.SourceAlias, e.Incoming, e.Target = "CALL", "", false, "+4930555009"
	if got := d.h.recordingName(actor{}, e); got != "2026-07-01 0005 out +4930555009" {
		t.Errorf("an outgoing call is saved as %q", got)
	}
}
