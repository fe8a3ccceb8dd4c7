package webhook

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
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

// sign returns the signature of a body. It signs each body once: signing is the
// slowest part of these tests.
func sign(t testing.TB, body string) string {
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

// A rig is a Receiver between signed events and real boards.
type rig struct {
	*Receiver
	t        testing.TB
	boards   *switchboard.Boards
	checks   atomic.Int32 // signatures verified
	observed atomic.Int32 // events
	clock    time.Time    // stands still unless moved
	log      strings.Builder
}

func newRig(t testing.TB) *rig {
	t.Helper()
	k := &rig{t: t, clock: time.Now()}
	k.boards = switchboard.NewBoards(func(string) *switchboard.Board { return switchboard.New(switchboard.Options{}) })
	t.Cleanup(k.boards.Close)
	k.Receiver = New(Options{
		Key:     &sipgateKey().PublicKey,
		Address: addressOf,
		Observe: func(account string, e sipgate.Event) {
			k.observed.Add(1)
			k.boards.Board(account).Observe(e)
		},
		Log: slog.New(slog.NewJSONHandler(&k.log, nil)),
		Now: func() time.Time { return k.clock },
		Verify: func(key *rsa.PublicKey, body []byte, signature string) error {
			k.checks.Add(1)
			return sipgate.VerifyPush(key, body, signature)
		},
	})
	return k
}

const secret = "a-secret"

func addressOf(account string) string {
	return "https://calls.example/push/" + account + "." + secret
}

// A result is what Receive returns.
type result struct {
	reply []byte
	err   error
}

// post delivers a well-signed event, except for what change changes.
func (k *rig) post(body string, change ...func(*Delivery)) result {
	k.t.Helper()
	return k.deliver(body, append([]func(*Delivery){signed(sign(k.t, body))}, change...)...)
}

// deliver delivers an event that is not signed yet.
func (k *rig) deliver(body string, change ...func(*Delivery)) (r result) {
	d := Delivery{RequestID: "r1", Account: ours, Body: []byte(body)}
	for _, f := range change {
		f(&d)
	}
	r.reply, r.err = k.Receive(d)
	return r
}

func signed(values ...string) func(*Delivery) { return func(d *Delivery) { d.Signatures = values } }
func to(account string) func(*Delivery)       { return func(d *Delivery) { d.Account = account } }

// refused expects a refusal without a reply.
func (k *rig) refused(name string, r result, want Refusal) {
	k.t.Helper()
	if r.err != want || r.reply != nil {
		k.t.Errorf("%s: %v with reply %q, want %v without", name, r.err, r.reply, want)
	}
}

// replied expects one of the two constant documents.
func (k *rig) replied(name string, r result, want []byte) {
	k.t.Helper()
	if r.err != nil || string(r.reply) != string(want) {
		k.t.Errorf("%s: %v, %s, want %s", name, r.err, r.reply, want)
	}
}

// subscribe is the reply to a newCall of our account.
var subscribe = sipgate.PushReply(addressOf(ours))

func (k *rig) board() switchboard.Snapshot { return k.boards.Board(ours).Snapshot() }

const (
	jennifer = "4915791234567"
	doc      = "4921170000001"
	marty    = "4921170000002"
)

// rings returns the newCall of a call to one of our users.
func rings(id string) string {
	return "event=newCall&direction=in&from=" + jennifer + "&to=" + doc + "&callId=" + id + "&origCallId=" + id +
		"&user%5B%5D=Doc&userId%5B%5D=w0&fullUserId%5B%5D=" + ours + "w0&xcid=x" + id
}

func answers(id string) string {
	return "event=answer&callId=" + id + "&user=Doc&userId=w0&fullUserId=" + ours + "w0&from=" + jennifer + "&to=" + doc +
		"&direction=in&answeringNumber=" + doc
}

func hangs(id string) string {
	return "event=hangup&cause=normalClearing&callId=" + id + "&from=" + jennifer + "&to=" + doc + "&direction=in&answeringNumber=" + doc
}

// stranger returns a newCall without users between two numbers.
func stranger(id, from, to string) string {
	return "event=newCall&direction=in&from=" + from + "&to=" + to + "&callId=" + id + "&origCallId=" + id + "&user%5B%5D=&xcid=x" + id
}
