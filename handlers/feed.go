package handlers

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// feed sends the board, as it is and as it changes, to one browser. The first
// frame is the whole list, so that a page that reconnects needs no history.
func (h *handlers) feed(w http.ResponseWriter, r *http.Request) error {
	s, ok, err := h.Sessions.Peek(r) // an open page alone does not keep a session
	if err != nil {
		return err
	}
	if !ok {
		return errUnauthenticated
	}
	v, err := h.admit(r, s.Value)
	if err != nil {
		return err
	}
	f := &feed{h: h, viewer: v, board: h.Exchange.Board(v.Account), request: r, lang: langOf(r, v), ended: s.Done}
	defer f.close()
	return h.Server.StreamAs(w, r, s.Value.Subject(), f.next)
}

// A feed is what one browser is to be told next.
type feed struct {
	h       *handlers
	board   *switchboard.Board
	viewer  Visitor
	request *http.Request
	lang    views.Lang
	ended   <-chan struct{} // the session is over

	sub   *switchboard.Subscription // nil until the first frame
	seen  uint64                    // the change up to which the browser knows everything
	queue [][]byte
	told  bool // what a restart cut off
}

var errSessionOver = &web.CloseError{Code: web.CloseSessionGone, Reason: "signed out"}

// next returns the next frame. It is a pull: a browser that reads slowly makes
// its subscription fall behind, which then begins anew with the whole list.
func (f *feed) next(ctx context.Context) ([]byte, error) {
	for {
		if len(f.queue) > 0 {
			frame := f.queue[0]
			f.queue = f.queue[1:]
			return frame, nil
		}
		if f.sub == nil {
			if err := f.begin(ctx); err != nil {
				return nil, err
			}
			continue
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-f.ended:
			return nil, errSessionOver
		case change, ok := <-f.sub.Changes():
			if !ok {
				f.sub = nil // too slow: a fresh snapshot
				continue
			}
			if err := f.take(ctx, change); err != nil {
				return nil, err
			}
		}
	}
}

func (f *feed) begin(ctx context.Context) error {
	snap, sub := f.board.Subscribe()
	f.sub = sub
	if err := f.whole(ctx, snap); err != nil {
		return err
	}
	return f.interrupted(ctx)
}

// tellInterrupted is for how long after a restart pages are told what it cut
// off: those that were open come back within that time.
const tellInterrupted = 2 * time.Minute

// interrupted tells what a restart cut off, once for each feed.
func (f *feed) interrupted(ctx context.Context) error {
	if f.told || time.Since(f.h.begun) > tellInterrupted {
		return nil
	}
	f.told = true
	for _, e := range f.h.Interrupted {
		if e.Account != f.viewer.Account {
			continue
		}
		var buf bytes.Buffer
		text := views.Interrupted(f.lang, e.Parties, e.Outcome == team.OutcomeCancelled)
		if err := views.Notice(f.lang, "interrupted", text).Render(ctx, &buf); err != nil {
			return err
		}
		f.queue = append(f.queue, views.NoticeFrame(buf.Bytes()))
	}
	return nil
}

func (f *feed) whole(ctx context.Context, snap switchboard.Snapshot) error {
	f.seen = snap.Seq
	f.viewer = f.h.known(f.viewer) // a role may have changed, or a choice
	f.lang = langOf(f.request, f.viewer)
	model, err := f.h.boardFor(ctx, f.viewer, snap.Calls, f.lang)
	if err != nil {
		return err
	}
	if err := f.put(ctx, "#board", views.BoardList(f.lang, model)); err != nil {
		return err
	}
	if err := f.put(ctx, "#status", views.Status(f.lang, statusOf(snap.Health))); err != nil {
		return err
	}
	return f.put(ctx, "#choices", views.Choices(f.lang, f.viewer.Choices))
}

func (f *feed) take(ctx context.Context, c switchboard.Change) error {
	switch {
	case c.Seq <= f.seen: // told already, as part of a whole list
		return nil
	case c.Health != nil:
		return f.put(ctx, "#status", views.Status(f.lang, statusOf(*c.Health)))
	case c.Structure:
		return f.whole(ctx, f.board.Snapshot())
	default:
		f.seen = c.Seq
		if !f.h.sees(f.viewer, *c.Call) {
			return nil
		}
		row, err := f.h.formatFor(f.viewer).RowHTMLFor(ctx, *c.Call, f.h.permit(f.viewer, *c.Call), f.lang)
		f.queue = append(f.queue, views.Frame("#"+views.RowDOMID(c.Call.ID), row))
		return err
	}
}

func (f *feed) put(ctx context.Context, target string, c web.Renderer) error {
	var buf bytes.Buffer
	if err := c.Render(ctx, &buf); err != nil {
		return err
	}
	f.queue = append(f.queue, views.Frame(target, buf.Bytes()))
	return nil
}

func (f *feed) close() {
	if f.sub != nil {
		f.sub.Close()
	}
}
