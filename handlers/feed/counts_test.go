package feed

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callboard/views"
	"callboard/web"
)

// meterPage counts what it is sent.
type meterPage struct {
	*page
	frames, bytes *atomic.Uint64
}

// Send implements Socket.
func (p meterPage) Send(frames ...*web.Frame) {
	for _, f := range frames {
		p.frames.Add(1)
		p.bytes.Add(uint64(f.Len()))
	}
	p.page.Send(frames...)
}

// What is sent is counted once for each page that gets it: at the beginning, with
// each change and each beat, of boards, of calls and of wallboards.
func TestWhatIsSentIsCounted(t *testing.T) {
	withBoard(t, 3, func(x *fixture) {
		var frames, bytes atomic.Uint64
		meter := func() meterPage { return meterPage{newPage(x), &frames, &bytes} }
		for range 2 {
			if _, err := x.feeds.Join(x.board, newViewer("anna", views.English), "", meter()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := x.feeds.Watch(x.board, x.board.Snapshot().Calls[0].ID, meter()); err != nil {
			t.Fatal(err)
		}
		picture := Picture{Key: "hall", Board: x.board, Render: func(context.Context) (string, error) { return `<div id="wall"></div>`, nil }}
		if _, err := x.feeds.Show(picture, meter()); err != nil {
			t.Fatal(err)
		}
		before := x.feeds.Sent()
		x.hold("+4930100", true)
		time.Sleep(2 * beatEvery)
		synctest.Wait()
		sent := x.feeds.Sent()
		if sent.Frames != frames.Load() || sent.Bytes != bytes.Load() || sent.Frames < 10 {
			t.Errorf("counted %d frames of %d bytes, sent %d of %d", sent.Frames, sent.Bytes, frames.Load(), bytes.Load())
		}
		if sent.Changes <= before.Changes {
			t.Errorf("%d changes, before %d", sent.Changes, before.Changes)
		}
	})
}
