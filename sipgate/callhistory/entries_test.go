package callhistory

import (
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
		if err := f.storeRow(t, r.Row); err != nil {
			t.Fatal(err)
		}
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

// storeRow makes a row known to the journal.
func (f *fixture) storeRow(t *testing.T, row switchboard.RowID) error {
	now := time.Now().UnixMilli()
	_, err := f.db.Exec(`insert into journal_rows (account, row_id, into_row, ended_at, heard_at, direction, state)
		values ($1, $2, '', $3, $3, 'in', '{"version":1}')`, f.account, string(row), now)
	return err
}
