// Package webhook receives the push events that sipgate sends to an account's
// own address. It checks signatures, limits and ownership, drops duplicates,
// and hands what remains to an observer.
//
// It knows nothing of HTTP: a caller decodes the request into a [Delivery] and
// turns a [Refusal] into a status.
package webhook

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"sync"
	"time"

	"callboard/sipgate"
)

// Options configure a [Receiver].
type Options struct {
	Key     *rsa.PublicKey                        // verifies signatures
	Address func(account string) string           // returns the URL for an account's events
	Observe func(account string, e sipgate.Event) // takes each accepted event, at once
	Log     *slog.Logger

	// Relay, unless nil, is called with each fresh event, and with signed ones that cannot
	// be parsed, whose Kind is empty. What it returns is the reply, unless it is nil.
	Relay func(d Delivery, e sipgate.Event) []byte

	Serves func(account string) bool // reports whether the account may use this instance; default: all may

	Verify func(key *rsa.PublicKey, body []byte, signature string) error // default: [sipgate.VerifyPush]
	Now    func() time.Time                                              // default: [time.Now]; monotonic
}

// Health counts an account's push events since the program started.
type Health struct {
	LastEvent time.Time // when the last event of the account came; zero if none did
	Accepted  int       // handed to the observer
	Duplicate int       // repeated an accepted event
	// Refused counts refused requests by the code of their [Refusal], and
	// signed events that [sipgate.ParseEvent] rejects as "hook_unknown" or
	// "hook_invalid".
	Refused map[string]int
}

// A Delivery is one request to the secret address of an account.
type Delivery struct {
	RequestID  string // for the log
	Account    string
	Signatures []string            // all values of the header [sipgate.SignatureHeader]
	Header     map[string][]string // of the request, and
	From       string              // the address that sent it: for the Relay
	Body       []byte
	Err        error // a [Refusal] if Body could not be read
}

// A Receiver accepts push events. For each account it guarantees that no event
// reaches the observer twice within 24 hours, however many copies arrive at
// once; that only fresh, well-signed events of an account use up its allowance,
// so that nobody but sipgate can; and that a reply of its own does not depend on the
// contents of its event. It waits only for its own lock, for a processor and for
// [Options].Relay, and its memory is bounded as long as the number of accounts is.
type Receiver struct {
	opt       Options
	verifying chan struct{} // holds a token for each verification that runs

	mu       sync.Mutex // held for look-ups and counting, and to make the state of a new account
	accounts map[string]*accountState
}

// New returns a Receiver that has seen no event.
func New(o Options) *Receiver {
	if o.Verify == nil {
		o.Verify = sipgate.VerifyPush
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Receiver{opt: o, accounts: map[string]*accountState{}, verifying: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1))}
}

// emptyReply subscribes to nothing.
var emptyReply = sipgate.PushReply("")

// Receive hands the event of d to the observer and returns the reply for
// sipgate: one of two constant documents, or what [Options].Relay returns. The error is a [Refusal], which is
// logged and counted. Duplicates, and signed events that cannot be parsed, are
// replied to as well but not observed.
//
// Cheap checks come first. No limit stands before the signature: whoever knows
// the address could use it up, and sipgate's events, which may come through the
// same proxy, would be refused.
func (r *Receiver) Receive(d Delivery) (reply []byte, err error) {
	reply, err = r.receive(d)
	if refusal, ok := errors.AsType[Refusal](err); ok {
		r.refuse(d, refusal)
	}
	return reply, err
}

func (r *Receiver) receive(d Delivery) (reply []byte, err error) {
	if err := r.authenticate(d); err != nil {
		return nil, err
	}
	event, err := sipgate.ParseEvent(d.Body)
	if err != nil {
		r.ignore(d, err)
		r.pass(d, sipgate.Event{})
		return emptyReply, nil
	}
	fresh, err := r.accept(d.Account, d.Body, event)
	if err != nil {
		return nil, err
	}
	if fresh {
		r.opt.Observe(d.Account, event)
		if reply := r.pass(d, event); reply != nil {
			return reply, nil
		}
	}
	if event.Kind == sipgate.EventNewCall {
		return r.subscribeReply(d.Account), nil
	}
	return emptyReply, nil
}

// pass tells the relay of an event, and returns its reply.
func (r *Receiver) pass(d Delivery, e sipgate.Event) []byte {
	if r.opt.Relay == nil {
		return nil
	}
	return r.opt.Relay(d, e)
}

// authenticate checks that sipgate signed the body of d.
func (r *Receiver) authenticate(d Delivery) error {
	switch {
	case r.opt.Serves != nil && !r.opt.Serves(d.Account):
		return ErrNotServed
	case d.Err != nil:
		return d.Err
	case len(d.Body) > sipgate.MaxEventSize:
		return ErrTooLarge
	case len(d.Signatures) != 1 || len(d.Signatures[0]) != base64.StdEncoding.EncodedLen(r.opt.Key.Size()):
		return ErrUnsigned
	case !r.verified(d.Body, d.Signatures[0]):
		return ErrSignature
	}
	return nil
}

// verified fails closed: a verification that panics is a bad signature. However
// many are asked for, they leave a processor to the rest of the program.
func (r *Receiver) verified(body []byte, signature string) (ok bool) {
	r.verifying <- struct{}{}
	defer func() { <-r.verifying }()
	defer func() {
		if v := recover(); v != nil {
			r.opt.Log.Error("push signature verification panicked", "panic", fmt.Sprintf("%T", v))
			ok = false
		}
	}()
	return r.opt.Verify(r.opt.Key, body, signature) == nil
}

// ignore logs and counts a signed event that could not be parsed.
func (r *Receiver) ignore(d Delivery, err error) {
	code := "hook_invalid"
	if e, ok := errors.AsType[*sipgate.ValueError](err); ok {
		code = e.Code
	}
	if n := r.count(d.Account, code); n > 0 {
		r.opt.Log.Info("push event ignored", "id", d.RequestID, "account", d.Account, "code", code, "count", n)
	}
}

// accept decides about a signed event. It reports true for the first of any
// number of copies. It returns ErrWrongAccount for events of other accounts, and
// ErrRate for fresh events beyond the allowance.
func (r *Receiver) accept(account string, body []byte, e sipgate.Event) (fresh bool, err error) {
	sum := sha256.Sum256(body)
	r.mu.Lock()
	defer r.mu.Unlock()
	now, a := r.opt.Now(), r.account(account)
	if !a.belongsTo(account, e, now) {
		return false, ErrWrongAccount
	}
	known := a.bodies.has(sum, now)
	if !known && !a.allowance.AllowN(now, 1) {
		return false, ErrRate
	}
	a.health.LastEvent = now
	a.origins.Add(originOf(e), now)
	a.calls.add(e.CallID, now)
	if known {
		a.health.Duplicate++
		return false, nil
	}
	a.bodies.add(sum, now)
	a.health.Accepted++
	return true, nil
}

// subscribeReply asks sipgate to send the answer and the hangup of a call, too.
func (r *Receiver) subscribeReply(account string) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.account(account).subscribe
}

// refuse counts a refusal. It is logged at most once a minute for each code, with
// the number of those since: whoever knows the address could fill the log.
func (r *Receiver) refuse(d Delivery, refusal Refusal) {
	n := r.count(d.Account, string(refusal))
	if n == 0 {
		return
	}
	write := r.opt.Log.Info
	if refusal == ErrSignature || refusal == ErrWrongAccount {
		write = r.opt.Log.Warn
	}
	write("push event refused", "id", d.RequestID, "account", d.Account, "code", string(refusal), "count", n)
}

// count counts a code, and returns how many are to be logged now.
func (r *Receiver) count(account, code string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, now := r.account(account), r.opt.Now()
	a.health.Refused[code]++
	l := a.logged[code]
	if total := a.health.Refused[code]; l.count == 0 || now.Sub(l.at) >= logEvery {
		a.logged[code] = loggedCount{now, total}
		return total - l.count
	}
	return 0
}

// Health returns the counts of an account. The caller owns them.
func (r *Receiver) Health(account string) Health {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok := r.accounts[account]
	if !ok {
		return Health{Refused: map[string]int{}}
	}
	return a.health.clone()
}

// All returns the counts of each account to whose address something was sent.
func (r *Receiver) All() map[string]Health {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make(map[string]Health, len(r.accounts))
	for account, a := range r.accounts {
		all[account] = a.health.clone()
	}
	return all
}

func (h Health) clone() Health {
	h.Refused = maps.Clone(h.Refused)
	return h
}
