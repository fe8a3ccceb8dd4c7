package feed

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/views"
)

// A fixture is a board that runs, and its feeds.
type fixture struct {
	*testing.T
	feeds *Feeds
	board *switchboard.Board
	api   *fakeAPI
}

// withBoard calls f in a synctest bubble with a board on which calls are talking.
func withBoard(t *testing.T, calls int, f func(x *fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		x := &fixture{T: t, feeds: New(quiet), board: switchboard.New(switchboard.Options{}), api: &fakeAPI{}}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); x.board.Run(ctx) }()
		defer func() { x.feeds.Close(); stop(); <-done }()
		x.board.Join(switchboard.Member{ID: "w0", Name: "Anna", API: x.api})
		for i := range calls {
			x.ring(i)
			x.api.connect(x.board, newCall(fmt.Sprint("call", i), fmt.Sprint("4930", 100+i)))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		f(x)
	})
}

func (x *fixture) ring(i int) {
	x.board.Observe(newCall(fmt.Sprint("call", i), fmt.Sprint("4930", 100+i)))
}

// open loads a page of a view and connects it.
func (x *fixture) open(v View) (*page, func()) {
	x.Helper()
	p := newPage(x)
	p.load(x.feeds, x.board, v)
	return p, x.connect(p, v)
}

func (x *fixture) connect(p *page, v View) func() {
	x.Helper()
	leave, err := x.feeds.Join(x.board, v, p.have, p)
	if err != nil {
		x.Fatal(err)
	}
	return leave
}

// hold holds or resumes the call with a number.
func (x *fixture) hold(number string, on bool) {
	x.Helper()
	x.execute(number, switchboard.Hold{On: on})
	synctest.Wait()
}

// execute executes an action on the call with a number.
func (x *fixture) execute(number string, a switchboard.Action) {
	x.Helper()
	for _, c := range x.board.Snapshot().Calls {
		if c.Remote.Number == number {
			if err := x.board.Execute(x.Context(), switchboard.Command{By: "w0", Call: c.ID, Action: a}); err != nil {
				x.Error(err)
			}
			return
		}
	}
	x.Errorf("no call of %s", number)
}

// rows returns how many rows messages put, drop and send as a whole board.
func rows(messages []Message) (put, dropped, boards int) {
	for _, m := range messages {
		put, dropped = put+len(m.Put), dropped+len(m.Drop)
		if m.Board != "" {
			boards++
		}
	}
	return put, dropped, boards
}

// TestOneChangeIsOneRow: a hold of one of 50 calls sends that row, twice: as
// pending and as done. A page that has just been loaded gets no row.
func TestOneChangeIsOneRow(t *testing.T) {
	for _, calls := range []int{5, 50} {
		withBoard(t, calls, func(x *fixture) {
			p, leave := x.open(newViewer("anna", views.English))
			defer leave()
			if put, dropped, boards := rows(p.take()); put+dropped+boards > 0 || len(p.rows) != calls {
				t.Errorf("a new page gets %d rows, %d boards", put, boards)
			}
			x.hold("+4930101", true)
			time.Sleep(2 * joinWithin)
			messages := p.take()
			put, dropped, boards := rows(messages)
			if put < 1 || put > 2 || dropped+boards > 0 || len(messages) > 2 {
				t.Errorf("of %d calls, a hold puts %d rows with %d messages", calls, put, len(messages))
			}
			for _, m := range messages {
				if n := len(m.frame().Text()); n > 4000 {
					t.Errorf("%d bytes", n)
				}
			}
		})
	}
}

// TestWhatNoRowShowsSendsNothing: that a colleague's list has the calls too, and
// that a dialog is still open, changes no row.
func TestWhatNoRowShowsSendsNothing(t *testing.T) {
	withBoard(t, 3, func(x *fixture) {
		first := x.board.Snapshot().Calls[0]
		if err := x.board.Claim("w0", first.ID, switchboard.VerbTransfer); err != nil {
			t.Fatal(err)
		}
		p, leave := x.open(newViewer("anna", views.English))
		defer leave()
		p.take()
		x.board.Join(switchboard.Member{ID: "w1", Name: "Tom", API: x.api})
		for range 3 {
			time.Sleep(5 * time.Second)
			if err := x.board.RenewClaim("w0", first.ID, switchboard.VerbTransfer); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if c := x.board.Snapshot().Calls[0]; len(c.VisibleTo) != 2 || !c.Claim.Until.After(time.Now().Add(10*time.Second)) || c.Seq == first.Seq {
			t.Fatalf("nothing happened: %+v", c)
		}
		if put, dropped, boards := rows(p.take()); put+dropped+boards > 0 {
			t.Errorf("%d rows, %d gone, %d boards", put, dropped, boards)
		}
	})
}

// TestPagesGetWhatTheyMissed: a page that connects again gets the rows that have
// changed and are gone, and the parts that differ; the whole board only if the
// hub cannot know what it shows.
func TestPagesGetWhatTheyMissed(t *testing.T) {
	withBoard(t, 10, func(x *fixture) {
		v := newViewer("anna", views.English)
		p, leave := x.open(v)
		leave()
		p.take()
		x.hold("+4930101", true)
		x.api.hangUp(x.board, newCall("call2", "4930102"))
		x.ring(20)
		time.Sleep(30 * time.Second) // the ended row is gone
		v.change(func() { v.theme = "dark" })
		x.board.Invalidate()
		synctest.Wait()

		defer x.connect(p, v)()
		messages := p.take()
		put, dropped, boards := rows(messages)
		if put != 2 || dropped != 1 || boards != 0 || !strings.Contains(p.parts["preferences"], "dark") || len(p.rows) != 10 {
			t.Errorf("gets %d rows, %d gone, %d boards; has %d rows, %v", put, dropped, boards, len(p.rows), p.parts)
		}
		for _, have := range []string{"", "x", "other.1", p.have + "0", strings.Replace(p.have, ".", ".-", 1)} {
			q := newPage(t)
			q.have = have
			defer x.connect(q, v)()
			if _, _, boards := rows(q.take()); boards != 1 || len(q.rows) != 10 || q.have != p.have {
				t.Errorf("version %q gets %d boards, %d rows, version %s", have, boards, len(q.rows), q.have)
			}
			if unknown := !strings.HasPrefix(have, strings.Split(p.have, ".")[0]+"."); (q.notices > 0) != (unknown || strings.Contains(have, "-")) {
				t.Errorf("version %q: %d notices of the restart", have, q.notices)
			}
		}
	})
}

// TestForgottenPagesGetTheWholeBoard: the hub forgets an audience that has not
// been there for some minutes, and what is gone if that is too much.
func TestForgottenPagesGetTheWholeBoard(t *testing.T) {
	withBoard(t, 3, func(x *fixture) {
		v, other := newViewer("anna", views.English), newViewer("tom", views.English)
		_, stays := x.open(other) // keeps the hub
		defer stays()
		p, leave := x.open(v)
		leave()
		time.Sleep(keepFor + 2*beatEvery)
		x.hold("+4930101", true)
		p.take()
		defer x.connect(p, v)()
		if _, _, boards := rows(p.take()); boards != 1 {
			t.Errorf("a page that was away for long gets %d boards", boards)
		}

		q, leave := x.open(v)
		leave()
		q.take()
		for i := range 2*maxDropped + 5 {
			v.change(func() { v.hidden["+4930102"] = i%2 == 0 })
			x.board.Invalidate()
			time.Sleep(2 * joinWithin)
		}
		defer x.connect(q, v)()
		if _, _, boards := rows(q.take()); boards != 1 || len(q.rows) != 2 {
			t.Errorf("a page of which too much is gone gets %d boards, has %d rows", boards, len(q.rows))
		}
	})
}

// TestABurstIsJoined: the first change is sent at once; what follows within 20 ms
// comes together, each row as it is in the end.
func TestABurstIsJoined(t *testing.T) {
	withBoard(t, 20, func(x *fixture) {
		p, leave := x.open(newViewer("anna", views.English))
		defer leave()
		time.Sleep(time.Second)
		p.take()
		x.board.SetNames(map[string]string{"+4930100": "First"})
		synctest.Wait()
		if messages := p.take(); len(messages) != 1 || len(messages[0].Put) != 1 {
			t.Fatalf("the first change: %+v", messages)
		}
		names := map[string]string{"+4930100": "First"}
		for i := 1; i < 20; i++ {
			names[fmt.Sprint("+4930", 100+i)] = "Name"
			x.board.SetNames(copied(names))
			names["+4930101"] = fmt.Sprint("Name ", i)
		}
		x.board.SetNames(copied(names))
		synctest.Wait()
		if messages := p.take(); len(messages) != 0 {
			t.Errorf("before 20 ms: %d messages", len(messages))
		}
		time.Sleep(joinWithin)
		synctest.Wait()
		messages := p.take()
		if len(messages) != 1 || len(messages[0].Put) != 19 || !strings.Contains(messages[0].Put[0], "Name 19") {
			t.Errorf("%d messages", len(messages))
		}
	})
}

// TestAQuickCommandIsOneMessage: that a command has begun is sent together with
// its answer if that comes within 100 ms, and else after them; other changes never
// wait for it.
func TestAQuickCommandIsOneMessage(t *testing.T) {
	withBoard(t, 3, func(x *fixture) {
		p, leave := x.open(newViewer("anna", views.English))
		defer leave()
		command := func(i int, answersAfter time.Duration) {
			time.Sleep(time.Minute + time.Second) // at no heartbeat
			p.take()
			x.api.answersAfter = answersAfter
			go x.execute(fmt.Sprint("+493010", i), switchboard.Hold{On: true})
			synctest.Wait()
		}
		sent := func() (states []string) {
			synctest.Wait()
			for _, m := range p.take() {
				for _, row := range m.Put {
					if strings.Contains(row, "aria-busy") {
						states = append(states, "busy")
					} else {
						states = append(states, regexp.MustCompile(`data-state="(\w+)"`).FindStringSubmatch(row)[1])
					}
				}
			}
			return states
		}
		command(0, 50*time.Millisecond)
		time.Sleep(49 * time.Millisecond)
		if s := sent(); len(s) > 0 {
			t.Errorf("before the answer: %v", s)
		}
		time.Sleep(time.Millisecond)
		if s := sent(); !slices.Equal(s, []string{"held"}) {
			t.Errorf("with the answer: %v", s)
		}
		command(1, time.Second)
		time.Sleep(beginWithin - time.Millisecond)
		if s := sent(); len(s) > 0 {
			t.Errorf("before 100 ms: %v", s)
		}
		time.Sleep(time.Millisecond)
		if s := sent(); !slices.Equal(s, []string{"busy"}) {
			t.Errorf("after 100 ms: %v", s)
		}
		command(2, time.Second)
		x.board.SetNames(map[string]string{"+4930100": "Vogt"})
		if s := sent(); !slices.Equal(s, []string{"held", "busy"}) {
			t.Errorf("with another change: %v", s)
		}
		time.Sleep(time.Second)
	})
}

func copied(names map[string]string) map[string]string {
	c := map[string]string{}
	for k, v := range names {
		c[k] = v
	}
	return c
}

// TestAudiencesShareWhatIsEqual: viewers who are shown the same get the same
// bytes, made once; a private name is in the rows of its owner only.
func TestAudiencesShareWhatIsEqual(t *testing.T) {
	withBoard(t, 3, func(x *fixture) {
		anna, tom, mia := newViewer("anna", views.English), newViewer("tom", views.English), newViewer("mia", views.German)
		anna.names["+4930101"] = "Mama"
		tom.denied["+4930102"] = "not_yours"
		pages := map[string]*page{}
		for _, v := range []*viewer{anna, tom, mia} {
			p, leave := x.open(v)
			defer leave()
			p.take()
			pages[v.key] = p
		}
		row := func(p *page) string {
			time.Sleep(2 * joinWithin)
			messages := p.take()
			for _, m := range messages {
				if len(m.Put) != 1 {
					x.Errorf("got %+v", messages)
				}
			}
			return messages[len(messages)-1].Put[0]
		}
		x.hold("+4930100", true) // equal for anna and tom
		a, b, c := row(pages["anna"]), row(pages["tom"]), row(pages["mia"])
		if a != b || a == c {
			t.Errorf("equal %v, German equal %v", a == b, a == c)
		}
		x.hold("+4930101", true)
		a, b = row(pages["anna"]), row(pages["tom"])
		if !strings.Contains(a, "Mama") || strings.Contains(b, "Mama") {
			t.Errorf("private names:\n%s\n%s", a, b)
		}
		x.hold("+4930102", true)
		if a, b = row(pages["anna"]), row(pages["tom"]); !strings.Contains(a, "formaction") || strings.Contains(b, "formaction") {
			t.Errorf("buttons:\n%s\n%s", a, b)
		}
	})
}

// TestTheAgeOfTheListIsNoNews: pages are told every five seconds that everything
// is as before, with one message that is equal for all; and at once when that is
// not so any more.
func TestTheAgeOfTheListIsNoNews(t *testing.T) {
	withBoard(t, 1, func(x *fixture) {
		p, leave := x.open(newViewer("anna", views.English))
		defer leave()
		time.Sleep(time.Minute)
		beats := 0
		for _, m := range p.take() {
			switch {
			case len(m.Parts)+len(m.Put)+len(m.Drop) > 0:
				t.Errorf("news: %+v", m)
			case m.Now > 0:
				beats++
			}
		}
		if beats < 12 || beats > 15 {
			t.Errorf("%d messages in a minute", beats)
		}
	})
}

// TestRowsThatCannotBeRenderedLeaveTheOthers: one row that panics costs that row.
func TestRowsThatCannotBeRenderedLeaveTheOthers(t *testing.T) {
	withBoard(t, 3, func(x *fixture) {
		v := &fragile{viewer: newViewer("anna", views.English), broken: "+4930101"}
		p, leave := x.open(v)
		defer leave()
		if len(p.rows) != 2 {
			t.Errorf("%d rows", len(p.rows))
		}
		p.take()
		x.hold("+4930102", true)
		time.Sleep(2 * joinWithin)
		if put, _, _ := rows(p.take()); put == 0 {
			t.Error("the others do not change")
		}
	})
}

type fragile struct {
	*viewer
	broken string
}

func (v *fragile) Row(ctx context.Context, c *switchboard.Call, variant views.Variant) (views.RenderedRow, error) {
	if c.Remote.Number == v.broken {
		panic("a strange call")
	}
	return v.viewer.Row(ctx, c, variant)
}

// TestTheBoardIsWatchedWhileThereAreSockets, and not by pages alone: it polls as
// often as for a page in view.
func TestTheBoardIsWatchedWhileThereAreSockets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feeds, board := New(quiet), switchboard.New(switchboard.Options{})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); board.Run(ctx) }()
		defer func() { feeds.Close(); stop(); <-done }()
		api := &fakeAPI{}
		board.Join(switchboard.Member{ID: "w0", Name: "Anna", API: api})
		within := func(d time.Duration) int {
			before := api.requested()
			time.Sleep(d)
			synctest.Wait()
			return api.requested() - before
		}
		within(time.Minute)
		v := newViewer("anna", views.English)
		p := newPage(t)
		p.load(feeds, board, v)
		if n := within(time.Minute); n > 4 {
			t.Errorf("%d lists in a minute without a socket", n)
		}
		leave, err := feeds.Join(board, v, p.have, p)
		if err != nil {
			t.Fatal(err)
		}
		if n := within(time.Minute); n < 25 {
			t.Errorf("%d lists in a minute with a socket", n)
		}
		leave()
		within(time.Second)
		if n := within(time.Minute); n > 4 {
			t.Errorf("%d lists in a minute after the socket", n)
		}
		if _, err := feeds.Join(board, v, p.have, p); err != nil {
			t.Fatal(err)
		}
		feeds.Close() // the program ends, with its pages open
		within(time.Second)
		if n := within(time.Minute); n > 4 {
			t.Errorf("%d lists in a minute after Close", n)
		}
	})
}

// TestCallPagesAreTold of changes of their call.
func TestCallPagesAreTold(t *testing.T) {
	withBoard(t, 2, func(x *fixture) {
		calls := x.board.Snapshot().Calls
		p := newPage(t)
		leave, err := x.feeds.Watch(x.board, calls[0].ID, p)
		if err != nil {
			t.Fatal(err)
		}
		touched := func() (n int) {
			for _, m := range p.take() {
				if m.Touched {
					n++
				}
			}
			return n
		}
		if touched() != 0 {
			t.Error("touched at first")
		}
		x.hold("+4930101", true)
		time.Sleep(time.Second)
		if touched() != 0 {
			t.Error("told of another call")
		}
		x.hold("+4930100", true)
		time.Sleep(time.Second)
		if touched() == 0 {
			t.Error("not told of its call")
		}
		leave()
		x.hold("+4930100", false)
		if touched() != 0 {
			t.Error("told after it left")
		}
	})
}

// TestHubsEnd: without pages, a hub ends, and its goroutine; after Close nothing
// begins.
func TestHubsEnd(t *testing.T) {
	withBoard(t, 1, func(x *fixture) {
		_, leave := x.open(newViewer("anna", views.English))
		leave()
		time.Sleep(keepFor + 3*beatEvery)
		synctest.Wait()
		if n := len(x.feeds.hubs); n != 0 {
			t.Errorf("%d hubs", n)
		}
		x.feeds.Close()
		if _, err := x.feeds.Page(x.board, newViewer("anna", views.English)); err != ErrClosed {
			t.Errorf("after Close: %v", err)
		}
		if _, err := x.feeds.Show(Picture{Board: x.board}, newPage(t)); err != ErrClosed {
			t.Errorf("after Close: %v", err)
		}
	})
}
