package forward_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"callboard/web"
)

// hanging has a socket at /feed, and at /slow an answer that comes when the request is
// given up. It says which of them have come.
func hanging(sockets chan *web.Socket, came chan string) func(*node) {
	return func(n *node) {
		n.mux.HandleFunc("/feed", func(w http.ResponseWriter, r *http.Request) {
			n.server.OpenSocket(w, r, "", func(k *web.Socket) func() {
				sockets <- k
				return nil
			})
		})
		n.mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) {
			came <- r.Method
			<-r.Context().Done()
		})
	}
}

// TestBrowsersAreToldThatTheirTeamHasMoved: when a team has moved, the sockets that lead
// to its old home are closed, though that one says nothing, and no others.
func TestBrowsersAreToldThatTheirTeamHasMoved(t *testing.T) {
	t.Parallel()
	s, opened := newSite(t), make(chan *web.Socket, 3)
	a := s.addNode("a", echo)
	s.addNode("b", hanging(opened, nil))
	s.settle("red", "b")
	s.settle("blue", "b")
	var sockets []*websocket.Conn
	for _, team := range []string{"red", "red", "blue"} {
		c, _, err := a.dialFor(t.Context(), team)
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseNow()
		sockets = append(sockets, c)
	}
	for a.forward.Sockets() < len(sockets) {
		runtime.Gosched() // they are counted a moment after they are open
	}
	a.forward.Moved("blue", s.addrs["b"]) // where it is already
	a.forward.Moved("green", "")
	a.forward.Moved("red", "")
	for i, c := range sockets[:2] {
		if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != web.CloseRestart {
			t.Errorf("socket %d: %v", i, err)
		}
	}
	for range sockets { // in whatever order they were opened
		(<-opened).Send(web.NewFrame([]byte("after")))
	}
	if _, text, err := sockets[2].Read(t.Context()); string(text) != "after" {
		t.Errorf("the socket of another team: %q, %v", text, err)
	}
}

// TestSocketsAreEndedOneByOne: the sockets that lead through a node that is about to end
// are closed over some time, not all at once.
func TestSocketsAreEndedOneByOne(t *testing.T) {
	t.Parallel()
	s, opened := newSite(t), make(chan *web.Socket, 2)
	a := s.addNode("a", echo)
	s.addNode("b", hanging(opened, nil))
	s.settle("red", "b")
	heard := make(chan string, 2)
	for range 2 {
		c, _, err := a.dialFor(t.Context(), "red")
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseNow()
		go func() {
			_, text, err := c.Read(t.Context())
			heard <- fmt.Sprint(string(text), websocket.CloseStatus(err))
		}()
	}
	for a.forward.Sockets() < 2 {
		runtime.Gosched()
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.forward.EndSockets(ctx, time.Hour)
	}()
	if got, want := <-heard, websocket.StatusServiceRestart.String(); got != want {
		t.Errorf("the first one hears %q, want %q", got, want)
	}
	for range 2 {
		(<-opened).Send(web.NewFrame([]byte("after")))
	}
	if got := <-heard; !strings.HasPrefix(got, "after") {
		t.Errorf("the other one hears %q", got)
	}
	cancel()
	<-ended
	a.forward.EndSockets(t.Context(), 0)
	for a.forward.Sockets() > 0 {
		runtime.Gosched()
	}
}

// TestRequestsDoNotWaitForTheOldHome: when a team has moved, a page that its old home does
// not answer comes from the new one, and of what changes something it is not known whether
// it was done.
func TestRequestsDoNotWaitForTheOldHome(t *testing.T) {
	for method, want := range map[string]string{"GET": "200 c", "POST": "502 outcome_unknown\n"} {
		s, came := newSite(t), make(chan string, 1)
		a := s.addNode("a", echo)
		s.addNode("b", hanging(nil, came))
		s.addNode("c", func(n *node) {
			n.mux.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, n.name) })
		})
		s.settle("red", "b")
		answered := make(chan string, 1)
		go func() {
			resp, text := a.send(method, "/slow?team=red", nil)
			answered <- fmt.Sprint(resp.StatusCode, " ", text)
		}()
		<-came
		s.settle("red", "c")
		a.forward.Moved("red", s.addrs["c"])
		if got := <-answered; got != want {
			t.Errorf("%s: %q, want %q", method, got, want)
		}
	}
}

// TestAnswersOfTheOldHomeArrive: what a home answers a click when the team has left it
// already counts: what it did, or that it did nothing, so that the new home does it.
func TestAnswersOfTheOldHomeArrive(t *testing.T) {
	for answer, want := range map[int]string{http.StatusOK: "200 b", http.StatusMisdirectedRequest: "200 c"} {
		s, came, moved := newSite(t), make(chan bool), make(chan bool)
		s.patience = time.Minute
		a := s.addNode("a", echo)
		s.addNode("b", func(n *node) {
			n.mux.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) {
				came <- true
				<-moved
				if answer != http.StatusOK {
					w.Header().Set(web.NodeHeader+"Elsewhere", "true")
				}
				w.WriteHeader(answer)
				fmt.Fprint(w, n.name)
			})
		})
		s.addNode("c", func(n *node) {
			n.mux.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, n.name) })
		})
		s.settle("red", "b")
		answered := make(chan string, 1)
		go func() {
			resp, text := a.send("POST", "/slow?team=red", nil)
			answered <- fmt.Sprint(resp.StatusCode, " ", text)
		}()
		<-came
		s.settle("red", "c")
		a.forward.Moved("red", s.addrs["c"])
		close(moved)
		if got := <-answered; got != want {
			t.Errorf("%d: %q, want %q", answer, got, want)
		}
	}
}
