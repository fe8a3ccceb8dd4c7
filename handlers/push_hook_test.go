package handlers

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/sipgate/webhook"
	"callboard/web"
)

// The account of the tests, and another customer's.
const (
	ours   = "1111111"
	theirs = "9999999"
)

var sipgateKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// signed returns the signature of a body. It signs each body once: signing is
// the slowest part of these tests.
func signed(t testing.TB, body string) string {
	t.Helper()
	if s, ok := signatures.Load(body); ok {
		return s.(string)
	}
	sum := sha256.Sum256([]byte(body))
	sig, err := rsa.SignPKCS1v15(rand.Reader, sipgateKey(), crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	text := base64.StdEncoding.EncodeToString(sig)
	signatures.Store(body, text)
	return text
}

var signatures sync.Map

// emptyReply is the reply that subscribes to nothing.
var emptyReply = sipgate.PushReply("")

// A hook is the dashboard between HTTP requests and the board, without network
// and database.
type hook struct {
	t      testing.TB
	h      *handlers
	app    http.Handler
	boards *switchboard.Boards
	checks atomic.Int32 // signatures verified
	clock  time.Time    // stands still unless moved
	log    strings.Builder
}

func newHook(t testing.TB) *hook {
	t.Helper()
	k := &hook{t: t, clock: time.Now()}
	log := slog.New(slog.NewJSONHandler(&k.log, nil))
	public := &url.URL{Scheme: "https", Host: "calls.example"}
	boards := switchboard.NewBoards(func(string) *switchboard.Board { return switchboard.New(switchboard.Options{}) })
	t.Cleanup(boards.Close)
	control := callcontrol.New(callcontrol.Options{Log: log, Boards: boards, Stores: &team.Stores{Members: new(team.Members)}})
	t.Cleanup(control.Close)
	k.h = newHandlers(Deps{Log: log, PublicURL: public, LoginURL: public, OAuth: &sipgate.OAuth{}, Control: control,
		Sessions: web.NewSessions[SignIn](nil, web.SessionOptions{}), Login: &web.Login{}, Key: team.Key{1}})
	k.boards, k.app = boards, k.h.guarded()
	options := k.options()
	options.Now = func() time.Time { return k.clock }
	options.Verify = func(key *rsa.PublicKey, body []byte, signature string) error {
		k.checks.Add(1)
		return sipgate.VerifyPush(key, body, signature)
	}
	k.h.Receiver = webhook.New(options)
	return k
}

// options returns those of a receiver that hands events to the boards.
func (k *hook) options() webhook.Options {
	return webhook.Options{Key: &sipgateKey().PublicKey, Log: k.h.Log,
		Address: func(account string) string { return PushURL(k.h.PublicURL, k.h.Key, account) },
		Observe: func(account string, e sipgate.Event) { k.boards.Board(account).Observe(e) }}
}

// post sends an event as sipgate does, except for what change changes.
func (k *hook) post(body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	k.t.Helper()
	return k.send(body, append([]func(*http.Request){signature(signed(k.t, body))}, change...)...)
}

// send sends an event that is not signed yet.
func (k *hook) send(body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", PushURL(k.h.PublicURL, k.h.Key, ours), strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	k.app.ServeHTTP(w, r)
	return w
}

// header sets or removes a header.
func header(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Del(name)
		for _, v := range values {
			r.Header.Add(name, v)
		}
	}
}

func signature(values ...string) func(*http.Request) {
	return header(sipgate.SignatureHeader, values...)
}

func path(p string) func(*http.Request) { return func(r *http.Request) { r.URL.Path = p } }

// refused expects an empty answer.
func (k *hook) refused(name string, w *httptest.ResponseRecorder, status int) {
	k.t.Helper()
	if w.Code != status || w.Body.Len() != 0 {
		k.t.Errorf("%s: %d with %d bytes, want an empty %d", name, w.Code, w.Body.Len(), status)
	}
}

// replied expects one of the two constant documents.
func (k *hook) replied(name string, w *httptest.ResponseRecorder, want []byte) {
	k.t.Helper()
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/xml" || w.Body.String() != string(want) {
		k.t.Errorf("%s: %d %s %s, want %s", name, w.Code, w.Header().Get("Content-Type"), w.Body, want)
	}
}

// subscribe is the reply to a newCall of our account.
func (k *hook) subscribe() []byte {
	return sipgate.PushReply(PushURL(k.h.PublicURL, k.h.Key, ours))
}

func (k *hook) board() switchboard.Snapshot { return k.boards.Board(ours).Snapshot() }

func (k *hook) health() webhook.Health { return k.h.Receiver.Health(ours) }

const (
	jennifer = "4915791234567"
	doc      = "4921170000001"
)

// rings returns the newCall of a call to one of our users.
func rings(id string) string {
	return "event=newCall&direction=in&from=" + jennifer + "&to=" + doc + "&callId=" + id + "&origCallId=" + id +
		"&user%5B%5D=Doc&userId%5B%5D=w0&fullUserId%5B%5D=" + ours + "w0&xcid=x" + id
}
