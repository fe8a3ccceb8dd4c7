package acceptance

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"callboard/handlers/acceptance/harness"
	"callboard/sipgate"
)

// A phoneProgram is another program that took sipgate's events before Callboard. It
// believes only what sipgate has signed.
type phoneProgram struct {
	*httptest.Server
	mu     sync.Mutex
	events []string
	reply  string // "" for an empty answer
}

func newPhoneProgram(t *testing.T, s *harness.Stack) *phoneProgram {
	t.Helper()
	text, err := os.ReadFile(s.Args[slices.Index(s.Args, "-push-key-file")+1])
	if err != nil {
		t.Fatal(err)
	}
	key, err := sipgate.ParsePushKey(text)
	if err != nil {
		t.Fatal(err)
	}
	p := &phoneProgram{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || sipgate.VerifyPush(key, body, r.Header.Get(sipgate.SignatureHeader)) != nil {
			t.Errorf("not what sipgate signed: %q", body)
		}
		if ua, media := r.UserAgent(), r.Header.Get("Content-Type"); ua != "sipgate.io" || !strings.HasPrefix(media, "application/x-www-form-urlencoded") {
			t.Errorf("from %q, a %q", ua, media)
		}
		e, err := sipgate.ParseEvent(body)
		if err != nil {
			t.Error(err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.events = append(p.events, r.URL.Path+" "+string(e.Kind))
		if p.reply != "" {
			w.Header().Set("Content-Type", "application/xml")
			io.WriteString(w, strings.ReplaceAll(p.reply, "URL", p.URL))
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// got takes the events that have come.
func (p *phoneProgram) got() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.events, ", ")
}

func (p *phoneProgram) replies(reply string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reply, p.events = reply, nil
}

// replyAt returns what sipgate understood of the last reply that it got.
func replyAt(s *harness.Stack) (last struct {
	Body, OnAnswer, OnHangup, Error string
	Action                          *struct{ Name string }
}) {
	var all []struct {
		Body, OnAnswer, OnHangup, Error string
		Action                          *struct{ Name string }
	}
	s.Control("GET", "push-replies", nil, &all)
	if len(all) > 0 {
		last = all[len(all)-1]
	}
	return last
}

// A program at whose address Callboard is set up gets all events of a call from then
// on, as sipgate signed them; so does the board. If the team wants, its answer decides
// about calls. Removed webhooks lead sipgate to the program again.
func TestAnotherProgramGetsTheEventsToo(t *testing.T) {
	s := harness.New(t)
	s.Stop()
	s.Start("--relay-private")
	crm, anna := newPhoneProgram(t, s), s.SignIn(t, 0)
	s.API("w0", "PUT", "settings/sipgateio", map[string]any{"incomingUrl": crm.URL + "/in", "outgoingUrl": crm.URL + "/in", "log": false, "whitelist": nil})
	anna.Submit("/status", "/status/webhooks", "do=set")
	ours := s.PushAddress(s.AccountID())

	crm.replies(`<Response onAnswer="URL/answered" onHangup="URL/over"/>`)
	call := s.Ring("+4930555001", "w0", "ringing")
	s.Eventually("a row", func() bool { return strings.Contains(anna.Page("/"), "555001") })
	s.Eventually("the first event", func() bool { return crm.got() == "/in newCall" })
	if r := replyAt(s); r.OnAnswer != ours || r.OnHangup != ours || r.Error != "" {
		t.Errorf("sipgate got %+v", r)
	}
	s.Control("POST", "calls/"+call+"/answer", map[string]any{}, nil)
	s.Eventually("the answer", func() bool { return crm.got() == "/in newCall, /answered answer" })
	s.HangUp(call)
	s.Eventually("all", func() bool { return crm.got() == "/in newCall, /answered answer, /over hangup" })

	// Until an admin turns it on, the program's answer decides nothing.
	crm.replies(`<Response><Reject reason="busy"/></Response>`)
	s.Ring("+4930555002", "w0", "ringing")
	s.Eventually("the event", func() bool { return crm.got() == "/in newCall" })
	if r := replyAt(s); r.Action != nil || r.OnAnswer != ours {
		t.Errorf("sipgate got %+v", r)
	}
	anna.Submit("/relay", "/relay/answers", "on=true")
	crm.replies(`<Response onHangup="URL/over"><Reject reason="busy"/></Response>`)
	s.Ring("+4930555003", "w0", "ringing")
	s.Eventually("the decision", func() bool { r := replyAt(s); return r.Action != nil && r.OnAnswer == ours && r.OnHangup == ours })
	if _, page := anna.Get("/relay"); !strings.Contains(page, "127.0.0.1") || strings.Count(page, "data-tone=\"good\"") != 1 {
		t.Errorf("the page: %.3000s", page)
	}

	anna.Submit("/status", "/status/webhooks", "do=remove")
	crm.replies("")
	s.Ring("+4930555004", "w0", "ringing")
	s.Eventually("the event comes from sipgate itself", func() bool { return crm.got() == "/in newCall" })
	if _, page := anna.Get("/relay"); strings.Contains(page, "127.0.0.1") {
		t.Error("the program is still in the list")
	}
}

// Without the server's consent, admins cannot make it send requests into its network.
func TestAdminsDoNotReachPrivateNetworks(t *testing.T) {
	s := harness.New(t)
	crm, anna := newPhoneProgram(t, s), s.SignIn(t, 0)
	for address, want := range map[string]string{crm.URL: "relay_https", "https://127.0.0.1/": "relay_private", "https://[fe80::1]/": "relay_private", "https://localhost:8443/x": "relay_private"} {
		if status, code, _ := anna.Command("/relay", fmt.Sprintf(`{"url":%q,%s}`, address, harness.ActionID())); status < 400 || code != want {
			t.Errorf("%s: %d %s", address, status, code)
		}
	}
	s.API("w0", "PUT", "settings/sipgateio", map[string]any{"incomingUrl": crm.URL, "outgoingUrl": crm.URL, "log": false, "whitelist": nil})
	anna.Submit("/status", "/status/webhooks", "do=set")
	if _, page := anna.Get("/relay"); strings.Contains(page, "127.0.0.1") {
		t.Errorf("a private address was taken over: %s", page)
	}
}

// BenchmarkPushWhileAProgramIsDead sends 200 events a second, as sipgate does, while
// another program does not answer, and reports how long sipgate waits.
//
//	go test ./handlers/acceptance -run '^$' -bench PushWhile -benchtime 2000x
func BenchmarkPushWhileAProgramIsDead(b *testing.B) {
	for _, dead := range []bool{false, true} {
		b.Run(map[bool]string{false: "without", true: "dead"}[dead], func(b *testing.B) {
			p := newSender(b)
			p.s.Stop()
			p.s.Start("--relay-private")
			anna := p.s.SignIn(b, 0)
			p.address = p.s.PushAddress(p.account)
			if dead {
				hang := make(chan struct{})
				silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
				b.Cleanup(func() { close(hang); silent.Close() })
				anna.Submit("/relay", "/relay", "url="+silent.URL)
			}
			var took []time.Duration
			n := 0
			ticker := time.NewTicker(time.Second / 200)
			defer ticker.Stop()
			for b.Loop() {
				<-ticker.C
				n++
				req := p.request(fmt.Sprintf("event=newCall&direction=in&from=4930%07d&to=4921193700&callId=AB%08X&user%%5B%%5D=Anna&fullUserId%%5B%%5D=%sw0", n, n, p.account))
				began := time.Now()
				resp, err := http.DefaultClient.Do(req)
				took = append(took, time.Since(began))
				if err != nil || resp.StatusCode != 200 && resp.StatusCode != 429 {
					b.Fatal(resp, err)
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}
