package journal

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/web/database/databasetest"
)

// In random sequences of events (lost, repeated, reordered), lists, failing commands,
// floods, merged rows and restarts, every timeline is free of contradictions and in
// the end agrees with the board.
func TestTimelinesAgreeWithTheBoard(t *testing.T) {
	n := uint64(*seeds)
	if raceEnabled || testing.Short() || databasetest.WithPostgres() {
		n /= 20
	}
	for seed := range n {
		file := tempFile(t)
		synctest.Test(t, func(t *testing.T) {
			h := &scenario{Rand: rand.New(rand.NewPCG(seed, 1))}
			h.testBoard = openBoard(t, newJournal(t, openDB(t, file)), ours, "mia")
			for range 60 {
				h.step()
			}
			h.fail(nil)
			time.Sleep(20 * time.Second)
			h.Snapshot() // runs what is due
			synctest.Wait()
			h.check(seed)
		})
	}
}

var seeds = flag.Int("seeds", 50, "number of random sequences")

type scenario struct {
	*rand.Rand
	*testBoard
}

var partners = []string{jennifer, marty, "4915799999999"}

// event returns a random event of a random call. Calls of the same partner may name
// each other.
func (h *scenario) event() sipgate.Event {
	n := h.IntN(8)
	e := newCall(sipgate.CallID(fmt.Sprintf("C%d", n)), sipgate.Incoming, partners[n%3], []string{doc, marty}[n/4], []string{"Doc", "Marty"}[n/4])
	if n >= 4 && h.IntN(2) == 0 {
		e.OrigCallID = sipgate.CallID(fmt.Sprintf("C%d", n-3))
	}
	switch h.IntN(4) {
	case 0, 1:
		return e
	case 2:
		return answer(e, e.Users[0])
	}
	return hangup(e, "normalClearing")
}

func (h *scenario) step() {
	switch h.IntN(14) {
	case 0, 1, 2, 3:
		e := h.event()
		for range 1 + h.IntN(2) {
			h.Observe(e)
		}
	case 4:
		e := h.event()
		h.remove(e.CallID)
		h.add(e.CallID, e.From, e.To)
	case 5:
		h.remove(h.event().CallID)
	case 6, 7:
		h.Poll(h.t.Context())
	case 8, 9, 10:
		h.command()
	case 11:
		h.change(h.event().CallID, func(c *sipgate.Call) { c.Hold, c.Recording = h.IntN(2) == 0, h.IntN(2) == 0 })
	case 12:
		for i := range 300 { // more than a subscription buffers
			h.SetNames(map[string]string{"+" + jennifer: fmt.Sprint(i), "+" + doc: fmt.Sprint(i)})
		}
	case 13:
		if h.IntN(3) == 0 {
			h.restart()
		}
	}
	time.Sleep(time.Duration(h.IntN(8000)) * time.Millisecond)
	synctest.Wait()
}

func (h *scenario) command() {
	calls := h.Snapshot().Calls
	if len(calls) == 0 {
		return
	}
	h.fail([]error{nil, nil, timeout, refused}[h.IntN(4)])
	h.Execute(h.t.Context(), switchboard.Command{By: "mia", Call: calls[h.IntN(len(calls))].ID, Action: []switchboard.Action{
		switchboard.Hold{On: h.IntN(2) == 0}, switchboard.Record{On: h.IntN(2) == 0}, switchboard.Tones{Digits: "1"},
		switchboard.TransferTo{Transfer: sipgate.Transfer{To: "+" + marty}}, switchboard.HangUp{}, switchboard.HangUp{GracePeriod: 4 * time.Second},
	}[h.IntN(6)]})
	h.fail(nil)
}

// restart replaces the board and the journal, with the same sipgate.
func (h *scenario) restart() {
	h.stop()
	calls := h.calls
	h.testBoard = openBoard(h.t, newJournal(h.t, h.j.db), ours, "mia")
	h.calls = calls
	h.Poll(h.t.Context())
}

func (h *scenario) check(seed uint64) {
	rows, err := queryAll(h.t.Context(), h.j.db, scanText[switchboard.RowID], "select row_id from journal_rows where into_row = ''")
	if err != nil || len(rows) == 0 {
		h.t.Fatalf("seed %d: %d rows, %v", seed, len(rows), err)
	}
	// In a merged row, each part was held and recorded independently.
	merged, err := queryAll(h.t.Context(), h.j.db, scanText[switchboard.RowID], "select into_row from journal_rows where into_row <> ''")
	if err != nil {
		h.t.Fatal(err)
	}
	shown := h.Snapshot().Calls
	for _, row := range rows {
		r := h.record(row)
		c := slices.IndexFunc(shown, func(c switchboard.Call) bool { return c.ID == row })
		if c >= 0 && (shown[c].Phase == switchboard.Ended) == r.Ended.IsZero() && !stale(h.known(row), &shown[c]) {
			h.t.Errorf("seed %d: the board shows %+v, ended %v", seed, shown[c], r.Ended)
		}
		if wrong := contradiction(r, !slices.Contains(merged, row)); wrong != "" {
			h.t.Errorf("seed %d: %s\n%s", seed, wrong, timeline(r))
		}
	}
	for _, c := range shown {
		if !slices.Contains(rows, c.ID) {
			h.t.Errorf("seed %d: no timeline of %+v", seed, c)
		}
	}
}

func (h *scenario) known(row switchboard.RowID) *switchboard.Call {
	l := &trackedRow{id: row}
	if err := h.j.loadRow(h.t.Context(), ours, l); err != nil || l.call == nil {
		h.t.Fatal(err)
	}
	return l.call
}

// contradiction describes what is impossible in a timeline.
func contradiction(r Record, alone bool) string {
	n := map[Kind]int{}
	on := map[Kind]bool{}
	for i, e := range r.Entries {
		n[e.Kind]++
		if i > 0 && e.At.Before(r.Entries[i-1].At) {
			return "it goes back in time"
		}
		switch e.Kind {
		case Moved, Rang:
			on[Held] = false
		case Held, Recording:
			if alone && on[e.Kind] {
				return "twice " + string(e.Kind)
			}
			on[e.Kind] = true
		case Resumed, Recorded:
			begin := map[Kind]Kind{Resumed: Held, Recorded: Recording}[e.Kind]
			if alone && !on[begin] {
				return "without a beginning: " + string(e.Kind)
			}
			on[begin] = false
		}
	}
	switch {
	case n[Rang] > 1+n[Answered]:
		return "it rang too often"
	case n[Ended] > 1:
		return "it ended twice"
	case n[Answered] > 1+n[Moved]+n[Rang]:
		return "it was answered too often"
	case (n[Ended] == 1) == r.Ended.IsZero():
		return fmt.Sprintf("ended %v", r.Ended)
	}
	return ""
}
