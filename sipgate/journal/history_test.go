package journal

import (
	"errors"
	"testing"
	"time"

	"callboard/sipgate"
)

// A history entry is linked to one call, and its link is removed with the call.
func TestHistoryLinks(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		x := openBoard(t, j, ours)
		x.observe(toDoc)
		row := x.onlyCall().ID
		x.observe(hangup(toDoc, "normalClearing"))
		ctx := t.Context()
		if err := j.LinkHistory(ctx, ours, "unknown", HistoryLink{"1", true}); !errors.Is(err, ErrNotFound) {
			t.Errorf("to an unknown call: %v", err)
		}
		if err := j.LinkHistory(ctx, theirs, row, HistoryLink{"1", true}); !errors.Is(err, ErrNotFound) {
			t.Errorf("to another account's call: %v", err)
		}
		for _, link := range []HistoryLink{{"10", true}, {"9", false}, {"10", false}, {"9", false}} {
			if err := j.LinkHistory(ctx, ours, row, link); err != nil {
				t.Fatal(err)
			}
		}
		all, err := j.HistoryLinks(ctx, ours, row)
		if err != nil || len(all) != 2 || all[0] != (HistoryLink{"9", false}) || all[1] != (HistoryLink{"10", true}) {
			t.Errorf("%v, %v", all, err)
		}
		if all, err = j.HistoryLinks(ctx, theirs, row); len(all) != 0 || err != nil {
			t.Errorf("another account has %v, %v", all, err)
		}
		if id, ok, err := j.RowByEntry(ctx, ours, sipgate.HistoryEntry{ID: "9"}); id != row || !ok || err != nil {
			t.Errorf("by entry: %s %v %v", id, ok, err)
		}
		if _, ok, err := j.RowByEntry(ctx, theirs, sipgate.HistoryEntry{ID: "9"}); ok || err != nil {
			t.Errorf("by entry, another account: %v %v", ok, err)
		}
		time.Sleep(DefaultRetention + time.Minute)
		if err := j.Purge(ctx); err != nil {
			t.Fatal(err)
		}
		if all, err = j.HistoryLinks(ctx, ours, row); len(all) != 0 || err != nil {
			t.Errorf("after retention: %v, %v", all, err)
		}
	})
}

// An entry's call is found by its id or, if the entry has none, by parties and time.
func TestRowByEntry(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		x := openBoard(t, j, ours)
		begun := time.Now()
		x.observe(toDoc)
		row := x.onlyCall().ID
		x.observe(hangup(toDoc, "normalClearing"))
		if err := j.flush(t.Context(), j.state(ours)); err != nil {
			t.Fatal(err)
		}
		message := sipgate.HistoryEntry{ID: "5", Type: "VOICEMAIL", Incoming: true, Source: "+" + jennifer, Target: doc, Created: begun.Add(2 * time.Second)}
		change := func(f func(*sipgate.HistoryEntry)) sipgate.HistoryEntry { e := message; f(&e); return e }
		for name, test := range map[string]struct {
			e     sipgate.HistoryEntry
			match Match
		}{
			"named":           {sipgate.HistoryEntry{ID: "4", CallID: toDoc.CallID}, Exact},
			"another named":   {change(func(e *sipgate.HistoryEntry) { e.CallID = "FFFF" }), NoMatch},
			"parties":         {message, Probable},
			"another caller":  {change(func(e *sipgate.HistoryEntry) { e.Source = "+" + marty }), NoMatch},
			"another target":  {change(func(e *sipgate.HistoryEntry) { e.Target = marty }), NoMatch},
			"anonymous":       {change(func(e *sipgate.HistoryEntry) { e.Source = "anonymous" }), NoMatch},
			"other direction": {change(func(e *sipgate.HistoryEntry) { e.Incoming, e.Source, e.Target = false, e.Target, e.Source }), NoMatch},
			"before":          {change(func(e *sipgate.HistoryEntry) { e.Created = begun.Add(-2 * time.Minute) }), NoMatch},
			"long after":      {change(func(e *sipgate.HistoryEntry) { e.Created = begun.Add(2 * time.Minute) }), NoMatch},
		} {
			id, ok, err := j.RowByEntry(t.Context(), ours, test.e)
			if ok != (test.match != NoMatch) || err != nil || ok && id != row {
				t.Errorf("%s: %s %v %v", name, id, ok, err)
			}
			r := x.record(row)
			if match := r.Matches(test.e); match != test.match {
				t.Errorf("%s: match %v, want %v", name, match, test.match)
			}
			if _, ok, err := j.RowByEntry(t.Context(), theirs, test.e); ok || err != nil {
				t.Errorf("%s: another account: %v %v", name, ok, err)
			}
		}
	})
}
