package journal

import (
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// TestKeptChanges: a later change leaves what it does not name, accounts are apart,
// and changes go after their time, notes after theirs.
func TestKeptChanges(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		j.notes = j.retention / 2
		entry := sipgate.HistoryEntry{ID: "event_1", Incoming: true, Source: "+4930555002"}
		yes, note := true, "calls back\r\n\r\n\r\nat nine\x07"
		keep := func(account string, c sipgate.EntryChange) {
			t.Helper()
			if err := j.KeepChange(t.Context(), account, entry, c); err != nil {
				t.Fatal(err)
			}
		}
		kept := func(account string) (c sipgate.EntryChange, n int) {
			t.Helper()
			all, err := j.KeptChanges(t.Context(), account)
			if err != nil {
				t.Fatal(err)
			}
			return all[entry.ID], len(all)
		}
		keep(ours, sipgate.EntryChange{Starred: &yes})
		keep(ours, sipgate.EntryChange{Note: &note})
		if c, _ := kept(ours); c.Starred == nil || !*c.Starred || c.Note == nil || *c.Note != "calls back\n\nat nine" || c.Archived != nil {
			t.Errorf("kept %+v", c)
		}
		if _, n := kept(theirs); n != 0 {
			t.Error("another account has them")
		}
		for _, x := range []struct {
			pass       time.Duration
			note, star bool
		}{{time.Hour, true, true}, {j.notes, false, true}, {j.retention, false, false}} {
			time.Sleep(x.pass)
			synctest.Wait()
			if err := j.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
			if c, _ := kept(ours); (c.Note != nil) != x.note || (c.Starred != nil) != x.star {
				t.Errorf("after %v: %+v", x.pass, c)
			}
		}
	})
}
