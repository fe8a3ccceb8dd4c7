package feed

import (
	"bytes"
	"context"
	"sync"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/views"
	"callboard/web"
)

// A Page is the board as a page shows it that is about to be sent.
type Page struct {
	Have   string // version
	Health switchboard.Health

	list    *list
	strip   *web.Piece // of the team
	outline *outline
	at      time.Time // when it was made
	after   uint64    // number of the last change on the board
}

// page returns what a page of the view shows now.
func (h *Hub) page(v View) (Page, error) {
	a := h.audience(v)
	l, err := h.list(a, v)
	if err != nil {
		return Page{}, err
	}
	now := time.Now()
	var strip bytes.Buffer
	if err := views.TeamStrip(a.view.Lang(), a.tiles(), now).Render(context.Background(), &strip); err != nil {
		return Page{}, err
	}
	p := Page{version(h.epoch, h.seq), h.health, l, web.NewPiece(strip.Bytes()), &a.outline, now, h.after}
	h.pages.Store(pageKey{v.Key(), v.BeginKey()}, p)
	return p, nil
}

type pageKey struct {
	audience string
	begin    any
}

// recentPage returns the page that was made last for the view, if nothing has
// happened since. It may be called in any goroutine.
func (h *Hub) recentPage(v View) (Page, bool) {
	stored, _ := h.pages.Load(pageKey{v.Key(), v.BeginKey()})
	p, ok := stored.(Page)
	return p, ok && time.Since(p.at) < pageFor && p.after == h.board.Seq() && p.list.rightAt(time.Now())
}

// Pieces returns the whole page. What was made for an earlier page of the audience
// is not made again.
func (p Page) Pieces(ctx context.Context, page views.Page, canCall bool, callBacks []views.CallBackTask) ([]*web.Piece, error) {
	extras := p.list.extras
	extras.CanCall, extras.Status = canCall, views.NewStatus(p.Health, page.Now)
	layout, err := p.outline.layoutOf(ctx, views.NewBoardOutline(page, extras, len(callBacks) > 0))
	if err != nil {
		return nil, err
	}
	var missed *web.Piece // without missed calls, no mark stands for them
	if len(callBacks) > 0 {
		var tray bytes.Buffer
		if err := views.CallBackTray(page, callBacks).Render(ctx, &tray); err != nil {
			return nil, err
		}
		missed = web.NewPiece(tray.Bytes())
	}
	texts := views.BoardMarked(p.Have, page.Now, p.Health.ListedAt)
	return layout.Fill(p.list.piece, p.strip, missed, web.NewPiece(texts[0]), web.NewPiece(texts[1]), web.NewPiece(texts[2])), nil
}

// An outline is all of an audience's last page but its list.
type outline struct {
	mu     sync.Mutex
	of     views.BoardOutline
	layout web.Layout
}

// layoutOf renders an outline, unless it is equal to the last one.
func (o *outline) layoutOf(ctx context.Context, of views.BoardOutline) (web.Layout, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if of != o.of {
		var buf bytes.Buffer
		if err := of.Render(ctx, &buf); err != nil {
			return web.Layout{}, err
		}
		o.of, o.layout = of, web.NewLayout(buf.Bytes(), views.BoardMarks...)
	}
	return o.layout, nil
}
