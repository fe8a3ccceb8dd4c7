package feed

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/views"
)

// A history is a board to which random things happen, and its viewers.
type history struct {
	*testing.T
	rng     *rand.Rand
	feeds   *Feeds
	board   *switchboard.Board
	api     *fakeAPI
	viewers []*viewer
	pages   []*shownPage
	calls   []sipgate.Event
	next    int
}

// A shownPage is a page of a viewer, whose connection comes and goes.
type shownPage struct {
	*page
	viewer *viewer
	leave  func() // nil without a connection
}

var numbers = []string{"4930111", "4930222", "4930333", "4930444", "4930555"}

// TestPagesEqualTheBoard shows that a page that applied all messages is the page
// that one would get now: whatever happens on the board, whatever changes for the
// viewer, and however often the connection is lost.
func TestPagesEqualTheBoard(t *testing.T) {
	runs := uint64(60)
	if testing.Short() {
		runs = 20
	}
	for seed := range runs {
		synctest.Test(t, func(t *testing.T) {
			h := newHistory(t, seed)
			defer h.end()
			for step := range 60 {
				h.step()
				if step%3 == 0 {
					synctest.Wait()
					time.Sleep(time.Duration(h.rng.IntN(40)) * time.Millisecond)
				}
				if step%20 == 19 {
					h.check(fmt.Sprintf("seed %d, step %d", seed, step))
				}
			}
		})
		if t.Failed() {
			return
		}
	}
}

func newHistory(t *testing.T, seed uint64) *history {
	h := &history{T: t, rng: rand.New(rand.NewPCG(seed, 1)), feeds: New(quiet), board: switchboard.New(switchboard.Options{}), api: &fakeAPI{}}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); h.board.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	h.board.Join(switchboard.Member{ID: "w0", Name: "Anna", API: h.api})
	for i := range 3 {
		h.viewers = append(h.viewers, newViewer(fmt.Sprint("viewer ", i), views.Langs[i%len(views.Langs)]))
	}
	for i := range 5 {
		h.pages = append(h.pages, &shownPage{page: newPage(t), viewer: h.viewers[i%len(h.viewers)]})
	}
	return h
}

func (h *history) end() {
	for _, p := range h.pages {
		if p.leave != nil {
			p.leave()
		}
	}
	h.feeds.Close()
}

// pick returns a random element.
func pick[T any](h *history, from []T) T { return from[h.rng.IntN(len(from))] }

// step lets one thing happen.
func (h *history) step() {
	switch h.rng.IntN(12) {
	case 0, 1:
		h.next++
		e := newCall(fmt.Sprint("call", h.next), pick(h, numbers))
		h.calls = append(h.calls, e)
		h.board.Observe(e)
	case 2, 3:
		if len(h.calls) > 0 {
			h.api.connect(h.board, pick(h, h.calls))
		}
	case 4:
		if len(h.calls) > 0 {
			h.api.hangUp(h.board, pick(h, h.calls))
		}
	case 5, 6:
		h.command()
	case 7:
		time.Sleep(time.Duration(h.rng.IntN(12)) * time.Second) // rows of ended calls go
	case 8:
		h.changeViewer()
	case 9:
		h.board.SetNames(map[string]string{"+" + pick(h, numbers): pick(h, []string{"Meier", "Schulz"})})
	default:
		h.connect(pick(h, h.pages))
	}
}

// command holds, mutes or claims a call.
func (h *history) command() {
	calls := h.board.Snapshot().Calls
	if len(calls) == 0 {
		return
	}
	c := pick(h, calls)
	switch h.rng.IntN(3) {
	case 0:
		h.board.Claim("w0", c.ID, switchboard.VerbTransfer)
	case 1:
		h.board.Execute(h.Context(), switchboard.Command{By: "w0", Call: c.ID, Action: switchboard.Hold{On: !c.Hold.On}})
	default:
		h.board.Execute(h.Context(), switchboard.Command{By: "w0", Call: c.ID, Action: switchboard.Mute{On: !c.Mute.On}})
	}
}

// changeViewer changes what a viewer may see or do, or a name or a preference.
func (h *history) changeViewer() {
	v, number := pick(h, h.viewers), "+"+pick(h, numbers)
	v.change(func() {
		switch h.rng.IntN(4) {
		case 0:
			v.hidden[number] = !v.hidden[number]
		case 1:
			v.denied[number] = pick(h, []string{"", "not_yours", "role_viewer"})
		case 2:
			v.names[number] = pick(h, []string{"", "Mama", "Papa"})
		default:
			v.theme = pick(h, []string{"dark", "light"})
		}
	})
	if h.rng.IntN(4) > 0 { // else it is found out
		h.board.Invalidate()
	}
}

// connect loses the connection of a page, or gives it a new one: of the page as it
// is, or after it was loaded again.
func (h *history) connect(p *shownPage) {
	if p.leave != nil {
		p.leave()
		p.leave = nil
		return
	}
	if p.have == "" || h.rng.IntN(4) == 0 {
		p.load(h.feeds, h.board, p.viewer)
	}
	h.join(p)
}

func (h *history) join(p *shownPage) {
	have := p.have
	if h.rng.IntN(10) == 0 {
		have = "another." + have
	}
	leave, err := h.feeds.Join(h.board, p.viewer, have, p.page)
	if err != nil {
		h.Fatal(err)
	}
	p.leave = leave
}

// check compares all pages with new ones.
func (h *history) check(where string) {
	h.Helper()
	for _, p := range h.pages {
		if p.leave == nil {
			h.join(p)
		}
	}
	time.Sleep(reviewEvery + beatEvery) // what is not told is found out
	synctest.Wait()
	for i, p := range h.pages {
		want := newPage(h)
		want.load(h.feeds, h.board, p.viewer)
		if !maps.Equal(p.rows, want.rows) {
			h.Errorf("%s: page %d of %s shows\n%s\nwant\n%s", where, i, p.viewer.key, listed(p.rows), listed(want.rows))
		}
		if theme := `<div id="preferences" data-theme="` + p.viewer.theme + `"></div>`; p.parts["preferences"] != "" && p.parts["preferences"] != theme {
			h.Errorf("%s: page %d has %s, want %s", where, i, p.parts["preferences"], theme)
		}
		calls := h.board.Snapshot().Calls
		shown := 0
		for _, c := range calls {
			if _, ok := p.viewer.Variant(&c); ok {
				shown++
			}
		}
		if len(p.rows) != shown {
			h.Errorf("%s: page %d shows %d rows of %d calls that %s sees", where, i, len(p.rows), shown, p.viewer.key)
		}
		for in, ids := range p.order() {
			if board := sectionOrder(calls, in, p.rows); !slices.Equal(ids, board) {
				h.Errorf("%s: page %d orders %s %v, the board %v", where, i, in, ids, board)
			}
		}
	}
}

// sectionOrder returns the shown rows of a section, the longest in its state first.
func sectionOrder(calls []switchboard.Call, section string, shown map[string]string) (ids []string) {
	calls = slices.Clone(calls)
	slices.SortStableFunc(calls, func(a, b switchboard.Call) int { return cmp.Compare(a.Since.UnixMilli(), b.Since.UnixMilli()) })
	names := map[switchboard.Section]string{switchboard.SectionRinging: "ringing", switchboard.SectionActive: "active", switchboard.SectionHeld: "onhold"}
	for _, c := range calls {
		if id := views.RowDOMID(c.ID); names[c.Section()] == section && shown[id] != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

func listed(rows map[string]string) (text string) {
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		text += rows[id] + "\n"
	}
	return text
}
