package callhistory

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/journal"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// The page of a past call shows the entries about it, to those who may see them.
func TestEntriesOfACallAreFoundForThoseWhoMaySeeThem(t *testing.T) {
	f := newFixture(t)
	lead, owner, other := f.member(t, "w0", "Anna", team.Lead), f.member(t, "w1", "Jonas", team.Agent), f.member(t, "w2", "Mira", team.Agent)
	e, record := f.pastEntry(t, "w1", "+4930555001")
	_, unrelated := f.pastEntry(t, "w1", "+4930555009")
	for _, r := range []journal.Record{record, unrelated} {
		f.store(t, r)
	}
	for range 2 { // searched for, then as it was linked
		for _, c := range []struct {
			who  team.Member
			want int
		}{{other, 0}, {lead, 1}, {owner, 1}} {
			found, err := f.EntriesOf(t.Context(), c.who, record)
			if err != nil || len(found) != c.want || c.want == 1 && (found[0].ID != e.ID || found[0].Exact != (e.CallID != "")) {
				t.Errorf("%s finds %+v, %v", c.who.User, found, err)
			}
		}
	}
	if links, err := f.Journal.HistoryLinks(t.Context(), f.account, record.Row); err != nil || len(links) != 1 || links[0].EntryID != e.ID {
		t.Errorf("links %+v, %v", links, err)
	}
	// An entry that sipgate has no longer is left out; other errors are not hidden.
	if _, err := f.sim.AddFault(simulator.Fault{Do: simulator.DoStatus, Status: 404, Path: "/v2/history/" + e.ID}); err != nil {
		t.Fatal(err)
	}
	if found, err := f.EntriesOf(t.Context(), lead, record); err != nil || len(found) != 0 {
		t.Errorf("of a deleted entry: %+v, %v", found, err)
	}
	f.sim.ClearFaults()
	if _, err := f.sim.AddFault(simulator.Fault{Do: simulator.DoStatus, Status: 403, Path: "/v2/history/" + e.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.EntriesOf(t.Context(), lead, record); sipgate.KindOf(err) != sipgate.Forbidden {
		t.Errorf("of a forbidden entry: %v", err)
	}
}

// Where parties and times are all that an entry and a call have in common, and
// where the beginning of a call is only known roughly or it still runs, its
// entries are found, each as sure as it is.
func TestEntriesAreLookedForInTheTimeOfTheCall(t *testing.T) {
	f := newFixture(t)
	lead := f.member(t, "w0", "Anna", team.Lead)
	e, known := f.pastEntry(t, "w1", "+4930555001")
	early := e.Created.Add(-2 * searchMargin)
	late := e.Created.Add(time.Hour)
	for name, c := range map[string]struct {
		from, to    time.Time
		approximate bool
		found       bool
	}{
		"while it lasted":                      {e.Created, late, false, true},
		"noticed long after it began":          {late, late.Add(time.Hour), true, true},
		"begun long after it":                  {late, late.Add(time.Hour), false, false},
		"noticed a day after it":               {e.Created.Add(24 * time.Hour), late.Add(24 * time.Hour), true, false},
		"ended before it":                      {early.Add(-time.Hour), early, false, false},
		"begun a moment after it, by a clock":  {e.Created.Add(searchMargin / 2), late, false, true},
		"ended a moment before it, by a clock": {early, e.Created.Add(-searchMargin / 2), false, true},
		"still running":                        {e.Created, time.Time{}, false, true},
	} {
		r := known
		r.Row = switchboard.RowID("row " + name)
		r.Started, r.Ended, r.Approximate = c.from, c.to, c.approximate
		f.store(t, r)
		found, err := f.EntriesOf(t.Context(), lead, r)
		if err != nil || (len(found) == 1) != c.found || len(found) > 1 {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
	box, r := e, known
	box.CallID, box.ID, box.Source = "", "1", "+4930555002"
	r.Row, r.CallIDs, r.Remote.Number = "of a voicemail", nil, box.Source
	f.store(t, r)
	row, ok, err := f.CallOf(t.Context(), lead, box)
	if links, linkErr := f.Journal.HistoryLinks(t.Context(), f.account, r.Row); err != nil || linkErr != nil || !ok || row != r.Row ||
		!slices.Equal(links, []journal.HistoryLink{{EntryID: "1"}}) {
		t.Errorf("by parties: %q, %v, %v; links %+v, %v", row, ok, err, links, linkErr)
	}
}

// An entry of the history leads to its call, but nobody to a call that they may not
// see: they learn nothing of it, nor that there is one.
func TestAnEntryLeadsToItsCallForThoseWhoMaySeeIt(t *testing.T) {
	f := newFixture(t)
	lead, owner, other := f.member(t, "w0", "Anna", team.Lead), f.member(t, "w1", "Jonas", team.Agent), f.member(t, "w2", "Mira", team.Agent)
	e, record := f.pastEntry(t, "w1", "+4930555001")
	record.Members = []switchboard.MemberID{"w1"}
	if _, ok, err := f.CallOf(t.Context(), lead, e); ok || err != nil {
		t.Errorf("of a call that nobody noticed: %v, %v", ok, err)
	}
	f.store(t, record)
	for _, c := range []struct {
		who  team.Member
		want bool
	}{{other, false}, {owner, true}, {other, false}, {lead, true}} {
		row, ok, err := f.CallOf(t.Context(), c.who, e)
		if err != nil || ok != c.want || (row == record.Row) != c.want || (row == "") == c.want {
			t.Errorf("%s: %q, %v, %v", c.who.User, row, ok, err)
		}
	}
	links, err := f.Journal.HistoryLinks(t.Context(), f.account, record.Row)
	if want := (journal.HistoryLink{EntryID: e.ID, Exact: true}); err != nil || len(links) != 1 || links[0] != want {
		t.Errorf("links %+v, %v", links, err)
	}
	if _, err := f.db.Exec(`drop table journal_past`); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := f.CallOf(t.Context(), lead, e); ok || err == nil {
		t.Errorf("without the journal: %v, %v", ok, err)
	}
}

// A transferred call has an entry at sipgate for each of its parts. All are shown
// on its page, also if only one was found before, and at most five.
func TestATransferredCallHasAllItsEntries(t *testing.T) {
	f := newFixture(t)
	lead := f.member(t, "w0", "Anna", team.Lead)
	first, record := f.pastEntry(t, "w1", "+4930555001")
	second, after := f.pastEntry(t, "w2", "+4930555002")
	record.CallIDs, record.Ended = append(record.CallIDs, after.CallIDs...), after.Ended
	f.store(t, record)
	if err := f.Journal.LinkHistory(t.Context(), f.account, record.Row, journal.HistoryLink{EntryID: first.ID, Exact: true}); err != nil {
		t.Fatal(err)
	}
	lists := func() (n int) {
		for _, r := range f.sim.Requests() {
			if r.Path == "/v2/history" {
				n++
			}
		}
		return n
	}
	before := lists()
	for i, searched := range []int{1, 1} { // then both are linked
		found, err := f.EntriesOf(t.Context(), lead, record)
		ids := map[string]bool{}
		for _, e := range found {
			ids[e.ID] = e.Exact
		}
		if err != nil || len(found) != 2 || !ids[first.ID] || !ids[second.ID] {
			t.Errorf("read %d: %+v, %v", i+1, found, err)
		}
		if n := lists() - before; n != searched {
			t.Errorf("read %d: %d searches", i+1, n)
		}
	}
	for i := range maxEntries {
		_, after = f.pastEntry(t, "w1", fmt.Sprintf("+493055501%d", i))
		record.CallIDs = append(record.CallIDs, after.CallIDs...)
	}
	unnamed := record // a call whose id is not known is looked for, too
	unnamed.CallIDs, unnamed.Row = nil, "without an id"
	before = lists()
	if found, err := f.EntriesOf(t.Context(), lead, unnamed); err != nil || len(found) != 0 || lists() != before+1 {
		t.Errorf("without an id: %+v, %v after %d searches", found, err, lists()-before)
	}
	record.Ended = after.Ended
	for i := range 2 {
		if found, err := f.EntriesOf(t.Context(), lead, record); err != nil || len(found) != maxEntries {
			t.Errorf("of many parts, read %d: %d entries, %v", i+1, len(found), err)
		}
	}
}

// store makes a past call known to the journal.
func (f *fixture) store(t *testing.T, r journal.Record) {
	t.Helper()
	party := func(p switchboard.Party) map[string]string {
		return map[string]string{"number": p.Number, "name": p.Name}
	}
	state, err := json.Marshal(map[string]any{"version": 1, "phase": "ended", "direction": r.Direction, "remote": party(r.Remote), "local": party(r.Local),
		"members": r.Members, "started_at": r.Started, "ended_at": r.Ended, "approximate": r.Approximate})
	if err != nil {
		t.Fatal(err)
	}
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := f.db.Exec(query, append([]any{f.account, string(r.Row)}, args...)...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`insert into journal_rows (account, row_id, into_row, ended_at, heard_at, direction, state) values ($1, $2, '', $3, $3, $4, $5)`,
		r.Ended.UnixMilli(), string(r.Direction), string(state))
	for _, id := range r.CallIDs {
		exec(`insert into journal_calls (account, row_id, call_id, seen_at) values ($1, $2, $3, $4) on conflict (account, call_id) do update set row_id = excluded.row_id, seen_at = excluded.seen_at`, string(id), r.Started.UnixMilli())
	}
}
