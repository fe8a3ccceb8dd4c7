package team

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"sync"
	"time"

	"callboard/sipgate"
)

const (
	refreshLead     = 60 * time.Second  // a refresh begins this long before the access token expires
	assumedLifetime = 300 * time.Second // of an access token whose lifetime sipgate did not state
	waitTimeout     = 15 * time.Second  // of a caller who waits for a refresh, and of Close
	requestTimeout  = 10 * time.Second  // of one token request, and of one access to the database
	retryPause      = 5 * time.Second   // before the second try after an unreadable response, and between tries to store
	reuseWindow     = 60 * time.Second  // a renewed access token that is refused within it is not renewed again
	maxBackoff      = 30 * time.Second  // between refreshes that fail for a temporary reason
	deadRetention   = 24 * time.Hour    // for which a dead grant stays in the database
)

// Errors of [NewGrants] and of the credentials it hands out.
var (
	// ErrWrongKey is returned by NewGrants if the stored grants were encrypted
	// with another key.
	ErrWrongKey = errors.New("the encryption key does not fit the stored grants: they were made with another key")

	// ErrNeedsLogin is wrapped in an error of Kind Unauthorized: the member has
	// no usable grant and has to sign in again.
	ErrNeedsLogin = errors.New("the member has to sign in again")

	// ErrClientRefused is wrapped in an error of Kind Unavailable: sipgate does
	// not accept the client id or secret, which signing in does not change.
	ErrClientRefused = errors.New("sipgate refuses the client id or secret")

	errUnsaved     = errors.New("the last refresh token could not be stored yet")
	errClosed      = errors.New("the grants are closed")
	errWaitTimeout = errors.New("the refresh in progress takes too long")
)

// GrantState says whether a member's grant is usable.
type GrantState int

// The states of a grant.
const (
	StateNeedsLogin GrantState = iota // there is no grant, or sipgate no longer accepts it
	StateOK
	StateUnsaved // usable, but its refresh token could not be stored yet: a restart would lose it
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

// Refresher requests new tokens from sipgate: exactly one request per call,
// which ends when ctx does. [sipgate.OAuth] implements it.
type Refresher interface {
	Refresh(ctx context.Context, refreshToken string) (sipgate.Tokens, error)
}

// Grants keeps the tokens of all members.
//
// At most one refresh of each grant is in progress. It has a goroutine and time
// limits of its own, so that a caller who goes away does not stop it. Its
// refresh token is on the disk before any caller gets its access token. Refresh
// tokens are in the database only, sealed, unless it cannot store them; access
// tokens are in memory only, and expire by the monotonic clock.
//
// All methods may be called concurrently.
type Grants struct {
	store     *grantStore
	refresher Refresher
	log       *slog.Logger

	// mu guards the fields below and those of each grant. It is never held
	// during a request to the database or to sipgate, so that no method waits
	// for another member's refresh.
	mu            sync.Mutex
	grants        map[MemberID]*grant
	clientRefused bool
	closed        bool

	closing chan struct{}  // closed by Close
	running sync.WaitGroup // goroutines of refreshes and of tries to store
	ctx     context.Context
	cancel  context.CancelFunc // ends ctx after waitTimeout in Close
}

// NewGrants reads the grants from db, which has the tables of [Migrations], or
// returns ErrWrongKey. It retries refreshes that a crash interrupted, once and
// in the background.
func NewGrants(db *sql.DB, key Key, r Refresher, log *slog.Logger) (*Grants, error) {
	g, err := newGrants(db, key, r, log, func(string) {})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(g.ctx, requestTimeout)
	defer cancel()
	if err := g.reload(ctx, ""); err != nil {
		g.cancel()
		return nil, err
	}
	return g, nil
}

func newGrants(db *sql.DB, key Key, r Refresher, log *slog.Logger, checkpoint func(string)) (*Grants, error) {
	sealer, err := newSealer(key)
	if err != nil {
		return nil, err
	}
	g := &Grants{
		store:     &grantStore{db, sealer, checkpoint},
		refresher: r,
		log:       log,
		grants:    map[MemberID]*grant{},
		closing:   make(chan struct{}),
	}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	if err := g.check(); err != nil {
		g.cancel()
		return nil, err
	}
	return g, nil
}

// check checks the key, and removes the grants that were dead for long.
func (g *Grants) check() error {
	ctx, cancel := context.WithTimeout(g.ctx, requestTimeout)
	defer cancel()
	if err := g.store.checkKey(ctx); err != nil {
		return err
	}
	return g.store.purge(ctx)
}

// reload reads the stored grants of an account, of all for "", and starts the
// refreshes that were interrupted.
func (g *Grants) reload(ctx context.Context, account string) error {
	stored, err := g.store.all(ctx, account)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	maps.DeleteFunc(g.grants, func(id MemberID, _ *grant) bool { return account == "" || id.Account == account })
	for id, s := range stored {
		gr := &grant{member: id, generation: s.generation, dead: s.dead}
		g.grants[id] = gr
		if s.refreshing && !s.dead {
			g.log.Info("retry interrupted refresh", "member", id.String())
			g.start(gr)
		}
	}
	return nil
}

// Put stores the tokens of a sign-in, in place of any other grant of the
// member. When it returns nil, the refresh token is on the disk.
func (g *Grants) Put(ctx context.Context, id MemberID, t sipgate.Tokens) error {
	if id.Account == "" || id.User == "" {
		return errors.New("a grant needs an account and a user")
	}
	if t.Access == "" || t.Refresh == "" {
		return errors.New("a grant needs an access token and a refresh token")
	}
	received := time.Now()
	generation, err := g.store.put(ctx, id, t.Refresh)
	if err != nil {
		return fmt.Errorf("store the grant of %s: %w", id, err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	gr := g.grants[id]
	if gr == nil {
		gr = &grant{member: id}
		g.grants[id] = gr
	}
	gr.refused, gr.unsaved = false, nil
	gr.setTokens(generation, t, received)
	return nil
}

// Members returns the members of an account on whose behalf Callboard can act at
// sipgate: those with a grant that sipgate has not ended, as far as is known.
// They are sorted.
func (g *Grants) Members(ctx context.Context, account string) ([]MemberID, error) {
	return g.store.members(ctx, account)
}

// State returns the state of a member's grant. It costs no query, and a page can
// show it for each member.
func (g *Grants) State(id MemberID) GrantState {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch gr := g.grants[id]; {
	case gr == nil || gr.dead:
		return StateNeedsLogin
	case gr.unsaved != nil:
		return StateUnsaved
	}
	return StateOK
}

// ClientRefused reports whether sipgate refused the client id or secret, and has
// accepted no refresh since. No member's access token can be renewed then until
// an administrator corrects the settings; signing in does not help, and the
// grants stay valid.
func (g *Grants) ClientRefused() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.clientRefused
}

// Drop removes the grant of a member and returns its refresh token, with which
// the caller can end it at sipgate too, or "" if there was no usable grant. It
// waits for a refresh in progress, so that the token is the newest one.
func (g *Grants) Drop(ctx context.Context, id MemberID) (refreshToken string, err error) {
	g.mu.Lock()
	gr := g.grants[id]
	delete(g.grants, id)
	var call *refreshCall
	if gr != nil {
		call = gr.call
	}
	g.mu.Unlock()
	if call != nil {
		call.wait(ctx)
	}
	stored, err := g.store.read(ctx, id)
	switch {
	case errors.Is(err, errNoGrant):
		return "", nil
	case err == nil || errors.Is(err, errSealBroken):
		_, err = g.store.drop(ctx, id, stored.generation)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		if gr != nil && g.grants[id] == nil {
			g.grants[id] = gr
		}
		return "", fmt.Errorf("drop the grant of %s: %w", id, err)
	}
	switch {
	case stored.dead:
		return "", nil
	case gr != nil && gr.unsaved != nil:
		return gr.unsaved.refreshToken, nil
	}
	return stored.refreshToken, nil
}

// forget waits, as long as ctx allows, until the refreshes in progress of an account
// are stored, and removes its grants from memory. No refresh of them begins then, and
// what could not be stored is tried once more.
func (g *Grants) forget(ctx context.Context, account string) error {
	g.mu.Lock()
	var calls []*refreshCall
	var forgotten []*grant
	for id, gr := range g.grants {
		if id.Account != account {
			continue
		}
		delete(g.grants, id)
		forgotten = append(forgotten, gr)
		if gr.call != nil {
			calls = append(calls, gr.call)
		}
	}
	g.mu.Unlock()
	for _, call := range calls {
		call.wait(ctx)
	}
	var errs error
	for _, gr := range forgotten {
		g.mu.Lock()
		unsaved := gr.unsaved
		gr.unsaved = nil
		g.mu.Unlock()
		if unsaved != nil {
			_, _, err := g.replace(gr.member, unsaved)
			errs = errors.Join(errs, err)
		}
	}
	return errs
}

// Close waits until the refreshes in progress are stored, at most 15 seconds.
// Afterwards no refresh begins; callers still get access tokens that have not
// expired.
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
	case <-time.After(waitTimeout):
		g.log.Error("abandon refreshes at shutdown")
	}
	g.cancel()
}

// Format implements [fmt.Formatter]: no verb prints the tokens.
func (*Grants) Format(f fmt.State, _ rune) { io.WriteString(f, "team.Grants") }
