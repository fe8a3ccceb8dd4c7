package journal

import (
	"database/sql"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// The calls of testdata/unversioned.sql, by their ids at sipgate.
var unversioned = []struct {
	id        sipgate.CallID
	row       switchboard.RowID
	direction string
	timeline  string
}{
	{"A", "R45CG42DJXRLCUMKYYBFYF6SIK", "in", `
		0 rang by Doc
		3 answered by Doc
		8 held by MIA
		9 muted by MIA
		`},
	{"B", "3AYTTLNKP35QYKL667IUJ2LSG4", "out", "0 rang by Marty\n"},
	{"C", "LGMTY7P4JGUGMGOTLSVUP65EZN", "in", `
		0 rang by Doc
		9 answered by Doc
		`},
	{"E", "G56BOP47BZHV5UOHFMS4KGRLP6", "in", `
		0 rang by Doc
		8 answered by Doc
		13 held by MIA
		14 recording by MIA
		15 tones by MIA: 1
		16 announced by MIA: Opening hours
		17 noted by MIA: wants her money back
		17 transferred by MIA: +4921100000011
		18 moved: Marty
		18 recorded
		24 ended
		`},
	{"F", "LWE2X2K27TODNGUSQD23QZGM23", "out", `
		0 rang by Doc
		3 ended: busy
		`},
	{"G", "HTYIJCIDAAVEQQBXJIXYKKTPC2", "in", `
		0 rang by Doc, Marty
		23 ended: cancel
		`},
}

// openUnversioned returns a database with the rows of testdata/unversioned.sql, in the
// current tables.
func openUnversioned(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+tempFile(t)+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := migrate(db, "migrations/00001_journal.sql", "migrations/00002_past.sql", "testdata/unversioned.sql",
		"migrations/00003_direction.sql", "migrations/00004_members.sql"); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestUnversionedRowsAreRead(t *testing.T) {
	j := newJournal(t, openUnversioned(t))
	var states []string
	for _, want := range unversioned {
		row, ok, err := j.RowByCall(t.Context(), ours, want.id)
		if row != want.row || !ok || err != nil {
			t.Errorf("call %s: row %q, %v, %v", want.id, row, ok, err)
		}
		r, err := j.Record(t.Context(), ours, want.row)
		if got := timeline(r); got != untab(want.timeline) || err != nil {
			t.Errorf("call %s:\n%s\nwant\n%s, %v", want.id, got, untab(want.timeline), err)
		}
		var direction, state string
		if err := j.db.QueryRow(`select direction, state from journal_rows where row_id = $1`, string(want.row)).
			Scan(&direction, &state); direction != want.direction || err != nil {
			t.Errorf("call %s: direction %q, %v", want.id, direction, err)
		}
		states = append(states, state)
	}

	at := func(minute, second int) time.Time { return time.Date(2000, 1, 1, 0, minute, second, 0, time.UTC) }
	for id, want := range map[sipgate.CallID]switchboard.Call{
		"A": {
			CallID: "A", Phase: switchboard.Connected, PreviousPhase: switchboard.Connected, Direction: sipgate.Incoming,
			Remote: switchboard.Party{Number: "+4915790000003"}, Local: switchboard.Party{Number: "+4921100000010", Name: "Doc"},
			UserNames: []string{"Doc"}, Hold: switchboard.Toggle{On: true}, Mute: switchboard.Toggle{On: true},
			Started: at(11, 3), Since: at(11, 11),
			LastCommand:   &switchboard.LastCommand{Verb: switchboard.VerbMute, By: "mia", Name: "MIA", Outcome: switchboard.Confirmed, At: at(11, 12)},
			PendingHangup: &switchboard.PendingHangup{By: "mia", Name: "MIA", At: at(11, 20)},
		},
		"B": {
			CallID: "B", Direction: sipgate.Outgoing,
			Remote: switchboard.Party{Number: "+4915790000004"}, Local: switchboard.Party{Number: "+4921100000011", Name: "Marty"},
			UserNames: []string{"Marty"}, MemberIDs: []switchboard.MemberID{"w1"}, Started: at(11, 13), Since: at(11, 13),
		},
		"C": {
			CallID: "C", Phase: switchboard.Connected, PreviousPhase: switchboard.Connected, Direction: sipgate.Incoming,
			Remote: switchboard.Party{Number: "+4915790000005"}, Local: switchboard.Party{Number: "+4921100000010", Name: "Doc"},
			UserNames: []string{"Doc"}, MemberIDs: []switchboard.MemberID{"w0"},
			Recording: switchboard.Toggle{Requested: true, Pending: true}, Started: at(11, 0), Since: at(11, 9),
			LastCommand: &switchboard.LastCommand{Verb: switchboard.VerbRecord, By: "mia", Name: "MIA", At: at(11, 13)},
		},
		"E": {
			CallID: "ET", Phase: switchboard.Ended, PreviousPhase: switchboard.Connected, Direction: sipgate.Incoming,
			Remote:          switchboard.Party{Number: "+4915790000001", Name: "Jennifer"},
			Local:           switchboard.Party{Number: "+4921100000011", Name: "Marty"},
			PreviousParties: []switchboard.Party{{Number: "+4921100000010", Name: "Doc"}},
			Started:         at(0, 0), Since: at(0, 24), EndedAt: at(0, 24),
			LastCommand: &switchboard.LastCommand{Verb: switchboard.VerbTransfer, By: "mia", Name: "MIA", Outcome: switchboard.Confirmed,
				At: at(0, 17), Detail: "+4921100000011"},
			Playback: &switchboard.Playback{Title: "Opening hours", Since: at(0, 16)},
		},
		"F": {
			CallID: "F", Phase: switchboard.Ended, Direction: sipgate.Outgoing,
			Remote: switchboard.Party{Number: "+4915790000002"}, Local: switchboard.Party{Number: "+4921100000010", Name: "Doc"},
			UserNames: []string{"Doc"}, Started: at(0, 26), Since: at(0, 29), Cause: "busy", EndedAt: at(0, 29),
		},
	} {
		i := slices.IndexFunc(states, func(s string) bool { return strings.Contains(s, `"ID":"`+string(unversionedRow(id))) })
		c, err := decodeCall(states[i])
		if !reflect.DeepEqual(c, want) || err != nil {
			t.Errorf("call %s: %+v, want %+v, %v", id, c, want, err)
		}
		again, err := encodeCall(&c)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := decodeCall(again); !reflect.DeepEqual(c, want) || err != nil {
			t.Errorf("call %s, encoded again as %s: %+v, want %+v, %v", id, again, c, want, err)
		}
	}

	w, err := j.WaitTimes(t.Context(), ours, at(0, 0))
	if want := (WaitTimes{4, 23 * time.Second}); w != want || err != nil {
		t.Errorf("waits %+v, want %+v, %v", w, want, err)
	}
	row, ok, err := j.RowByEntry(t.Context(), ours, sipgate.HistoryEntry{
		ID: "1", Incoming: true, Source: "+" + jennifer, Target: "+" + marty, Created: at(0, 0), Duration: 24 * time.Second,
	})
	if row != unversionedRow("E") || !ok || err != nil {
		t.Errorf("by parties: %q, %v, %v", row, ok, err)
	}
}

func unversionedRow(id sipgate.CallID) switchboard.RowID {
	for _, u := range unversioned {
		if u.id == id {
			return u.row
		}
	}
	return ""
}

// A board is compared with rows without a version, which are written in the current
// shape then.
func TestUnversionedRowsAreContinued(t *testing.T) {
	db := openUnversioned(t)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(11*time.Minute + 17*time.Second) // when the rows were written
		x := openBoard(t, newJournal(t, db), ours, "mia")
		x.add("A", "4915790000003", doc)
		x.add("C", "4915790000005", doc)
		x.calls[0].Muted = true
		x.calls[1].Recording = true
		x.poll()
		b := newCall("B", sipgate.Outgoing, marty, "4915790000004", "Marty")
		x.observe(b, hangup(b, "busy"))
		x.wantTimeline(unversionedRow("A"), `
			0 rang by Doc
			3 answered by Doc
			8 held by MIA
			9 muted by MIA
			14 cancelled by MIA: hangup
			14 resumed
			`)
		x.wantTimeline(unversionedRow("C"), `
			0 rang by Doc
			9 answered by Doc
			17 recording by MIA
			`)
		x.wantTimeline(unversionedRow("B"), `
			0 rang by Marty
			9 ended: busy
			`)
		for id, direction := range map[sipgate.CallID]string{"A": "in", "B": "out", "C": "in"} {
			var n int
			if err := db.QueryRow(`
				select count(*) from journal_rows where row_id = $1 and direction = $2 and state like '{"version":1,%'`,
				string(unversionedRow(id)), direction).Scan(&n); n != 1 || err != nil {
				t.Errorf("call %s: %d rows of the current shape, %v", id, n, err)
			}
		}
	})
}

// Other versions of the program read the stored text.
func TestStoredShape(t *testing.T) {
	at := time.Date(2026, 7, 8, 9, 10, 11, 0, time.UTC)
	c := switchboard.Call{
		CallID: "A", Phase: switchboard.Ended, PreviousPhase: switchboard.Connected, Direction: sipgate.Outgoing,
		Remote: switchboard.Party{Number: "+49211", Name: "Jennifer"}, Local: switchboard.Party{Number: "+49212"},
		UserNames: []string{"Doc"}, MemberIDs: []switchboard.MemberID{"w0"}, PreviousParties: []switchboard.Party{{Name: "Marty"}},
		Hold: switchboard.Toggle{On: true}, Mute: switchboard.Toggle{Requested: true, Pending: true},
		Started: at, Since: at, Approximate: true,
		LastCommand: &switchboard.LastCommand{Verb: switchboard.VerbHold, By: "mia", Name: "MIA", Outcome: switchboard.Unknown, At: at, Detail: "d"},
		Playback:    &switchboard.Playback{Title: "Hours", Since: at}, PendingHangup: &switchboard.PendingHangup{By: "mia", Name: "MIA", At: at},
		Cause: "busy", EndedAt: at,
	}
	got, err := encodeCall(&c)
	const when = `"2026-07-08T09:10:11Z"`
	want := `{"version":1,"call_id":"A","phase":"ended","previous_phase":"connected","direction":"out",` +
		`"remote":{"number":"+49211","name":"Jennifer"},"local":{"number":"+49212"},"users":["Doc"],"members":["w0"],` +
		`"previous_parties":[{"name":"Marty"}],"hold":{"on":true},"mute":{"on":false,"requested":true,"pending":true},` +
		`"recording":{"on":false},"started_at":` + when + `,"since":` + when + `,"approximate":true,` +
		`"last_command":{"verb":"hold","by":"mia","name":"MIA","outcome":"unknown","at":` + when + `,"detail":"d"},` +
		`"announcement":{"title":"Hours","since":` + when + `},"pending_hangup":{"by":"mia","name":"MIA","at":` + when + `},` +
		`"cause":"busy","ended_at":` + when + `}`
	if got != want || err != nil {
		t.Errorf("stored\n%s\nwant\n%s, %v", got, want, err)
	}
	if back, err := decodeCall(got); !reflect.DeepEqual(back, c) || err != nil {
		t.Errorf("read back %+v, want %+v, %v", back, c, err)
	}
}

func TestUnreadableStoredCalls(t *testing.T) {
	for _, state := range []string{
		``, `[]`, `{"version":2}`, `{"version":1,"phase":"talking"}`, `{"version":1,"last_command":{"outcome":"lost"}}`,
		`{"Phase":3}`, `{"Was":-1}`, `{"Last":{"Outcome":4}}`, `{"Started":"yesterday"}`,
	} {
		if c, err := decodeCall(state); err == nil {
			t.Errorf("%s: read as %+v", state, c)
		}
	}
	for _, c := range []switchboard.Call{{Phase: 3}, {PreviousPhase: -1}, {LastCommand: &switchboard.LastCommand{Outcome: 6}}} {
		if state, err := encodeCall(&c); err == nil {
			t.Errorf("%+v: written as %s", c, state)
		}
	}
}
