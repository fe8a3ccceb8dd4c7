package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/team"
)

// TestCellsOfTheHistory: every column of its table, in the zone of the team.
func TestCellsOfTheHistory(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := actorOf(d.signIn("w0", team.Admin))
	berlin, err := team.LoadZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 6, 30, 22, 5, 9, 0, time.UTC)
	for _, test := range []struct {
		e    sipgate.HistoryEntry
		want string
	}{
		{sipgate.HistoryEntry{ID: "17", Type: "CALL", Incoming: true, Source: "+4930555001", SourceAlias: "Vogt", Target: "+49211555", TargetAlias: "Office",
			Created: at, Duration: 192 * time.Second, Read: true, Recordings: make([]sipgate.Recording, 2), Note: "n"},
			"2026-07-01T00:05:09+02:00,17,CALL,in,false,Vogt,+4930555001,Office,+49211555,192,true,false,false,2,n,,2026-07-01,00:05:09,0:03:12"},
		{sipgate.HistoryEntry{ID: "18", Type: "CALL", Direction: "MISSED_OUTGOING", Source: "+49211555", Target: "+4930555001", Created: at, Starred: true},
			"2026-07-01T00:05:09+02:00,18,CALL,out,true,,+4930555001,,+49211555,0,false,true,false,0,,,2026-07-01,00:05:09,0:00:00"},
		{sipgate.HistoryEntry{ID: "19", Type: "VOICEMAIL", Incoming: true, Source: "anonymous", Duration: 3*time.Hour + 61*time.Second, Archived: true, Transcription: "t"},
			",19,VOICEMAIL,in,false,,anonymous,,,10861,false,false,true,0,,t,,,3:01:01"},
	} {
		if got := strings.Join(d.h.historyCells(anna, berlin, test.e), ","); got != test.want {
			t.Errorf("%s\nwant %s", got, test.want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0:00:00", 59*time.Second + 499*time.Millisecond: "0:00:59", 59*time.Second + 500*time.Millisecond: "0:01:00",
		time.Hour - 1: "1:00:00", 100 * time.Hour: "100:00:00", 25*time.Hour + 62*time.Minute + 3*time.Second: "26:02:03"} {
		if got := hoursMinutesSeconds(d); got != want {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
	}
}

// TestATableOfTheHistoryIsWholeOrRefused: with the filters of the page; a
// mistake or a sipgate that does not answer gives no table, and a client that
// leaves is no mistake.
func TestATableOfTheHistoryIsWholeOrRefused(t *testing.T) {
	t.Parallel() // it waits for its share of the requests to sipgate
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	if err := d.sim.FillHistory(simulator.HistoryFill{Account: d.account, Entries: 40}); err != nil {
		t.Fatal(err)
	}
	if w := anna.get("/history.csv?type=x"); w.Code != http.StatusUnprocessableEntity || strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") {
		t.Errorf("a filter that does not exist: %d %s", w.Code, w.Header().Get("Content-Type"))
	}
	f, err := d.h.parseHistoryFilter(actorOf(anna), url.Values{"starred": {"true"}})
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for row, err := range d.h.historyRows(t.Context(), actorOf(anna), f) {
		if err != nil || row[slices.Index(historyColumns, "starred")] != "true" {
			t.Errorf("%q, %v", row, err)
		}
		if read++; read == 1 {
			break
		}
	}
	if read != 1 {
		t.Errorf("%d rows were read", read)
	}
	if _, err := d.sim.AddFault(simulator.Fault{Status: http.StatusServiceUnavailable, Path: "/v2/history"}); err != nil {
		t.Fatal(err)
	}
	if w := anna.get("/history.csv"); w.Code != http.StatusBadGateway || w.Header().Get("Content-Disposition") != "" {
		t.Errorf("without sipgate: %d %q", w.Code, w.Header().Get("Content-Disposition"))
	}
}
