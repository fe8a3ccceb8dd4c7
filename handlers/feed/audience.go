package feed

import (
	"cmp"
	"context"
	"hash/maphash"
	"slices"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/views"
)

// A View is the board as one member sees it in one language. The hub calls its
// methods from one goroutine.
type View interface {
	// Key identifies the audience: views with equal keys are equal.
	Key() string

	// Lang is the language of everything that the view renders.
	Lang() views.Lang

	// Begin changes the board to what a page shows of it until script decides,
	// and returns until when that is right, zero for always. Views of one language
	// with equal BeginKeys do it alike.
	Begin(m *views.BoardModel, now time.Time) (until time.Time)
	BeginKey() any

	// Refresh reads again what the team knows of the member.
	Refresh()

	// Variant returns how a call is shown, and false if it is not. Rows of the
	// same call, language and variant are equal for all views of a board.
	Variant(c *switchboard.Call) (views.Variant, bool)

	// Row renders the row of a call.
	Row(ctx context.Context, c *switchboard.Call, v views.Variant) (views.RenderedRow, error)

	// Team returns the member's colleagues as they are without calls, in a lasting
	// order.
	Team() []views.Tile

	// OnCall returns the tile of a colleague who is on a call, which the member
	// sees or does not see.
	OnCall(t views.Tile, c *switchboard.Call, seen bool) views.Tile

	// Parts renders the elements beside the rows that depend on the member.
	Parts(ctx context.Context) ([]string, error)

	// Arrived renders a notice of what a page has missed that was open before
	// the process started, or returns "".
	Arrived(ctx context.Context) (string, error)
}

// An audience is all pages of one view.
type audience struct {
	view    View
	sockets []Socket
	emptyAt time.Time // when the last socket left, or the last page was rendered

	shown   []shownRow   // by no
	dropped []droppedRow // by seq; the newest maxDropped
	floor   uint64       // a page with a lower version gets the whole board

	parts    []string
	partsSeq uint64 // when parts changed last

	team    []shownTile
	teamSeq uint64 // when there were other colleagues last

	outline outline
}

// A shownRow is a call that the pages of an audience show.
type shownRow struct {
	no      uint64 // of the call
	seq     uint64 // when the row changed last
	looks   uint64 // the call's ShownSeq
	variant uint64 // hash of the [views.Variant]
}

type droppedRow struct {
	id  string // of the element
	seq uint64
}

// ops are the rows that change for an audience with one message.
type ops struct {
	put  []putRow
	drop []string
}

type putRow struct {
	call    *switchboard.Call
	variant views.Variant
	hash    uint64
}

func (o ops) empty() bool { return len(o.put)+len(o.drop) == 0 }

func (a *audience) find(no uint64) (int, bool) {
	return slices.BinarySearchFunc(a.shown, no, func(r shownRow, no uint64) int { return cmp.Compare(r.no, no) })
}

// gone records that the pages no longer show the row of a call, and adds that to o.
func (a *audience) gone(no, seq uint64, id switchboard.RowID, o *ops) {
	i, ok := a.find(no)
	if !ok {
		return
	}
	a.shown = slices.Delete(a.shown, i, i+1)
	element := views.RowDOMID(id)
	o.drop = append(o.drop, element)
	if a.dropped = append(a.dropped, droppedRow{element, seq}); len(a.dropped) > maxDropped {
		a.floor = max(a.floor, a.dropped[0].seq)
		a.dropped = slices.Delete(a.dropped, 0, 1)
	}
}

// show brings the row of a call up to date, as change seq, and adds to o what
// that takes.
func (a *audience) show(c *switchboard.Call, seq uint64, o *ops) {
	variant, visible := a.view.Variant(c)
	if !visible {
		a.gone(c.No, seq, c.ID, o)
		return
	}
	hash := hashOfVariant(variant)
	i, ok := a.find(c.No)
	switch {
	case !ok:
		a.shown = slices.Insert(a.shown, i, shownRow{no: c.No})
	case a.shown[i].looks == c.ShownSeq && a.shown[i].variant == hash:
		return
	}
	a.shown[i].seq, a.shown[i].looks, a.shown[i].variant = seq, c.ShownSeq, hash
	o.put = append(o.put, putRow{c, variant, hash})
}

var hashSeed = maphash.MakeSeed()

func hashOfVariant(v views.Variant) uint64 { return maphash.Comparable(hashSeed, v) }

// hashOf returns a hash of what is shown: equal for audiences of one language
// whose pages are equal.
func (a *audience) hashOf() uint64 {
	var h maphash.Hash
	h.SetSeed(hashSeed)
	for _, r := range a.shown {
		writeUint64(&h, r.no)
		writeUint64(&h, r.variant)
	}
	return h.Sum64()
}

// hash returns a hash of o: equal for audiences of one language that are sent the
// same.
func (o ops) hash() uint64 {
	var h maphash.Hash
	h.SetSeed(hashSeed)
	for _, p := range o.put {
		writeUint64(&h, p.call.No)
		writeUint64(&h, p.hash)
	}
	for _, id := range o.drop {
		h.WriteString(id)
		h.WriteByte(0)
	}
	return h.Sum64()
}

func writeUint64(h *maphash.Hash, n uint64) { maphash.WriteComparable(h, n) }
