package simulator

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
)

// HistoryFill describes the calls that [Simulator.FillHistory] adds.
type HistoryFill struct {
	Entries int    `json:"entries"` // at most 2,000
	Seed    uint64 `json:"seed"`
	Account string `json:"account,omitempty"`
}

// FillHistory adds one call every fillEvery; the last one begins fillUntil ago.
const (
	fillEvery = 9 * time.Minute
	fillUntil = time.Hour
)

// FillHistory adds past calls of all kinds to an account's history: incoming
// and outgoing, answered, missed and busy calls and voicemails of all users,
// with contacts and unknown numbers; some have recordings, notes or stars, some
// are archived. The same seed gives the same calls at the same distance from
// now. The history keeps the newest 2,000 entries and 100 recordings.
func (s *Simulator) FillHistory(f HistoryFill) error {
	a, err := s.account(f.Account)
	if err != nil {
		return err
	}
	if f.Entries < 1 || f.Entries > maxEntries {
		return fmt.Errorf("entries is not from 1 to %d", maxEntries)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x, kept := newPBX(f.Seed, ""), a.history
	x.lastEntry, a.history = s.pbx.lastEntry, nil
	w := &officeScript{s: s, account: a, rng: rand.New(rand.NewPCG(f.Seed, 0xf111))}
	begun := s.now().Add(-fillUntil - time.Duration(f.Entries)*fillEvery)
	for i := 0; len(a.history) < f.Entries; i++ {
		w.pastCall(x, begun.Add(time.Duration(len(a.history))*fillEvery), i)
	}
	s.pbx.lastEntry = x.lastEntry
	a.history = append(a.history[:f.Entries], kept...)
	slices.SortStableFunc(a.history, func(a, b *historyEntry) int { return a.created.Compare(b.created) })
	if n := len(a.history) - maxEntries; n > 0 {
		a.history = slices.Delete(a.history, 0, n)
	}
	s.pbx.recordings = append(x.recordings, s.pbx.recordings...)
	s.pbx.trimRecordings()
	return nil
}

// pastCall simulates one call that began at t. A call that reaches the
// voicemail adds two entries.
func (d *officeScript) pastCall(x *pbx, t time.Time, i int) {
	p := d.randomSpec(d.rng.IntN(5) < 2)
	c := x.begin(t, p)
	t = t.Add(d.seconds(5, 20))
	switch n := d.rng.IntN(10); {
	case n < 7:
		x.answer(t, c, nil)
		x.setRecording(t, c, d.rng.IntN(8) == 0, true)
		x.end(t.Add(d.seconds(10, 200)), c, normalClearing)
	case n < 8 && p.direction == in:
		c, _ = x.forwardToVoicemail(t, c) // cannot fail while it rings
		x.end(t.Add(d.seconds(4, 30)), c, normalClearing)
	case p.direction == out && n < 9:
		x.end(t, c, busy)
	default:
		x.end(t, c, cancelled)
	}
	d.editEntry(c.historyEntry, i)
}

// editEntry changes some entries as users do: read, starred, archived, notes.
func (d *officeScript) editEntry(e *historyEntry, i int) {
	e.read = e.read || d.rng.IntN(3) > 0
	e.starred = i%23 == 5
	e.archived = i%29 == 7
	if i%17 == 3 {
		e.note = []string{"Angebot bis Freitag", "calls again on Monday", "Rückruf auf dem Handy"}[i%3]
	}
}

// voicemailTexts are the transcriptions of voicemails.
var voicemailTexts = []string{
	"Guten Tag, hier ist Sabine Vogt. Bitte rufen Sie mich wegen der Lieferung zurück.",
	"Hallo, ich wollte nur fragen, ob mein Fahrrad schon fertig ist. Danke!",
	"Good morning, this is a message for the workshop. Please call me back after three.",
}

func (s *Simulator) controlFillHistory(w http.ResponseWriter, r *http.Request) {
	var in HistoryFill
	if readControl(w, r, &in) {
		err := s.FillHistory(in)
		writeResult(w, map[string]int{"entries": in.Entries}, err)
	}
}
