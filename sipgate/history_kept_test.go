package sipgate_test

import (
	"context"
	"slices"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
)

// TestKeptChangesInPages: whichever entries were archived or starred by changes that
// sipgate does not keep, and whichever source has them, paging finds each of the
// others once in one list, and each of them in the other.
func TestKeptChangesInPages(t *testing.T) {
	for _, variant := range []string{simulator.HistoryEmpty, simulator.HistoryMigrated} {
		l := open(t, simulator.Options{})
		l.migrate(t, variant)
		l.someCalls(t, 23)
		kept := map[string]sipgate.EntryChange{}
		l.ChannelHistory.Kept = func(context.Context) (map[string]sipgate.EntryChange, error) { return kept, nil }
		all := func(q sipgate.HistoryQuery) (ids []string) {
			t.Helper()
			for q.Limit = 4; ; {
				page, err := l.History(t.Context(), q)
				if err != nil || page.Failed != nil {
					t.Fatal(err, page.Failed)
				}
				for _, e := range page.Items {
					ids = append(ids, e.ID)
				}
				if q.Offset += page.Len(); page.Len() == 0 || q.Offset >= page.Total {
					return ids
				}
			}
		}
		calls := sipgate.HistoryQuery{Types: []string{"CALL", "VOICEMAIL"}}
		archive, starred, unstarred := calls, calls, calls
		archive.Archived, starred.Starred, unstarred.Starred = true, "STARRED", "UNSTARRED"
		before, yes := all(calls), true
		for _, test := range []struct {
			name      string
			from, to  int
			change    sipgate.EntryChange
			in, notIn sipgate.HistoryQuery
		}{
			{"the first of the archive", 0, 1, sipgate.EntryChange{Archived: &yes}, archive, calls},
			{"more than a page in the archive", 0, 9, sipgate.EntryChange{Archived: &yes}, archive, calls},
			{"the last ones in the archive", len(before) - 5, len(before), sipgate.EntryChange{Archived: &yes}, archive, calls},
			{"starred", 3, 12, sipgate.EntryChange{Starred: &yes}, starred, unstarred},
		} {
			clear(kept)
			changed := before[test.from:test.to]
			for _, id := range changed {
				kept[id] = test.change
			}
			rest := slices.DeleteFunc(slices.Clone(before), func(id string) bool { return slices.Contains(changed, id) })
			if got := all(test.in); !slices.Equal(got, changed) {
				t.Errorf("%s, %s: lists %d of %d\n%v\n%v", variant, test.name, len(got), len(changed), got, changed)
			}
			if got := all(test.notIn); !slices.Equal(got, rest) {
				t.Errorf("%s, %s: the others are %d of %d", variant, test.name, len(got), len(rest))
			}
		}
	}
}
