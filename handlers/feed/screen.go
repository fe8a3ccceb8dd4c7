package feed

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/web"
)

const (
	screenInterval = 250 * time.Millisecond // at least, between two pictures
	screenEvery    = 10 * time.Second       // at most, so that figures are current and a dead feed is noticed
)

// A Picture is a page that is rendered as a whole, such as a wallboard.
type Picture struct {
	Key    string                                         // pictures with equal keys are equal
	Board  *switchboard.Board                             // whose changes it shows
	Render func(context.Context) (html string, err error) // an element
}

// A screen renders one picture for all sockets that show it, for as long as there
// are any. They count as looking at the board.
type screen struct {
	picture Picture
	stop    context.CancelFunc

	mu      sync.Mutex
	sockets map[Socket]struct{}
	last    *web.Frame // nil until the first picture
}

// Show sends s the picture, now and whenever the board has changed, until leave is
// called.
func (f *Feeds) Show(p Picture, s Socket) (leave func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, ErrClosed
	}
	x := f.screens[p.Key]
	if x == nil {
		ctx, stop := context.WithCancel(context.Background())
		x = &screen{picture: p, stop: stop, sockets: map[Socket]struct{}{}}
		f.screens[p.Key] = x
		f.runs.Go(func() { x.run(ctx, f.log, &f.sent) })
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sockets[s] = struct{}{}
	if x.last != nil {
		s.Send(x.last)
		f.sent.count(1, x.last)
	}
	return func() { f.hide(x, s) }, nil
}

func (f *Feeds) hide(x *screen, s Socket) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.sockets, s)
	if len(x.sockets) == 0 && f.screens[x.picture.Key] == x {
		x.stop()
		delete(f.screens, x.picture.Key)
	}
}

// run renders the picture until ctx is done.
func (x *screen) run(ctx context.Context, log *slog.Logger, sent *counters) {
	heartbeat := time.NewTicker(screenEvery)
	defer heartbeat.Stop()
	_, sub := x.picture.Board.Subscribe()
	defer func() { sub.Close() }()
	for {
		safely(log, func() { x.draw(ctx, log, sent) })
		select {
		case <-ctx.Done():
			return
		case <-time.After(screenInterval):
		}
		select {
		case <-ctx.Done():
			return
		case <-heartbeat.C:
		case _, ok := <-sub.Changes():
			for ok && len(sub.Changes()) > 0 { // those that came meanwhile are in the next picture
				_, ok = <-sub.Changes()
			}
			if !ok {
				_, sub = x.picture.Board.Subscribe()
			}
		}
	}
}

// draw sends a new picture. What cannot be rendered stays as it is.
func (x *screen) draw(ctx context.Context, log *slog.Logger, sent *counters) {
	html, err := x.picture.Render(ctx)
	if err != nil {
		if ctx.Err() == nil {
			log.Error("render wallboard", "err", err)
		}
		return
	}
	frame := Message{Parts: []string{html}}.frame()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.last = frame
	for s := range x.sockets {
		s.Send(frame)
	}
	sent.count(len(x.sockets), frame)
}
