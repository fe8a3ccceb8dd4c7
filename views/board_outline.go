package views

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"io"
	"reflect"
	"time"
)

// A BoardOutline is the page of the board without what differs from one answer to
// the next: the list, its version, the team, the missed calls, and the times. [BoardMarks] stand for them.
type BoardOutline struct {
	page  Page
	model BoardModel
}

// NewBoardOutline returns the outline of [Board]. It has a mark for the missed calls
// only if there are any.
func NewBoardOutline(p Page, m BoardModel, missed bool) *BoardOutline {
	p.Now, m.Status.Now = markedNow, markedNow
	if !m.Status.ListedAt.IsZero() {
		m.Status.ListedAt = markedListing
	}
	m = m.WithoutRows()
	m.Rendered, m.Version = markedBoard, markedVersion
	if !missed {
		m.Rendered = markedWithoutMissed
	}
	return &BoardOutline{p, m}
}

// WithoutRows returns what [Board] shows beside the rows, the team and the missed calls.
func (b BoardModel) WithoutRows() BoardModel {
	var none BoardModel
	b.Sections, b.calls, b.Live, b.allowed, b.Team, b.CallBacks = none.Sections, none.calls, none.Live, 0, nil, nil
	return b
}

// Equal reports whether both outlines are rendered alike.
func (o *BoardOutline) Equal(p *BoardOutline) bool { return reflect.DeepEqual(o, p) }

// Render renders the page with marks.
func (o *BoardOutline) Render(ctx context.Context, w io.Writer) error {
	return Board(o.page, o.model).Render(ctx, w)
}

// The marks are random, so that no text of a page has one. Times that are marks are
// far in the future.
var (
	markedNow, markedListing  = time.UnixMilli(mark()), time.UnixMilli(mark())
	markedVersion, markedList = decimal(mark()), decimal(mark())
	markedTeam, markedMissed  = decimal(mark()), decimal(mark())

	markedBoard         = &RenderedBoard{RenderedRow(markedList), RenderedRow(markedTeam), RenderedRow(markedMissed)}
	markedWithoutMissed = &RenderedBoard{List: markedBoard.List, Team: markedBoard.Team}
)

func mark() int64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return 1e18 + int64(binary.NativeEndian.Uint64(b[:])%1e18)
}

// BoardMarks are the marks in outlines: those of the list, of the team and of the
// missed calls, and those of BoardMarked.
var BoardMarks = []string{markedList, markedTeam, markedMissed, markedVersion, milliseconds(markedNow), milliseconds(markedListing)}

// BoardMarked returns what stands in a page at the marks after the first three.
func BoardMarked(version string, now, listed time.Time) []string {
	return []string{version, milliseconds(now), milliseconds(listed)}
}
