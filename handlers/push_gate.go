package handlers

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"callboard/sipgate"
)

// The limits of push events.
const (
	pushesPerSecond  = 50 // of one team: a signature takes half a millisecond to check
	pushesAtOnce     = 100
	forgeriesPerPeer = 10 // of one address, per second
	mostForgers      = 1000
	pushRemembered   = 24 * time.Hour
	mostPushes       = 20_000 // of one team, remembered
)

// neutralReply asks sipgate for nothing.
var neutralReply = sipgate.PushReply("")

// A PushHealth is how the push events of an account fare, since the program
// started.
type PushHealth struct {
	LastEvent time.Time // when the last event of the account came; zero if none did
	Accepted  int       // told the board something, or could have
	Duplicate int       // were there already
	// Refused counts, by a stable code (hook_type, hook_too_large, hook_slow,
	// hook_broken, hook_unsigned, hook_rate, hook_signature,
	// hook_wrong_account), what was refused, and (hook_unknown, hook_invalid)
	// what sipgate signed but is no event that we know. Requests at other
	// addresses than the team's are nobody's, and are not counted.
	Refused map[string]int
}

// A pushGate is what all push events go through. It guarantees, for each
// account, that no event is handed on twice within 24 hours, however many
// copies arrive at once; that no more signatures are checked than the limits
// allow; and that the replies do not depend on what the events contain. It
// never waits for anything but its own lock, under which nothing is computed,
// and its memory is bounded.
type pushGate struct {
	key    *rsa.PublicKey
	verify func(key *rsa.PublicKey, body []byte, signature string) error // sipgate.VerifyPush
	url    func(account string) string                                   // where an account's events go
	now    func() time.Time                                              // monotonic
	log    *slog.Logger

	mu      sync.Mutex
	teams   map[string]*pushTeam         // by account; only accounts that proved to be ours get in
	forgers map[netip.Addr]*rate.Limiter // who sent bad signatures to a secret address
}

// A pushTeam is what the gate knows of one account.
type pushTeam struct {
	asking    []byte // the reply to its newCall events
	allowance *rate.Limiter
	bodies    recent[[sha256.Size]byte]
	calls     recent[sipgate.CallID] // that events of the account were about
	numbers   map[string]bool        // of the account, in E.164; nil: not known yet
	learnAt   time.Time              // when they are to be read
	health    PushHealth
}

func newPushGate(key *rsa.PublicKey, url func(account string) string, log *slog.Logger) *pushGate {
	return &pushGate{key: key, verify: sipgate.VerifyPush, url: url, now: time.Now, log: log,
		teams: map[string]*pushTeam{}, forgers: map[netip.Addr]*rate.Limiter{}}
}

// team finds or makes the record of an account. The caller holds g.mu.
func (g *pushGate) team(account string) *pushTeam {
	t := g.teams[account]
	if t == nil {
		t = &pushTeam{
			asking:    sipgate.PushReply(g.url(account)),
			allowance: rate.NewLimiter(pushesPerSecond, pushesAtOnce),
			bodies:    recent[[sha256.Size]byte]{keep: pushRemembered, most: mostPushes},
			calls:     recent[sipgate.CallID]{keep: pushRemembered, most: mostPushes},
			health:    PushHealth{Refused: map[string]int{}},
		}
		g.teams[account] = t
	}
	return t
}

// askingReply asks sipgate to tell of the answer and the end of a call, too.
func (g *pushGate) askingReply(account string) []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.team(account).asking
}

// pushSignature returns the one signature of a request that may be one: it has
// the length of the key's signatures, in base64.
func pushSignature(r *http.Request, key *rsa.PublicKey) (string, error) {
	all := r.Header.Values(sipgate.SignatureHeader)
	if len(all) != 1 || len(all[0]) != base64.StdEncoding.EncodedLen(key.Size()) {
		return "", pushUnsigned
	}
	return all[0], nil
}

// authenticate checks that sipgate signed body, within the limits of the team
// and of the peer. Only bad signatures at a secret address count against a
// peer: who does not know the address cannot make a proxy, that all events come
// through, look bad.
func (g *pushGate) authenticate(account string, peer netip.Addr, body []byte, signature string) error {
	if !g.admit(account, peer) {
		return pushTooMany
	}
	if !g.signed(body, signature) {
		g.forged(peer)
		return pushForged
	}
	return nil
}

// admit takes one from the team's allowance, unless the peer forged too much.
func (g *pushGate) admit(account string, peer netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if f := g.forgers[peer]; f != nil && f.TokensAt(now) < 1 {
		return false
	}
	return g.team(account).allowance.AllowN(now, 1)
}

// signed fails closed: a check that panics is a bad signature.
func (g *pushGate) signed(body []byte, signature string) (ok bool) {
	defer func() {
		if v := recover(); v != nil {
			g.log.Error("the check of a signature panicked", "panic", fmt.Sprintf("%T", v))
			ok = false
		}
	}()
	return g.verify(g.key, body, signature) == nil
}

func (g *pushGate) forged(peer netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, f := g.now(), g.forgers[peer]
	if f == nil {
		if len(g.forgers) >= mostForgers {
			clear(g.forgers)
		}
		f = rate.NewLimiter(forgeriesPerPeer, forgeriesPerPeer)
		g.forgers[peer] = f
	}
	f.AllowN(now, 1)
}

// take decides about an event that sipgate signed. It is fresh if it is of the
// account and did not come before; of many copies at once one is fresh.
func (g *pushGate) take(account string, body []byte, e sipgate.Event) (fresh bool, err error) {
	sum := sha256.Sum256(body)
	g.mu.Lock()
	defer g.mu.Unlock()
	now, t := g.now(), g.team(account)
	if !t.owns(account, e, now) {
		return false, pushForeign
	}
	t.health.LastEvent = now
	t.calls.add(e.CallID, now)
	if !t.bodies.add(sum, now) {
		t.health.Duplicate++
		return false, nil
	}
	t.health.Accepted++
	return true, nil
}

// count notes a refusal.
func (g *pushGate) count(account, code string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.team(account).health.Refused[code]++
}

// health returns how an account's events fare. The caller owns it.
func (g *pushGate) health(account string) PushHealth {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, ok := g.teams[account]
	if !ok {
		return PushHealth{Refused: map[string]int{}}
	}
	health := t.health
	health.Refused = maps.Clone(health.Refused)
	return health
}
