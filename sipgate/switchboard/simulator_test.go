package switchboard_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
)

// handlerTransport sends requests to a handler without a network, so that a
// whole sipgate fits into a synctest bubble.
type handlerTransport struct{ http.Handler }

func (d handlerTransport) RoundTrip(r *http.Request) (resp *http.Response, err error) {
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

// simulatedOffice is a simulated sipgate that pushes events to a running
// board.
type simulatedOffice struct {
	*simulator.Simulator
	*switchboard.Board
}

// newBoard must be called in a bubble. It sets up push events if push is true.
func newBoard(t *testing.T, o simulator.Options, push bool, users ...string) *simulatedOffice {
	t.Helper()
	x := &simulatedOffice{Board: switchboard.New(switchboard.Options{})}
	o.TokenLife = 1000 * time.Hour
	o.Push = &http.Client{Transport: handlerTransport{http.HandlerFunc(x.receive)}}
	x.Simulator = simulator.New(o)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); x.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		<-done
		x.Simulator.Close()
	})
	for _, u := range users {
		x.Join(switchboard.Member{ID: switchboard.MemberID(u), Name: u, API: x.client(t, u)})
	}
	if push {
		if err := x.client(t, "w0").SetPushSettings(ctx, sipgate.PushSettings{
			IncomingURL: "http://board.invalid/push", OutgoingURL: "http://board.invalid/push",
		}); err != nil {
			t.Fatal(err)
		}
	}
	return x
}

func (x *simulatedOffice) client(t *testing.T, user string) *sipgate.Client {
	t.Helper()
	tokens, err := x.Token("", user, "all")
	if err != nil {
		t.Fatal(err)
	}
	base, _ := url.Parse("http://sipgate.invalid/v2/")
	return &sipgate.Client{
		Base: base, HTTP: &http.Client{Transport: handlerTransport{x.Simulator}},
		Auth: sipgate.Bearer(tokens["access_token"].(string)),
	}
}

func (x *simulatedOffice) receive(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if e, err := sipgate.ParseEvent(body); err == nil {
		x.Observe(e)
	}
	w.Header().Set("Content-Type", "application/xml")
	w.Write(sipgate.PushReply("http://board.invalid/push"))
}

// callsAfter waits and returns the board's rows.
func (x *simulatedOffice) callsAfter(d time.Duration) []switchboard.Call {
	time.Sleep(d)
	synctest.Wait()
	return x.Snapshot().Calls
}

// commands returns the requests that acted on calls.
func (x *simulatedOffice) commands() []string {
	var list []string
	for _, r := range x.Requests() {
		if r.Method != http.MethodGet && strings.Contains(r.Path, "/calls") {
			parts := strings.Split(strings.TrimSuffix(r.Path, "/"), "/")
			list = append(list, r.Method+" "+parts[len(parts)-1])
		}
	}
	return list
}

// TestSimulatedCall rings, answers, holds, transfers and ends a call at the
// simulated sipgate: the board shows one row, with push events and without.
func TestSimulatedCall(t *testing.T) {
	for _, push := range []bool{true, false} {
		t.Run(fmt.Sprintf("push %v", push), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { testOneCall(t, push) })
		})
	}
}

func testOneCall(t *testing.T, push bool) {
	x := newBoard(t, simulator.Options{Pickup: 4 * time.Second}, push, "w0", "w1")
	_, sub := x.Subscribe()
	defer sub.Close()
	id, err := x.Ring(simulator.NewCall{From: "+491713920014", Users: []string{"w0"}})
	if err != nil {
		t.Fatal(err)
	}
	calls := x.callsAfter(time.Second)
	if push != (len(calls) == 1) || push && (calls[0].Phase != switchboard.Ringing || len(calls[0].UserNames) != 1 || calls[0].Approximate) {
		t.Fatalf("ringing: %+v", calls)
	}
	if err := x.Answer(id, "w0"); err != nil {
		t.Fatal(err)
	}
	calls = x.callsAfter(3 * time.Second)
	if len(calls) != 1 || calls[0].Phase != switchboard.Connected || calls[0].Remote.Number != "+491713920014" || calls[0].Approximate == push {
		t.Fatalf("answered: %+v", calls)
	}
	row := calls[0].ID
	do := func(by switchboard.MemberID, a switchboard.Action) {
		t.Helper()
		if err := x.Execute(t.Context(), switchboard.Command{By: by, Call: row, Action: a}); err != nil {
			t.Errorf("%s: %v", a.Verb(), err)
		}
	}
	do("w0", switchboard.Hold{On: true})
	do("w0", switchboard.Hold{On: false})
	do("w0", switchboard.Mute{On: true})
	do("w0", switchboard.Record{On: true, Announce: true})
	do("w0", switchboard.Tones{Digits: "1#"})
	if c := x.callsAfter(3 * time.Second)[0]; c.Hold.On || !c.Mute.On || !c.Recording.On {
		t.Errorf("after commands: %+v", c)
	}
	other := sipgate.Number(x.numberOf(t, "w1"))
	do("w0", switchboard.TransferTo{Transfer: sipgate.Transfer{To: other}})
	calls = x.callsAfter(3 * time.Second) // w1's telephone rings
	if len(calls) != 1 || calls[0].Phase != switchboard.Connected || string(calls[0].CallID) != id {
		t.Errorf("while the target rings: %+v", calls)
	}
	calls = x.callsAfter(6 * time.Second)
	if len(calls) != 1 || calls[0].ID != row || string(calls[0].CallID) == id || calls[0].Phase != switchboard.Connected ||
		calls[0].Remote.Number != "+491713920014" || len(calls[0].PreviousParties) != 1 || !slices.Equal(calls[0].VisibleTo, []switchboard.MemberID{"w1"}) {
		t.Fatalf("transferred: %+v", calls)
	}
	do("w1", switchboard.HangUp{})
	calls = x.callsAfter(3 * time.Second)
	if len(calls) != 1 || calls[0].Phase != switchboard.Ended || push && calls[0].Cause != "normalClearing" {
		t.Errorf("hung up: %+v", calls)
	}
	if calls = x.callsAfter(8 * time.Second); len(calls) != 0 {
		t.Errorf("at the end: %+v", calls)
	}
	want := []string{"PUT hold", "PUT hold", "PUT muted", "PUT recording", "POST dtmf", "POST transfer"}
	if got := x.commands(); len(got) != len(want)+1 || !slices.Equal(got[:len(want)], want) {
		t.Errorf("requests %v", got)
	}
}

// numberOf returns the user's own number.
func (x *simulatedOffice) numberOf(t *testing.T, user string) string {
	t.Helper()
	id, err := x.Ring(simulator.NewCall{Users: []string{user}})
	if err != nil {
		t.Fatal(err)
	}
	truth, err := x.Simulator.Call(id)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.HangUp(id, "cancel"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(12 * time.Second) // until its row is removed
	return truth.To
}

// TestOfficeWithFaults simulates an hour in an office while events are lost,
// repeated and reordered and requests fail: after each 10 s without faults,
// the board shows exactly the calls of sipgate.
func TestOfficeWithFaults(t *testing.T) {
	for _, visibility := range []string{simulator.VisibilityOwn, simulator.VisibilityAccount} {
		t.Run(visibility, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { testOfficeWithFaults(t, visibility) })
		})
	}
}

func testOfficeWithFaults(t *testing.T, visibility string) {
	x := newBoard(t, simulator.Options{Seed: 7, Visibility: visibility}, true, "w0", "w1", "w2")
	if err := x.Play(simulator.ScriptOffice); err != nil {
		t.Fatal(err)
	}
	_, sub := x.Subscribe()
	defer sub.Close()
	go func() {
		for range sub.Changes() {
		}
	}()
	for range 20 {
		for _, f := range []simulator.Fault{
			{On: simulator.OnPush, Do: simulator.DoDrop, Probability: 0.2},
			{On: simulator.OnPush, Do: simulator.DoDouble, Probability: 0.3},
			{On: simulator.OnPush, Do: simulator.DoReorder, Probability: 0.2},
			{On: simulator.OnAPI, Do: simulator.DoStatus, Status: 503, Probability: 0.2},
			{On: simulator.OnAPI, Do: simulator.DoMalformed, Probability: 0.1},
			{On: simulator.OnAPI, Do: simulator.DoDelay, Delay: simulator.Duration(time.Second), After: true, Probability: 0.2},
		} {
			if _, err := x.AddFault(f); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(3 * time.Minute)
		x.ClearFaults()
		time.Sleep(10 * time.Second)
		x.checkSettled(t)
	}
}

// checkSettled compares the board with sipgate once no call has started, was
// answered or ended within the last 10 s.
func (x *simulatedOffice) checkSettled(t *testing.T) {
	t.Helper()
	for range 100 {
		if x.changedWithin(10 * time.Second) {
			time.Sleep(time.Second)
			continue
		}
		synctest.Wait()
		truth, shown := map[string]bool{}, map[string]bool{}
		var calls []string // details for a failure
		for _, c := range x.Simulator.Calls() {
			if c.Phase == "established" && !c.Voicemail {
				truth[c.CallID] = true
				calls = append(calls, fmt.Sprintf("\nthere is %+v", c))
			}
		}
		for _, c := range x.Snapshot().Calls {
			calls = append(calls, fmt.Sprintf("\nshown is %+v", c))
			if c.Phase == switchboard.Connected && !slices.Equal(c.UserNames, []string{"voicemail"}) {
				shown[string(c.CallID)] = true
			}
		}
		if fmt.Sprint(truth) != fmt.Sprint(shown) {
			t.Errorf("sipgate has %v, board shows %v%v", truth, shown, calls)
		}
		return
	}
	t.Error("calls never settled")
}

func (x *simulatedOffice) changedWithin(within time.Duration) bool {
	for _, c := range x.Simulator.Calls() {
		for _, at := range []time.Time{c.Began, c.Answered, c.Ended} {
			if time.Since(at) < within {
				return true
			}
		}
	}
	return false
}
