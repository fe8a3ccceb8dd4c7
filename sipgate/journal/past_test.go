package journal

import (
	"errors"
	"testing"
	"time"

	"callboard/sipgate"
)

// Entries of sipgate's history are kept with their calls, each with one, and
// go with them.
func TestAttach(t *testing.T) {
	bubble(t, func(t *testing.T, j *Journal) {
		x := open(t, j, ours)
		x.tell(toDoc)
		row := x.only().ID
		x.tell(hangup(toDoc, "normalClearing"))
		ctx := t.Context()
		if err := j.Attach(ctx, ours, "nobody", Past{"1", true}); !errors.Is(err, ErrNotFound) {
			t.Errorf("to no call: %v", err)
		}
		if err := j.Attach(ctx, theirs, row, Past{"1", true}); !errors.Is(err, ErrNotFound) {
			t.Errorf("to another account's call: %v", err)
		}
		for _, p := range []Past{{"10", true}, {"9", false}, {"10", false}, {"9", false}} {
			if err := j.Attach(ctx, ours, row, p); err != nil {
				t.Fatal(err)
			}
		}
		all, err := j.Past(ctx, ours, row)
		if err != nil || len(all) != 2 || all[0] != (Past{"9", false}) || all[1] != (Past{"10", true}) {
			t.Errorf("%v, %v", all, err)
		}
		if all, err = j.Past(ctx, theirs, row); len(all) != 0 || err != nil {
			t.Errorf("another account has %v, %v", all, err)
		}
		if id, ok, err := j.ByEntry(ctx, ours, sipgate.HistoryEntry{ID: "9"}); id != row || !ok || err != nil {
			t.Errorf("by entry: %s %v %v", id, ok, err)
		}
		if _, ok, err := j.ByEntry(ctx, theirs, sipgate.HistoryEntry{ID: "9"}); ok || err != nil {
			t.Errorf("by entry, another account: %v %v", ok, err)
		}
		time.Sleep(DefaultKeep + time.Minute)
		if err := j.Purge(ctx); err != nil {
			t.Fatal(err)
		}
		if all, err = j.Past(ctx, ours, row); len(all) != 0 || err != nil {
			t.Errorf("after its time: %v, %v", all, err)
		}
	})
}

// An entry finds its call by the id that sipgate names or, where it names none,
// by parties and time.
func TestByEntry(t *testing.T) {
	bubble(t, func(t *testing.T, j *Journal) {
		x := open(t, j, ours)
		begun := time.Now()
		x.tell(toDoc)
		row := x.only().ID
		x.tell(hangup(toDoc, "normalClearing"))
		if err := j.sync(t.Context(), j.account(ours)); err != nil {
			t.Fatal(err)
		}
		message := sipgate.HistoryEntry{ID: "5", Type: "VOICEMAIL", Incoming: true, Source: "+" + jennifer, Target: doc, Created: begun.Add(2 * time.Second)}
		change := func(f func(*sipgate.HistoryEntry)) sipgate.HistoryEntry { e := message; f(&e); return e }
		for name, test := range map[string]struct {
			e        sipgate.HistoryEntry
			ok, sure bool
		}{
			"named":           {sipgate.HistoryEntry{ID: "4", CallID: toDoc.CallID}, true, true},
			"another named":   {change(func(e *sipgate.HistoryEntry) { e.CallID = "FFFF" }), false, false},
			"parties":         {message, true, false},
			"another caller":  {change(func(e *sipgate.HistoryEntry) { e.Source = "+" + marty }), false, false},
			"another target":  {change(func(e *sipgate.HistoryEntry) { e.Target = marty }), false, false},
			"anonymous":       {change(func(e *sipgate.HistoryEntry) { e.Source = "anonymous" }), false, false},
			"other direction": {change(func(e *sipgate.HistoryEntry) { e.Incoming, e.Source, e.Target = false, e.Target, e.Source }), false, false},
			"before":          {change(func(e *sipgate.HistoryEntry) { e.Created = begun.Add(-2 * time.Minute) }), false, false},
			"long after":      {change(func(e *sipgate.HistoryEntry) { e.Created = begun.Add(2 * time.Minute) }), false, false},
		} {
			id, ok, err := j.ByEntry(t.Context(), ours, test.e)
			if ok != test.ok || err != nil || ok && id != row {
				t.Errorf("%s: %s %v %v", name, id, ok, err)
			}
			r := x.record(row)
			if ok, sure := r.Is(test.e); ok != test.ok || sure != test.sure {
				t.Errorf("%s: is %v, sure %v", name, ok, sure)
			}
			if _, ok, err := j.ByEntry(t.Context(), theirs, test.e); ok || err != nil {
				t.Errorf("%s: another account: %v %v", name, ok, err)
			}
		}
	})
}
