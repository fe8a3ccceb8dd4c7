package simulator

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// receiver receives push events, verifies their signatures and records them.
type receiver struct {
	t     *testing.T
	key   *rsa.PublicKey
	url   string
	reply func(form url.Values) (contentType, body string)

	mu    sync.Mutex
	got   []*http.Request
	forms []url.Values
	raw   []string
	came  chan struct{}
}

func newReceiver(r *rig) *receiver {
	block, _ := pem.Decode(r.sim.PushKey())
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		r.t.Fatal(err)
	}
	v := &receiver{t: r.t, key: key.(*rsa.PublicKey), came: make(chan struct{}, 1000)}
	v.reply = func(url.Values) (string, string) {
		return "application/xml; charset=utf-8", `<?xml version="1.0" encoding="UTF-8"?><Response onAnswer="` + v.url + `/answer" onHangup="` + v.url + `/hangup" />`
	}
	server := httptest.NewServer(v)
	v.url = server.URL
	r.t.Cleanup(server.Close)
	body := `{"incomingUrl":"` + v.url + `/in","outgoingUrl":"` + v.url + `/out","log":true,"whitelist":[]}`
	r.want(204, "PUT", "/v2/settings/sipgateio", body)
	return v
}

func (v *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	sig, _ := base64.StdEncoding.DecodeString(r.Header.Get("X-Sipgate-Signature"))
	sum := sha256.Sum256(body)
	if err := rsa.VerifyPKCS1v15(v.key, crypto.SHA256, sum[:], sig); err != nil {
		v.t.Errorf("signature of %s: %v", body, err)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		v.t.Errorf("%s: %v", body, err)
	}
	v.mu.Lock()
	v.got, v.forms, v.raw = append(v.got, r), append(v.forms, form), append(v.raw, string(body))
	v.mu.Unlock()
	contentType, reply := v.reply(form)
	w.Header().Set("Content-Type", contentType)
	io.WriteString(w, reply)
	v.came <- struct{}{}
}

// sequence waits for n push events and returns them as "path event callId".
func (v *receiver) sequence(n int, names map[string]string) string {
	v.t.Helper()
	for range n {
		select {
		case <-v.came:
		case <-time.After(5 * time.Second):
			v.t.Error("missing push event")
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	var list []string
	for i, f := range v.forms {
		name := names[f.Get("callId")]
		if f.Get("event") == "hangup" {
			name += ":" + f.Get("cause")
		}
		list = append(list, v.got[i].URL.Path+" "+f.Get("event")+" "+name)
	}
	return strings.Join(list, ", ")
}

func (r *rig) pushes(v *receiver, want string, names map[string]string) {
	r.t.Helper()
	if got := v.sequence(strings.Count(want, ",")+1, names); got != want {
		r.t.Errorf("pushes\n%s\nwant\n%s", got, want)
	}
}

func TestPushBodiesAndHeaders(t *testing.T) {
	r := open(t, Options{})
	v := newReceiver(r)
	id := r.ring(NewCall{From: "+491776249000", To: "+492214710100"}) // a group call
	r.sim.Answer(id, "w1")
	r.sim.HangUp(id, "")
	r.pushes(v, "/in newCall A, /answer answer A, /hangup hangup A:normalClearing", map[string]string{id: "A"})
	xcid := r.call(id).XCID
	if !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(xcid) {
		t.Errorf("xcid %q", xcid)
	}
	for i, want := range []string{
		"event=newCall&direction=in&from=491776249000&to=492214710100&callId=" + id + "&origCallId=" + id +
			"&user%5B%5D=Anna+Bergmann&user%5B%5D=Jonas+Keller&user%5B%5D=Mira+Hoffmann&userId%5B%5D=w0&userId%5B%5D=w1&userId%5B%5D=w2" +
			"&fullUserId%5B%5D=2814711w0&fullUserId%5B%5D=2814711w1&fullUserId%5B%5D=2814711w2&xcid=" + xcid,
		"event=answer&callId=" + id + "&user=Jonas+Keller&userId=w1&fullUserId=2814711w1&from=491776249000&to=492214710100" +
			"&direction=in&answeringNumber=492214710111&origCallId=" + id + "&xcid=" + xcid,
		"event=hangup&cause=normalClearing&callId=" + id + "&from=491776249000&to=492214710100&direction=in" +
			"&answeringNumber=492214710111&origCallId=" + id + "&xcid=" + xcid,
	} {
		if v.raw[i] != want {
			t.Errorf("body\n%s\nwant\n%s", v.raw[i], want)
		}
	}
	for name, want := range map[string]string{
		"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8", "User-Agent": "sipgate.io",
		"Accept": "application/xml, text/plain, text/html", "Accept-Charset": "utf-8", "Accept-Encoding": "gzip,deflate",
		"X-Sipgate-Jobs": "http://www.sipgate.de/jobs",
	} {
		if got := v.got[0].Header.Get(name); got != want || v.got[0].Method != "POST" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Push events have the documented sequences.
func TestPushSequences(t *testing.T) {
	for name, test := range map[string]struct {
		play func(r *rig, name func(id, letter string))
		want string
	}{
		"missed": {func(r *rig, name func(id, letter string)) {
			id := r.ring(NewCall{})
			name(id, "A")
			r.sim.HangUp(id, "")
		}, "/in newCall A, /hangup hangup A:cancel"},
		"outgoing, busy": {func(r *rig, name func(id, letter string)) {
			id := r.ring(NewCall{Direction: "out"})
			name(id, "A")
			r.sim.HangUp(id, "busy")
		}, "/out newCall A, /hangup hangup A:busy"},
		"transfer": {func(r *rig, name func(id, letter string)) {
			id := r.talk()
			name(id, "A")
			r.want(204, "POST", "/v2/calls/"+id+"/transfer", `{"attended":false,"phoneNumber":"+492214710111"}`)
			name(r.call(id).Successor, "B")
			r.sim.Answer(r.call(id).Successor, "")
		}, "/in newCall A, /answer answer A, /in newCall B, /answer answer B, /hangup hangup A:normalClearing"},
		"transfer not picked up": {func(r *rig, name func(id, letter string)) {
			id := r.talk()
			name(id, "A")
			r.want(204, "POST", "/v2/calls/"+id+"/transfer", `{"attended":false,"phoneNumber":"+492214710111"}`)
			name(r.call(id).Successor, "B")
			r.sim.HangUp(r.call(id).Successor, noAnswer)
		}, "/in newCall A, /answer answer A, /in newCall B, /hangup hangup B:noAnswer"},
		"voicemail": {func(r *rig, name func(id, letter string)) {
			id := r.ring(NewCall{})
			name(id, "A")
			next, _ := r.sim.Forward(id, "voicemail")
			name(next, "B")
		}, "/in newCall A, /hangup hangup A:forwarded, /in newCall B, /answer answer B"},
		"started by the API": {func(r *rig, name func(id, letter string)) {
			var session struct{ SessionID string }
			decode(r.t, r.want(200, "POST", "/v2/sessions/calls", `{"caller":"e0","callee":"+4915799912345"}`), &session)
			name(session.SessionID, "A")
			name(r.call(session.SessionID).DeviceCall, "D")
			r.sim.Answer(session.SessionID, "w0")
			r.sim.Answer(session.SessionID, "")
			r.want(204, "DELETE", "/v2/calls/"+session.SessionID, "")
		}, "/out newCall A, /in newCall D, /answer answer D, /answer answer A, /hangup hangup D:normalClearing, /hangup hangup A:normalClearing"},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, Options{})
			v := newReceiver(r)
			names := map[string]string{}
			test.play(r, func(id, letter string) { names[id] = letter })
			r.pushes(v, test.want, names)
			first := v.forms[0]
			for _, f := range v.forms {
				if f.Get("origCallId") != first.Get("callId") || f.Get("xcid") != first.Get("xcid") {
					t.Errorf("another call group: %v", f)
				}
				if letter := names[f.Get("callId")]; letter == "B" && f.Get("diversion") != "492214710110" {
					t.Errorf("diversion of %v", f)
				}
			}
		})
	}
}

func TestPushWithoutUser(t *testing.T) {
	c := &call{account: makeAccounts(Size{})[0], id: "A", origID: "A", from: "anonymous", to: "+492214710100"}
	body := string(newCallEvent(c, "A", in, c.from, c.to).body)
	if !strings.Contains(body, "from=anonymous") || !strings.Contains(body, "&user%5B%5D=&xcid") || strings.Contains(body, "serId") {
		t.Error(body)
	}
}

func TestAnswerAndHangupNeedURLsInReply(t *testing.T) {
	for name, reply := range map[string][2]string{
		"nothing":      {"application/xml", ""},
		"neutral":      {"application/xml", "<Response/>"},
		"plain text":   {"text/plain", `<Response onAnswer="%s/answer" onHangup="%s/hangup"/>`},
		"text/xml":     {"text/xml", `<Response onAnswer="%s/answer" onHangup="%s/hangup"/>`},
		"broken":       {"application/xml", `<Response onAnswer="%s/answer"`},
		"other root":   {"application/xml", `<Reply onAnswer="%s/answer"/>`},
		"two actions":  {"application/xml", `<Response onAnswer="%s/answer"><Reject/><Hangup/></Response>`},
		"odd action":   {"application/xml", `<Response onAnswer="%s/answer"><Sing/></Response>`},
		"relative URL": {"application/xml", `<Response onAnswer="/answer"/>`},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, Options{})
			v := newReceiver(r)
			v.reply = func(url.Values) (string, string) { return reply[0], strings.ReplaceAll(reply[1], "%s", v.url) }
			a := r.ring(NewCall{State: "established"})
			r.sim.HangUp(a, "")
			r.drain()
			if got := v.sequence(1, map[string]string{a: "A"}); got != "/in newCall A" {
				t.Error(got)
			}
			hooks := get[struct{ Items []webhookLogEntry }](r, "/v2/log/webhooks").Items
			if len(hooks) != 1 || hooks[0].Status != "200" || !strings.HasPrefix(hooks[0].Request, "event=newCall&") {
				t.Errorf("%+v", hooks)
			}
			if bad := name != "nothing" && name != "neutral"; (hooks[0].XMLError != "") != bad {
				t.Errorf("xmlError %q", hooks[0].XMLError)
			}
		})
	}
}

// drain waits until all push events have been delivered.
func (r *rig) drain() {
	for {
		r.sim.dispatcher.mu.Lock()
		n := len(r.sim.dispatcher.queues)
		r.sim.dispatcher.mu.Unlock()
		if n == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func TestWhitelist(t *testing.T) {
	r := open(t, Options{})
	v := newReceiver(r)
	r.want(204, "PUT", "/v2/settings/sipgateio", `{"incomingUrl":"`+v.url+`/in","outgoingUrl":"","whitelist":["p1"]}`)
	r.ring(NewCall{Users: []string{"w0"}})
	r.ring(NewCall{Direction: "out", Users: []string{"w1"}})
	id := r.ring(NewCall{Users: []string{"w1"}})
	r.drain()
	if got := v.sequence(1, map[string]string{id: "A"}); got != "/in newCall A" {
		t.Error(got)
	}
	if get[pushSettings](r, "/v2/settings/sipgateio").Whitelist[0] != "p1" {
		t.Error("settings are not kept")
	}
	for _, bad := range []string{
		`{"incomingUrl":"ftp://x/","outgoingUrl":""}`, `{"incomingUrl":"x","outgoingUrl":""}`,
		`{"incomingUrl":"","outgoingUrl":"","whitelist":["q"]}`, `{"incomingUrl":""}`,
	} {
		r.want(400, "PUT", "/v2/settings/sipgateio", bad)
	}
}

// pipe is a transport that calls a handler directly.
type pipe struct{ handler http.Handler }

func (p pipe) RoundTrip(req *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	served := make(chan struct{})
	go func() {
		defer close(served)
		p.handler.ServeHTTP(w, req)
	}()
	select {
	case <-served:
		return w.Result(), nil
	case <-req.Context().Done():
		<-served
		return nil, req.Context().Err()
	}
}

// A receiver that does not respond delays neither the API nor the events of
// other calls, and its delivery fails after 10 s.
func TestSilentReceiverDelaysNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		times := map[string]time.Duration{}
		start := time.Now()
		silent := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			form, _ := url.ParseQuery(string(body))
			if form.Get("from") == "491713920014" {
				<-r.Context().Done()
			}
			mu.Lock()
			defer mu.Unlock()
			times[form.Get("from")] = time.Since(start)
		})
		s := New(Options{Push: &http.Client{Transport: pipe{silent}}})
		defer s.Close()
		s.accounts[0].push.IncomingURL = "http://receiver.invalid/"
		for _, from := range []string{"+491713920014", "+491713920027"} {
			id, err := s.Ring(NewCall{From: from, State: "established"})
			if err != nil {
				t.Fatal(err)
			}
			s.HangUp(id, "")
		}
		if time.Since(start) != 0 {
			t.Error("the API waited")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if want := "map[491713920014:10s 491713920027:0s]"; fmt.Sprint(times) != want {
			t.Errorf("%v, want %v", times, want)
		}
	})
}
