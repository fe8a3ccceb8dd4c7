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
func (h *handlers) feed(w http.ResponseWriter, r *http.Request, a actor) error {
	f := h.newBoardFeed(r, a)
	defer f.close()
	return h.server.StreamAs(w, r, a.SignIn.Subject(), f.next)
}

// A boardFeed makes the frames for one browser.
type boardFeed struct {
	h       *handlers
	board   *switchboard.Board
	actor   actor
	request *http.Request
	lang    views.Lang

	sub   *switchboard.Subscription // nil until the first frame
	seq   uint64                    // the change up to which the browser knows everything
	queue [][]byte

	interruptedSent bool
}

func (h *handlers) newBoardFeed(r *http.Request, a actor) *boardFeed {
	return &boardFeed{h: h, actor: a, board: h.Control.Board(a.Actor), request: r, lang: langOf(r, a)}
}

var errSessionOver = &web.CloseError{Code: web.CloseSessionGone, Reason: "signed out"}

// next returns the next frame. It is called when the browser has read the last
// one: the subscription of a browser that reads slowly falls behind and ends,
// and the feed begins again with the whole list.
func (f *boardFeed) next(ctx context.Context) ([]byte, error) {
	for {
		if len(f.queue) > 0 {
			frame := f.queue[0]
			f.queue = f.queue[1:]
			return frame, nil
		}
		if f.sub == nil {
			if err := f.subscribe(ctx); err != nil {
				return nil, err
			}
			continue
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-f.actor.sessionEnded:
			return nil, errSessionOver
		case change, ok := <-f.sub.Changes():
			if !ok {
				f.sub = nil // fell behind: begin again
				continue
			}
			if err := f.apply(ctx, change); err != nil {
				return nil, err
			}
		}
	}
}

func (f *boardFeed) subscribe(ctx context.Context) error {
	snap, sub := f.board.Subscribe()
	f.sub = sub
	if err := f.sendList(ctx, snap); err != nil {
		return err
	}
	return f.sendInterrupted(ctx)
}

// interruptedTime is for how long after a restart pages get what it cut off:
// those that were open reconnect within that time.
const interruptedTime = 2 * time.Minute

// sendInterrupted sends what a restart cut off, once in each feed.
func (f *boardFeed) sendInterrupted(ctx context.Context) error {
	if f.interruptedSent || time.Since(f.h.started) > interruptedTime {
		return nil
	}
	f.interruptedSent = true
	for _, e := range f.h.Control.Interrupted {
		if e.Account != f.actor.Account {
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

// healthFrame is the place of the board's health among the frames of a list.
const healthFrame = 1

// sendList queues the frames of a list, of who may do what, and of what has
// changed around it.
func (f *boardFeed) sendList(ctx context.Context, snap switchboard.Snapshot) error {
	f.seq = snap.Seq
	f.actor = f.h.refresh(f.request, f.actor) // a role or a preference may have changed
	f.lang = langOf(f.request, f.actor)
	model, err := f.h.boardModel(ctx, f.actor, f.h.Control.Visible(f.actor.Actor, snap.Calls), f.lang)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		target string
		view   web.Renderer
	}{
		{"#board", views.BoardList(f.lang, model)},
		{"#status", views.Status(f.lang, views.NewStatus(snap.Health, time.Now()))}, // healthFrame
		{"#access", views.AccessBar(f.lang, accessOf(f.request, f.actor))},
		{"#preferences", views.Preferences(f.lang, f.actor.Preferences)},
	} {
		if err := f.put(ctx, part.target, part.view); err != nil {
			return err
		}
	}
	return nil
}

func (f *boardFeed) apply(ctx context.Context, c switchboard.Change) error {
	switch {
	case c.Seq <= f.seq: // sent already, as part of a whole list
		return nil
	case c.Health != nil && f.h.Control.Expired(f.actor.Actor) != f.actor.expired:
		return f.sendList(ctx, f.board.Snapshot())
	case c.Health != nil:
		return f.put(ctx, "#status", views.Status(f.lang, views.NewStatus(*c.Health, time.Now())))
	case c.Structure:
		return f.sendList(ctx, f.board.Snapshot())
	default:
		f.seq = c.Seq
		if !f.h.Control.Sees(f.actor.Actor, *c.Call) {
			return nil
		}
		row, err := f.h.formatFor(f.actor).RowHTMLFor(ctx, *c.Call, f.h.permit(f.actor, *c.Call), f.lang)
		f.queue = append(f.queue, views.Frame("#"+views.RowDOMID(c.Call.ID), row))
		return err
	}
}

func (f *boardFeed) put(ctx context.Context, target string, c web.Renderer) error {
	var buf bytes.Buffer
	if err := c.Render(ctx, &buf); err != nil {
		return err
	}
	f.queue = append(f.queue, views.Frame(target, buf.Bytes()))
	return nil
}

func (f *boardFeed) close() {
	if f.sub != nil {
		f.sub.Close()
	}
}
