package switchboard

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// follower is the state of a subscriber: a snapshot and the changes after it.
type follower struct {
	seq    uint64
	rows   map[RowID]Call
	health Health
}

func follow(s Snapshot) *follower {
	f := &follower{s.Seq, map[RowID]Call{}, s.Health}
	for _, c := range s.Calls {
		f.rows[c.ID] = c
	}
	return f
}

// apply applies a change and checks that it is the next one.
func (f *follower) apply(c Change) error {
	if c.Seq != f.seq+1 {
		return fmt.Errorf("change %d after %d", c.Seq, f.seq)
	}
	f.seq = c.Seq
	switch {
	case c.Call != nil:
		old, had := f.rows[c.Call.ID]
		if c.Call.Seq != c.Seq || c.Call.Memo == nil {
			return fmt.Errorf("change %d: number %d, memo %v", c.Seq, c.Call.Seq, c.Call.Memo)
		}
		if had && sameCall(&old, c.Call) {
			return fmt.Errorf("change %d changes nothing", c.Seq)
		}
		if had && c.Call.No != old.No {
			return fmt.Errorf("change %d: row %d became row %d", c.Seq, old.No, c.Call.No)
		}
		f.rows[c.Call.ID] = *c.Call
	case c.Health != nil:
		f.health = *c.Health
	case c.Removed == "": // whose access can be used
		if !c.Permissions {
			return fmt.Errorf("change %d is empty", c.Seq)
		}
	default:
		if old, ok := f.rows[c.Removed]; !ok || old.No != c.RemovedNo {
			return fmt.Errorf("change %d removes the row %q", c.Seq, c.Removed)
		}
		delete(f.rows, c.Removed)
	}
	return nil
}

func (f *follower) describe() string {
	var s strings.Builder
	for _, id := range slices.Sorted(maps.Keys(f.rows)) {
		c := f.rows[id]
		fmt.Fprintf(&s, "\n%s %d %+v %+v", id, c.Seq, c.Hold, c.LastCommand)
	}
	return s.String()
}

// compare compares the followed state with a current snapshot.
func (f *follower) compare(s Snapshot) error {
	if f.seq != s.Seq || len(f.rows) != len(s.Calls) {
		return fmt.Errorf("followed to %d with %d rows, snapshot %d with %d", f.seq, len(f.rows), s.Seq, len(s.Calls))
	}
	for _, c := range s.Calls {
		o := f.rows[c.ID]
		if !sameCall(&o, &c) || o.Seq != c.Seq {
			return fmt.Errorf("row %s: followed %+v, snapshot %+v", c.ID, o, c)
		}
	}
	return nil
}
