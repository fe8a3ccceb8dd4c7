package journal

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
)

// direct sends requests to a handler without a network, so that a simulated sipgate
// works in a bubble.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("connection cut: %v", v)
		}
	}()
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

// simulated returns a running board with its journal, at a simulated sipgate.
func simulated(t *testing.T, j *Journal, o simulator.Options, push bool, users ...string) (*testBoard, *simulator.Simulator) {
	b := switchboard.New(switchboard.Options{RestoreRowID: j.RowLookup(ours)})
	o.TokenLife = 1000 * time.Hour
	o.Push = &http.Client{Transport: direct{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if e, err := sipgate.ParseEvent(body); err == nil {
			b.Observe(e)
		}
		w.Header().Set("Content-Type", "application/xml")
		w.Write(sipgate.PushReply("http://board.invalid/push"))
	})}}
	s := simulator.New(o)
	t.Cleanup(func() { s.Close() })
	client := func(user string) *sipgate.Client {
		tokens, err := s.Token("", user, "all")
		if err != nil {
			t.Fatal(err)
		}
		base, _ := url.Parse("http://sipgate.invalid/v2/")
		return &sipgate.Client{Base: base, HTTP: &http.Client{Transport: direct{s}}, Auth: sipgate.Bearer(tokens["access_token"].(string))}
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); b.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	x := openBoardWith(t, j, ours, b, b)
	_, watching := b.Subscribe()
	t.Cleanup(watching.Close)
	for _, u := range users {
		b.Join(switchboard.Member{ID: switchboard.MemberID(u), Name: u, API: client(u)})
	}
	if push {
		if err := client("w0").SetPushSettings(t.Context(), sipgate.PushSettings{
			IncomingURL: "http://board.invalid/push", OutgoingURL: "http://board.invalid/push",
		}); err != nil {
			t.Fatal(err)
		}
	}
	return x, s
}

// A call rings, is answered, held, transferred and ends at the simulated sipgate. With
// push events its timeline has all times; with polling only, what lists show.
func TestSimulatedCall(t *testing.T) {
	const pushed = `
		0 rang by Anna Bergmann
		1 answered by Anna Bergmann
		4 held by w0
		5 resumed by w0
		6 recording by w0
		7 tones by w0: 1
		8 transferred by w0: +492214710111
		12 moved: Jonas Keller
		12 recorded
		18 ended by w1: normalClearing
		`
	const polled = `
		answered
		held by w0
		resumed by w0
		recording by w0
		tones by w0: 1
		transferred by w0: +492214710111
		moved: +492214710111
		recorded
		ended by w1
		`
	t.Run("push", func(t *testing.T) {
		inBubble(t, func(t *testing.T, j *Journal) {
			if got := timeline(oneCall(t, j, true)); got != untab(pushed) {
				t.Errorf("timeline\n%s\nwant\n%s", got, untab(pushed))
			}
		})
	})
	t.Run("polling", func(t *testing.T) {
		inBubble(t, func(t *testing.T, j *Journal) {
			r := oneCall(t, j, false)
			if got := regexp.MustCompile(`(?m)^~?\d+ `).ReplaceAllString(timeline(r), ""); got != untab(polled) || !r.Approximate {
				t.Errorf("timeline\n%s\nwant\n%s", got, untab(polled))
			}
		})
	})
}

func oneCall(t *testing.T, j *Journal, push bool) Record {
	x, s := simulated(t, j, simulator.Options{Pickup: 4 * time.Second}, push, "w0", "w1")
	other := number(t, s, "w1")
	id, err := s.Ring(simulator.NewCall{From: "+491713920014", Users: []string{"w0"}})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	if err := s.Answer(id, "w0"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second)
	row := x.onlyCall().ID
	for _, a := range []switchboard.Action{
		switchboard.Hold{On: true}, switchboard.Hold{}, switchboard.Record{On: true}, switchboard.Tones{Digits: "1#"},
		switchboard.TransferTo{Transfer: sipgate.Transfer{To: sipgate.Number(other)}},
	} {
		if err := x.execute("w0", row, a); err != nil {
			t.Errorf("%s: %v", a.Verb(), err)
		}
	}
	time.Sleep(9 * time.Second)
	if err := x.execute("w1", row, switchboard.HangUp{}); err != nil {
		t.Error(err)
	}
	time.Sleep(15 * time.Second)
	r := x.record(row)
	if len(r.CallIDs) != 2 || string(r.CallIDs[0]) != id || r.Remote.Number != "+491713920014" {
		t.Errorf("record %+v", r)
	}
	return r
}

// number returns the user's own number.
func number(t *testing.T, s *simulator.Simulator, user string) string {
	t.Helper()
	id, err := s.Ring(simulator.NewCall{Users: []string{user}})
	if err != nil {
		t.Fatal(err)
	}
	call, err := s.Call(id)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.HangUp(id, "cancel"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(12 * time.Second) // until it has left the board
	synctest.Wait()
	return call.To
}
