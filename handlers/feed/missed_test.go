package feed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/views"
)

// A page that polls gets what one with a socket gets: the whole board with what is
// beside it, or what has changed and nothing else.
func TestPagesThatPollGetWhatTheyMissed(t *testing.T) {
	withBoard(t, 3, func(x *fixture) {
		v := newViewer("anna", views.English)
		p := newPage(t)
		p.load(x.feeds, x.board, v)
		poll := func(have string) []Message {
			missed, err := x.feeds.Missed(x.board, v, have)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range missed {
				p.apply(m)
			}
			return missed
		}
		if m := poll(p.have); len(m) != 1 || len(m[0].Put)+len(m[0].Drop)+len(m[0].Parts) > 0 || m[0].Notice != "" || m[0].Now != time.Now().UnixMilli() || m[0].Listed == 0 {
			t.Errorf("without a change: %+v", m)
		}
		x.hold("+4930101", true)
		x.api.hangUp(x.board, newCall("call2", "4930102"))
		time.Sleep(30 * time.Second)
		if m := poll(p.have); len(m) != 1 || len(m[0].Put) != 1 || len(m[0].Drop) != 1 || m[0].Notice != "" || len(p.rows) != 2 {
			t.Errorf("after changes: %+v", m)
		}
		q := p.have
		p.rows, p.parts = map[string]string{}, map[string]string{}
		if m := poll("another.1"); len(m) != 2 || len(p.rows) != 2 || p.parts["preferences"] == "" || len(p.parts) != 3 || m[1].Notice == "" || m[1].Have != q {
			t.Errorf("of another process: %+v", m)
		}
		x.feeds.Close()
		if _, err := x.feeds.Missed(x.board, v, q); !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}

// How long a page may be away counts from when it left.
func TestPagesOfLongAreNotForgottenAtOnce(t *testing.T) {
	withBoard(t, 2, func(x *fixture) {
		v := newViewer("anna", views.English)
		_, stays := x.open(newViewer("tom", views.English)) // keeps the hub
		defer stays()
		p, leave := x.open(v)
		time.Sleep(10 * time.Minute)
		leave()
		p.take()
		time.Sleep(keepFor - 2*beatEvery)
		leave = x.connect(p, v)
		if _, _, boards := rows(p.take()); boards != 0 {
			t.Error("the whole board after a short absence")
		}
		leave()
		if p.load(x.feeds, x.board, v); len(p.rows) != 2 {
			t.Errorf("%d rows", len(p.rows))
		}
		time.Sleep(keepFor - 2*beatEvery) // a page that was loaded may connect late
		defer x.connect(p, v)()
		if _, _, boards := rows(p.take()); boards != 0 {
			t.Error("the whole board for a page that connects late")
		}
	})
}

// A page shows at once that sipgate fails or answers again, and the buttons that
// its member has then.
func TestSipgatesFailureIsShownAtOnce(t *testing.T) {
	withBoard(t, 2, func(x *fixture) {
		v := newViewer("anna", views.English)
		p, leave := x.open(v)
		defer leave()
		time.Sleep(time.Minute)
		for _, failing := range []bool{true, false} {
			p.take()
			reason := ""
			x.api.fail(nil)
			if failing {
				reason = "not_yours"
				x.api.fail(&sipgate.Error{Op: "fake", Kind: sipgate.Unauthorized, Status: 401})
			}
			v.change(func() { v.denied["+4930101"] = reason; v.refreshed = -100 }) // nobody tells
			before := p.part("status")
			for begun := time.Now(); p.part("status") == before; time.Sleep(10 * time.Millisecond) {
				if time.Since(begun) > time.Minute {
					t.Fatalf("failing %v: not shown", failing)
				}
			}
			synctest.Wait()
			// A review may have sent the row a moment before the news.
			if puts, _, _ := rows(p.take()); puts != 1 {
				t.Errorf("failing %v: the news comes with %d rows", failing, puts)
			}
			if failing {
				x.board.Join(switchboard.Member{ID: "w1", Name: "Tom", API: x.api})
			}
		}
	})
}

// The hub checks all permissions every ten seconds, and not more often.
func TestPermissionsAreReviewed(t *testing.T) {
	withBoard(t, 2, func(x *fixture) {
		v := newViewer("anna", views.English)
		p, leave := x.open(v)
		defer leave()
		time.Sleep(time.Minute)
		v.change(func() { v.refreshed = 0 })
		time.Sleep(time.Minute)
		synctest.Wait()
		v.change(func() {
			if v.refreshed < 5 || v.refreshed > 7 {
				t.Errorf("refreshed %d times in a minute", v.refreshed)
			}
			v.hidden["+4930101"] = true
		})
		p.take()
		time.Sleep(reviewEvery + beatEvery)
		synctest.Wait()
		if _, dropped, _ := rows(p.take()); dropped != 1 {
			t.Errorf("%d rows are gone", dropped)
		}
	})
}

// A call that a viewer may see again comes back, once, as it was.
func TestHiddenCallsComeBack(t *testing.T) {
	withBoard(t, 2, func(x *fixture) {
		v := newViewer("anna", views.English)
		p, leave := x.open(v)
		defer leave()
		time.Sleep(time.Second)
		before := listed(p.rows)
		for _, hidden := range []bool{true, false, true, false} {
			p.take()
			v.change(func() { v.hidden["+4930101"] = hidden })
			x.board.Invalidate()
			time.Sleep(2 * joinWithin)
			if put, dropped, _ := rows(p.take()); put+dropped != 1 || (dropped == 1) != hidden {
				t.Errorf("hidden %v: %d rows come, %d go", hidden, put, dropped)
			}
			x.board.Invalidate() // nothing has changed
			time.Sleep(2 * joinWithin)
			if put, dropped, _ := rows(p.take()); put+dropped != 0 {
				t.Errorf("hidden %v, again: %d rows come, %d go", hidden, put, dropped)
			}
		}
		if listed(p.rows) != before {
			t.Errorf("the page shows\n%s\nwant\n%s", listed(p.rows), before)
		}
	})
}

// The page of a call gets the changes of that call and the age of the list for as
// long as it is open.
func TestCallPagesStayConnected(t *testing.T) {
	withBoard(t, 1, func(x *fixture) {
		p := newPage(t)
		leave, err := x.feeds.Watch(x.board, x.board.Snapshot().Calls[0].ID, p)
		if err != nil {
			t.Fatal(err)
		}
		if m := p.take(); len(m) != 1 || m[0].Now != time.Now().UnixMilli() || m[0].Listed == 0 {
			t.Errorf("at first: %+v", m)
		}
		before := x.api.requested()
		time.Sleep(time.Minute)
		if n := x.api.requested() - before; n < 25 {
			t.Errorf("%d lists in a minute", n)
		}
		if n := len(p.take()); n < 11 || n > 15 {
			t.Errorf("%d messages in a minute", n)
		}
		time.Sleep(2 * keepFor)
		p.take()
		x.hold("+4930100", true)
		time.Sleep(2 * joinWithin)
		synctest.Wait()
		if m := p.take(); !slices.ContainsFunc(m, func(m Message) bool { return m.Touched }) {
			t.Errorf("after a change: %+v", m)
		}
		leave()
		time.Sleep(time.Second)
		before = x.api.requested()
		time.Sleep(time.Minute)
		if n := x.api.requested() - before; n > 4 {
			t.Errorf("%d lists in a minute after the page", n)
		}
	})
}

// A slow is a view that takes its time.
type slow struct {
	*viewer
	refresh func()
}

func (v *slow) Refresh() { v.refresh() }

// A hub that falls so far behind the board that it misses changes shows the board as
// it is all the same.
func TestHubsThatFallBehindCatchUp(t *testing.T) {
	withBoard(t, 3, func(x *fixture) {
		block, waiting := make(chan struct{}), make(chan struct{}, 1)
		blocked := false
		v := &slow{newViewer("anna", views.English), func() {
			if blocked {
				waiting <- struct{}{}
				<-block
			}
		}}
		p, leave := x.open(v)
		defer leave()
		time.Sleep(time.Second)
		p.take()
		blocked = true
		x.board.Invalidate()
		<-waiting
		blocked = false
		x.api.hangUp(x.board, newCall("call2", "4930102"))
		x.ring(20)
		for i := range 600 { // more than a subscription keeps
			x.board.SetNames(map[string]string{"+4930100": fmt.Sprint("Name ", i)})
		}
		time.Sleep(20 * time.Second) // the ended row is gone
		close(block)
		time.Sleep(time.Second)
		synctest.Wait()
		put, dropped, boards := rows(p.take())
		if put < 2 || dropped != 1 || boards != 0 || len(p.rows) != 3 {
			t.Errorf("%d rows change, %d are gone, %d boards; %d rows", put, dropped, boards, len(p.rows))
		}
		want := newPage(t)
		want.load(x.feeds, x.board, v)
		if !maps.Equal(p.rows, want.rows) || !strings.Contains(listed(p.rows), "Name 599") {
			t.Errorf("the page shows\n%s\nwant\n%s", listed(p.rows), listed(want.rows))
		}
		p.take()
		x.hold("+4930101", true)
		time.Sleep(2 * joinWithin)
		if put, _, _ := rows(p.take()); put == 0 {
			t.Error("it follows the board no longer")
		}
	})
}

// A faulty is a view of which a part cannot be rendered.
type faulty struct {
	*viewer
	row, parts func() error
}

func (v *faulty) Row(ctx context.Context, c *switchboard.Call, variant views.Variant) (views.RenderedRow, error) {
	if err := v.row(); err != nil {
		return views.RenderedRow("half a row"), err
	}
	return v.viewer.Row(ctx, c, variant)
}

func (v *faulty) Parts(ctx context.Context) ([]string, error) {
	if err := v.parts(); err != nil {
		return nil, err
	}
	return v.viewer.Parts(ctx)
}

// What cannot be rendered is left out and logged, with the call or the stack; a feed
// without faults logs nothing.
func TestFaultsAreLogged(t *testing.T) {
	sound := func() error { return nil }
	broken := func() error { return errors.New("no words") }
	for name, test := range map[string]struct {
		row, parts func() error
		want       []string // in the log
		rows       int
	}{
		"sound": {sound, sound, nil, 1},
		"row":   {broken, sound, []string{"render row", "call=call0", "no words"}, 0},
		"parts": {sound, broken, []string{"render parts", "no words"}, 1},
		"panic": {func() error { panic("a strange call") }, sound, []string{"panic", "a strange call", "missed_test.go"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			withBoard(t, 1, func(x *fixture) {
				x.feeds = New(slog.New(slog.NewTextHandler(&log, nil)))
				p, leave := x.open(&faulty{newViewer("anna", views.English), test.row, test.parts})
				defer x.feeds.Close()
				defer leave()
				if len(p.rows) != test.rows {
					t.Errorf("%d rows", len(p.rows))
				}
				x.hold("+4930100", true)
				time.Sleep(time.Second)
				if put, _, _ := rows(p.take()); (put > 0) != (test.rows > 0) {
					t.Errorf("%d rows change", put)
				}
			})
			for _, text := range test.want {
				if !strings.Contains(log.String(), text) {
					t.Errorf("the log lacks %q:\n%s", text, log.String())
				}
			}
			if test.want == nil && log.Len() > 0 {
				t.Errorf("logged:\n%s", log.String())
			}
		})
	}
}

// Only the number of this epoch says what a page has.
func TestVersions(t *testing.T) {
	for have, want := range map[string]uint64{version("epoch", 0): 0, version("epoch", 7): 7, version("epoch", 1<<63): 1 << 63} {
		if seq, ok := parseVersion("epoch", have); !ok || seq != want {
			t.Errorf("%q is %d, %v", have, seq, ok)
		}
	}
	for _, have := range []string{"", "epoch", "epoch.", "other.7", ".7", "epoch.x", "epoch.-1", "epoch.7.7", "epoch.18446744073709551616"} {
		if seq, ok := parseVersion("epoch", have); ok {
			t.Errorf("%q is %d", have, seq)
		}
	}
	if got := string(Message{Put: []string{"<b>&\n"}}.frame().Text()); got != `{"put":["<b>&\n"]}` {
		t.Errorf("a message is %q", got)
	}
}
