package relay

import (
	"compress/gzip"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/team"
	"callboard/sipgate/webhook"
)

var key = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// event returns an event of a call as sipgate sends it.
func event(t testing.TB, kind, direction, call string) webhook.Delivery {
	t.Helper()
	body := fmt.Sprintf("event=%s&direction=%s&from=4930555001&to=4921193700&callId=%s&user%%5B%%5D=&xcid=1", kind, direction, call)
	sum := sha256.Sum256([]byte(body))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key(), crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	text := base64.StdEncoding.EncodeToString(signature)
	return webhook.Delivery{RequestID: "r1", Account: "1111111", Signatures: []string{text}, Body: []byte(body), From: "217.116.118.254", Header: map[string][]string{
		"Content-Type": {"application/x-www-form-urlencoded; charset=UTF-8"}, "User-Agent": {"sipgate.io"}, "Accept": {"application/xml, text/plain, text/html"},
		"Accept-Encoding": {"gzip,deflate"}, sipgate.SignatureHeader: {text}, "X-Sipgate-Jobs": {"http://www.sipgate.de/jobs"},
		"Connection": {"close"}, "Content-Length": {"1"}, "X-Forwarded-For": {"10.0.0.1"}, "X-Forwarded-Proto": {"https"}, "X-Real-Ip": {"10.0.0.1"},
	}}
}

// A program is a receiver of push events.
type program struct {
	*httptest.Server
	mu    sync.Mutex
	came  []string // paths and events
	last  *http.Request
	reply http.HandlerFunc
}

func newProgram(t *testing.T, reply http.HandlerFunc) *program {
	p := &program{reply: reply}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || sipgate.VerifyPush(&key().PublicKey, body, r.Header.Get(sipgate.SignatureHeader)) != nil {
			t.Errorf("the signature of %q is wrong: %v", body, err)
		}
		e, _ := sipgate.ParseEvent(body)
		p.mu.Lock()
		p.came, p.last = append(p.came, r.URL.Path+" "+string(e.Kind)+" "+string(e.CallID)), r.Clone(context.Background())
		p.mu.Unlock()
		p.reply(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *program) events() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.came)
}

func xmlReply(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		io.WriteString(w, text)
	}
}

// newRelay returns a relay to programs, and a function that passes an event on.
func newRelay(t *testing.T, to team.Relay, o Options) (r *Relay, pass func(webhook.Delivery) []byte) {
	t.Helper()
	o.Of, o.Ours, o.Self = func(string) team.Relay { return to }, func(string) string { return "https://board.example/push/secret" }, "board.example"
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Forward == nil {
		f := sipgate.NewPushForwarder(true)
		t.Cleanup(f.CloseIdleConnections)
		o.Forward = f.Forward
	}
	r = New(o)
	t.Cleanup(r.Close)
	return r, func(d webhook.Delivery) []byte {
		e, _ := sipgate.ParseEvent(d.Body)
		return r.Pass(d, e)
	}
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for range 1000 {
		if f() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("not in time: " + what)
}

// Another program gets what sipgate sent, byte for byte, with all that sipgate says
// in the header, and sees from where it came.
func TestEventsArriveAsSipgateSentThem(t *testing.T) {
	crm := newProgram(t, xmlReply("<Response/>"))
	r, pass := newRelay(t, team.Relay{Addresses: []team.RelayAddress{{URL: crm.URL + "/hook?x=1", Incoming: true, Outgoing: true}}}, Options{})
	sent := event(t, "newCall", "in", "AA01")
	if reply := pass(sent); reply != nil {
		t.Errorf("sipgate waits: %q", reply)
	}
	eventually(t, "the event", func() bool { return slices.Equal(crm.events(), []string{"/hook newCall AA01"}) })
	want := http.Header{}
	for _, name := range []string{"Content-Type", "User-Agent", "Accept", "Accept-Encoding", sipgate.SignatureHeader, "X-Sipgate-Jobs"} {
		want[name] = sent.Header[name]
	}
	want.Set("X-Forwarded-For", "217.116.118.254")
	want.Set("Callboard-Relay", "board.example")
	want.Set("Content-Length", fmt.Sprint(len(sent.Body)))
	if !maps.EqualFunc(crm.last.Header, want, slices.Equal) || crm.last.Method != "POST" || crm.last.URL.RawQuery != "x=1" {
		t.Errorf("%s %s %v, want %v", crm.last.Method, crm.last.URL, crm.last.Header, want)
	}
	eventually(t, "health", func() bool {
		h := r.Health("1111111", crm.URL+"/hook?x=1")
		return h.Delivered == 1 && h.Failed == 0 && h.Status == 200 && h.Fault == "" && !h.At.IsZero()
	})

	round := event(t, "newCall", "in", "AA02")
	round.Header["Callboard-Relay"] = []string{"other.example,board.example"}
	pass(round)
	unknown := event(t, "somethingNew", "in", "AA03")
	r.Pass(unknown, sipgate.Event{})
	eventually(t, "an event of a kind that we do not know", func() bool { return len(crm.events()) == 2 })
	if got := crm.events(); strings.Contains(strings.Join(got, ","), "AA02") {
		t.Errorf("an event that came from us goes round in circles: %q", got)
	}
}

// Each program gets the further events of a call at the address that it named, if it
// wants them, as sipgate does; and only those of calls in its direction.
func TestFurtherEventsGoWhereTheyAreWanted(t *testing.T) {
	var base string
	names := newProgram(t, func(w http.ResponseWriter, r *http.Request) {
		xmlReply(`<Response onAnswer="`+base+`/answered" onHangup="`+base+`/over"/>`)(w, r)
	})
	base = names.URL
	silent := newProgram(t, xmlReply("<Response/>"))
	plain := newProgram(t, func(http.ResponseWriter, *http.Request) {})
	gzipped := newProgram(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		io.WriteString(z, `<Response onHangup="`+base+`/zipped"/>`)
	})
	to := team.Relay{Addresses: []team.RelayAddress{{URL: names.URL + "/in", Incoming: true, Replaced: true}, {URL: names.URL + "/out", Outgoing: true, Replaced: true}}}
	for _, p := range []*program{silent, plain, gzipped} {
		to.Addresses = append(to.Addresses, team.RelayAddress{URL: p.URL + "/", Incoming: true, Outgoing: true})
	}
	_, pass := newRelay(t, to, Options{})
	for _, direction := range []string{"in", "out"} {
		call := map[string]string{"in": "AA01", "out": "AA02"}[direction]
		for _, kind := range []string{"newCall", "answer", "hangup"} {
			pass(event(t, kind, direction, call))
		}
	}
	sorted := func(p *program) string { return strings.Join(slices.Sorted(slices.Values(p.events())), ", ") }
	for p, want := range map[*program]string{
		names: "/answered answer AA01, /answered answer AA02, /in newCall AA01, /out newCall AA02, /over hangup AA01, /over hangup AA02, /zipped hangup AA01, /zipped hangup AA02",
		// What a program replies that is no reply leaves open what it wants.
		silent: "/ newCall AA01, / newCall AA02", plain: "/ answer AA01, / answer AA02, / hangup AA01, / hangup AA02, / newCall AA01, / newCall AA02",
		gzipped: "/ newCall AA01, / newCall AA02",
	} {
		eventually(t, want, func() bool { return sorted(p) == want })
	}
	order := slices.DeleteFunc(names.events(), func(e string) bool { return !strings.HasSuffix(e, "AA01") || strings.HasPrefix(e, "/zipped") })
	if want := []string{"/in newCall AA01", "/answered answer AA01", "/over hangup AA01"}; !slices.Equal(order, want) {
		t.Errorf("order %q", order)
	}
}

// The program that was there before us decides about a call, if it is asked and
// replies in time. sipgate sends the call's further events to us in any case.
func TestAnotherProgramDecides(t *testing.T) {
	for name, test := range map[string]struct {
		reply http.HandlerFunc
		want  string
	}{
		"a decision": {xmlReply(`<Response onAnswer="https://crm.example/a"><Reject reason="busy"/></Response>`),
			`<Response onAnswer="https://board.example/push/secret" onHangup="https://board.example/push/secret"><Reject reason="busy"/></Response>`},
		"no XML":        {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<Response><Hangup/></Response>") }, ""},
		"broken XML":    {xmlReply("<Response><Hangup></Response>"), ""},
		"an error":      {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500); xmlReply("<Response/>")(w, r) }, ""},
		"a redirect":    {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, ""},
		"cut off":       {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ""},
		"much too long": {xmlReply("<Response>" + strings.Repeat(" ", 64<<10) + "</Response>"), ""},
	} {
		crm := newProgram(t, test.reply)
		other := newProgram(t, xmlReply("<Response><Hangup/></Response>"))
		to := team.Relay{Answers: true, Addresses: []team.RelayAddress{{URL: crm.URL + "/", Incoming: true, Outgoing: true, Replaced: true}, {URL: other.URL + "/", Incoming: true, Outgoing: true}}}
		_, pass := newRelay(t, to, Options{})
		if got := string(pass(event(t, "newCall", "in", "AA01"))); got != test.want {
			t.Errorf("%s: sipgate gets %q, want %q", name, got, test.want)
		}
		if got := pass(event(t, "answer", "in", "AA01")); got != nil {
			t.Errorf("%s: reply to an answer: %q", name, got)
		}
		eventually(t, "the other program", func() bool { return slices.Contains(other.events(), "/ newCall AA01") })
		if n := len(crm.events()); n < 1 || n > 2 {
			t.Errorf("%s: it got %q", name, crm.events())
		}
	}
}

// A program that does not reply keeps sipgate waiting for 1.5 s; after three times in
// a row, for half a minute not at all. Without being asked it never does.
func TestSlowProgramsDoNotKeepSipgateWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(ctx context.Context, _ string, _, _ map[string][]string, _ []byte) (int, []byte, error) {
			<-ctx.Done()
			return 0, nil, ctx.Err()
		}
		to := team.Relay{Answers: true, Addresses: []team.RelayAddress{{URL: "https://crm.example/", Incoming: true, Outgoing: true, Replaced: true}}}
		r, pass := newRelay(t, to, Options{Forward: slow})
		defer r.Close()
		waited := func(kind string, n int) time.Duration {
			before := time.Now()
			if reply := pass(event(t, kind, "in", fmt.Sprintf("AA%02d", n))); reply != nil {
				t.Errorf("reply %q", reply)
			}
			return time.Since(before)
		}
		for n, want := range []time.Duration{replyWithin, replyWithin, replyWithin, 0, 0} {
			if got := waited("newCall", n); got != want {
				t.Errorf("call %d waited %v, want %v", n, got, want)
			}
			time.Sleep(5 * time.Second)
		}
		time.Sleep(restFor)
		if got := waited("newCall", 6); got != replyWithin {
			t.Errorf("after a rest: %v", got)
		}
		if got := waited("hangup", 6); got != 0 {
			t.Errorf("another event waited %v", got)
		}
		time.Sleep(time.Minute)
		if h := r.Health("1111111", "https://crm.example/"); h.Failed != 7 || h.Delivered != 0 || h.Fault != "slow" || h.Status != 0 {
			t.Errorf("%+v", h)
		}
	})
}

// What waits for a dead program is bounded; others do not notice.
func TestDeadProgramsFillNoMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reached int
		both := func(ctx context.Context, address string, _, _ map[string][]string, _ []byte) (int, []byte, error) {
			if address == "https://dead.example/" {
				<-ctx.Done()
				return 0, nil, ctx.Err()
			}
			reached++
			return 204, nil, nil
		}
		to := team.Relay{Addresses: []team.RelayAddress{{URL: "https://dead.example/", Incoming: true, Outgoing: true}, {URL: "https://crm.example/", Incoming: true, Outgoing: true}}}
		r, pass := newRelay(t, to, Options{Forward: both})
		defer r.Close()
		const events = 900
		d := event(t, "newCall", "in", "AA01")
		for n := range events {
			d.Body = fmt.Appendf(nil, "event=newCall&callId=AA%04X&direction=in", n)
			pass(d)
			synctest.Wait()
		}
		if h := r.Health(d.Account, "https://dead.example/"); h.Failed < events-lanes*(maxWaiting+1) || h.Fault != "dropped" {
			t.Errorf("the dead one: %+v", h)
		}
		if h := r.Health(d.Account, "https://crm.example/"); h.Delivered != events || reached != events {
			t.Errorf("the other one: %+v, %d", h, reached)
		}
		time.Sleep(lanes * maxWaiting * deliverWithin)
		if h := r.Health(d.Account, "https://dead.example/"); h.Failed != events || h.Fault != "slow" {
			t.Errorf("at the end: %+v", h)
		}
	})
}

func TestNothingIsPassedOnAfterClose(t *testing.T) {
	crm := newProgram(t, xmlReply("<Response/>"))
	for _, answers := range []bool{false, true} {
		r, pass := newRelay(t, team.Relay{Answers: answers, Addresses: []team.RelayAddress{{URL: crm.URL, Incoming: true, Replaced: true}}}, Options{})
		r.Close()
		if reply := pass(event(t, "newCall", "in", "AA01")); reply != nil || len(crm.events()) > 0 {
			t.Errorf("%q, %q", reply, crm.events())
		}
	}
}

// Whatever name leads there, a private address is not reached, unless the rules of
// the instance allow that. The log names the host, not the address, which may be secret.
func TestPrivateNetworksAreNotReached(t *testing.T) {
	crm := newProgram(t, xmlReply("<Response/>"))
	var log strings.Builder
	f := sipgate.NewPushForwarder(false)
	t.Cleanup(f.CloseIdleConnections)
	address := strings.Replace(crm.URL, "127.0.0.1", "localhost", 1) + "/very-secret"
	r, pass := newRelay(t, team.Relay{Addresses: []team.RelayAddress{{URL: address, Incoming: true}}}, Options{Forward: f.Forward, Log: slog.New(slog.NewTextHandler(&log, nil))})
	pass(event(t, "newCall", "in", "AA01"))
	eventually(t, "the failure", func() bool { return r.Health("1111111", address).Fault == "private" })
	r.Close()
	if len(crm.events()) > 0 || strings.Contains(log.String(), "very-secret") || !strings.Contains(log.String(), "not passed on") {
		t.Errorf("%q, log %s", crm.events(), log.String())
	}
}

func TestFaultsHaveNames(t *testing.T) {
	for err, want := range map[error]string{nil: "", errDropped: "dropped", fmt.Errorf("dial: %w", sipgate.ErrPrivateNetwork): "private",
		context.DeadlineExceeded: "slow", errors.New("connection refused"): "unreachable"} {
		if got := faultOf(err); got != want {
			t.Errorf("%v is %q, want %q", err, got, want)
		}
	}
}
