package team

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"callboard/sipgate"
)

const (
	ahead       = 60 * time.Second  // a refresh begins so long before the access token dies
	assumedLife = 300 * time.Second // of an access token that came without its life
	patience    = 15 * time.Second  // for which a caller waits for a refresh, and Close for all
	reach       = 10 * time.Second  // limit of one token request, and of one look into the store
	pause       = 5 * time.Second   // before a second try after a garbled answer, or to store
	proof       = 60 * time.Second  // a renewed token that is refused so soon is not worth another
	maxBackoff  = 30 * time.Second  // between refreshes that fail for a passing reason
	buried      = 24 * time.Hour    // for which a worthless grant stays in the store
)

// Errors of [NewGrants] and of the credentials it hands out.
var (
	// ErrWrongKey is what NewGrants returns if the stored grants were made with
	// another key.
	ErrWrongKey = errors.New("the encryption key does not fit the stored grants: they were made with another key")

	// ErrNeedsLogin is within an error of Kind Unauthorized: only the member can
	// help, by signing in again.
	ErrNeedsLogin = errors.New("the member has to sign in again")

	// ErrClientRefused is within an error of Kind Unavailable: sipgate does not
	// accept the client id or secret. No member can help it by signing in.
	ErrClientRefused = errors.New("sipgate refuses the client id or secret")

	errUnsaved = errors.New("the last refresh token could not be stored yet")
	errClosed  = errors.New("the grants are closed")
	errTooLong = errors.New("a refresh under way takes too long")
)

// State says what a member's grant is good for.
type GrantState int

// The states of a grant.
const (
	StateNeedsLogin GrantState = iota // there is none, or sipgate no longer accepts it
	StateOK
	StateUnsaved // good, but only in memory: the disk does not take it
)

// String returns "ok", "needs login" or "unsaved".
func (s GrantState) String() string {
	switch s {
	case StateOK:
		return "ok"
	case StateUnsaved:
		return "unsaved"
	}
	return "needs login"
}

// Refresher asks sipgate for new tokens: exactly one request per call, which
// ends when ctx does. A [sipgate.OAuth] is one.
type Refresher interface {
	Refresh(ctx context.Context, refresh string) (sipgate.Tokens, error)
}

// Grants keeps the tokens of all members.
//
// For each grant at most one refresh is under way, in a goroutine and with
// time limits of its own: a caller that goes away does not stop it. The
// refresh token that it brings is on the disk before anybody is given the
// access token. Refresh tokens are in the database only, sealed; access
// tokens are in memory only, and expire by the monotonic clock.
//
// One process uses a database at a time. All methods may be called
// concurrently.
type Grants struct {
	store     *store
	refresher Refresher
	log       *slog.Logger

	// mu guards what follows and the fields of every grant. It is held for
	// moments only, never while the database or sipgate is asked.
	mu            sync.Mutex
	grants        map[MemberID]*grant
	clientRefused bool
	closed        bool

	closing chan struct{}  // closed by Close
	running sync.WaitGroup // refreshes and savers; grows only while not closed
	ctx     context.Context
	cancel  context.CancelFunc // when Close has waited long enough
}

// NewGrants returns the grants stored in db, in which the [Migrations] have
// been applied, or ErrWrongKey. Refreshes that a crash interrupted are tried
// once more at once.
func NewGrants(db *sql.DB, key Key, r Refresher, log *slog.Logger) (*Grants, error) {
	return newGrants(db, key, r, log, func(string) {})
}

func newGrants(db *sql.DB, key Key, r Refresher, log *slog.Logger, at func(string)) (*Grants, error) {
	sealer, err := newSealer(key)
	if err != nil {
		return nil, err
	}
	g := &Grants{
		store:     &store{db, sealer, at},
		refresher: r,
		log:       log,
		grants:    map[MemberID]*grant{},
		closing:   make(chan struct{}),
	}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	if err := g.load(); err != nil {
		g.cancel()
		return nil, err
	}
	return g, nil
}

// load takes stock of what is stored and takes up interrupted refreshes.
func (g *Grants) load() error {
	ctx, cancel := context.WithTimeout(g.ctx, reach)
	defer cancel()
	if err := g.store.check(ctx); err != nil {
		return err
	}
	if err := g.store.purge(ctx); err != nil {
		return err
	}
	stored, err := g.store.all(ctx)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for m, r := range stored {
		gr := &grant{member: m, generation: r.generation, dead: r.dead}
		g.grants[m] = gr
		if r.intent && !r.dead {
			g.log.Info("a refresh was interrupted, trying once more", "member", m.String())
			g.launch(gr)
		}
	}
	return nil
}

// Put stores what a sign-in has brought, in place of any older grant of m.
// When it returns nil the grant is on the disk.
func (g *Grants) Put(ctx context.Context, m MemberID, t sipgate.Tokens) error {
	if m.Account == "" || m.User == "" {
		return errors.New("a grant needs an account and a user")
	}
	if t.Access == "" || t.Refresh == "" {
		return errors.New("a grant needs an access token and a refresh token")
	}
	received := time.Now()
	generation, err := g.store.put(ctx, m, t.Refresh)
	if err != nil {
		return fmt.Errorf("store the grant of %s: %w", m, err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	gr := g.grants[m]
	if gr == nil {
		gr = &grant{member: m}
		g.grants[m] = gr
	}
	gr.refused, gr.unsaved = false, nil
	gr.renew(generation, t, received)
	return nil
}

// Members returns those whose grant is not known to be worthless, sorted.
func (g *Grants) Members(ctx context.Context) ([]MemberID, error) {
	return g.store.members(ctx)
}

// State returns what the grant of m is good for, from memory.
func (g *Grants) State(m MemberID) GrantState {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch gr := g.grants[m]; {
	case gr == nil || gr.dead:
		return StateNeedsLogin
	case gr.unsaved != nil:
		return StateUnsaved
	}
	return StateOK
}

// ClientRefused reports whether sipgate has refused the client id or secret
// and has not accepted them since. It concerns every member alike.
func (g *Grants) ClientRefused() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.clientRefused
}

// Drop forgets the grant of m and returns its refresh token, so that it can be
// ended at sipgate too; "" if there was none of worth. A refresh under way is
// waited for, so that the token is the newest.
func (g *Grants) Drop(ctx context.Context, m MemberID) (refresh string, err error) {
	g.mu.Lock()
	gr := g.grants[m]
	delete(g.grants, m)
	var f *flight
	if gr != nil {
		f = gr.flight
	}
	g.mu.Unlock()
	if f != nil {
		f.wait(ctx)
	}
	r, err := g.store.read(ctx, m)
	switch {
	case errors.Is(err, errNoGrant):
		return "", nil
	case err == nil || errors.Is(err, errUnsealed):
		_, err = g.store.drop(ctx, m, r.generation)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		if gr != nil && g.grants[m] == nil {
			g.grants[m] = gr
		}
		return "", fmt.Errorf("drop the grant of %s: %w", m, err)
	}
	switch {
	case r.dead:
		return "", nil
	case gr != nil && gr.unsaved != nil:
		return gr.unsaved.refresh, nil
	}
	return r.refresh, nil
}

// Close waits until the refreshes under way are stored, at most 15 seconds.
// Afterwards no new one begins; access tokens that are still good are handed
// out as before.
func (g *Grants) Close() {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return
	}
	g.closed = true
	close(g.closing)
	g.mu.Unlock()

	done := make(chan struct{})
	go func() {
		g.running.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(patience):
		g.log.Error("refreshes are given up at shutdown")
	}
	g.cancel()
}

// Format implements [fmt.Formatter]: no verb prints what is inside.
func (*Grants) Format(f fmt.State, _ rune) { io.WriteString(f, "team.Grants") }
