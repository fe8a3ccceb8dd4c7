package views

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"io"
	"time"
)

// A BoardOutline is the page of the board without what differs from one answer to
// the next: the list, its version, the team, the missed calls, and the times. [BoardMarks] stand for them.
// Outlines that are == are rendered alike.
type BoardOutline struct {
	page   Page
	extras BoardExtras
}

// NewBoardOutline returns the outline of [Board]. It has a mark for the missed calls
// only if there are any.
func NewBoardOutline(p Page, x BoardExtras, missed bool) BoardOutline {
	p.Now, x.Status.Now = markedNow, markedNow
	if !x.Status.ListedAt.IsZero() {
		x.Status.ListedAt = markedListing
	}
	x.Rendered, x.Version = markedBoard, markedVersion
	if !missed {
		x.Rendered = markedWithoutMissed
	}
	return BoardOutline{p, x}
}

// Render renders the page with marks.
func (o BoardOutline) Render(ctx context.Context, w io.Writer) error {
	return Board(o.page, BoardModel{BoardExtras: o.extras}).Render(ctx, w)
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
func BoardMarked(version string, now, listed time.Time) [3][]byte {
	return [...][]byte{[]byte(version), []byte(milliseconds(now)), []byte(milliseconds(listed))}
}
