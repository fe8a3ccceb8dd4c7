// Package account keeps the roster of each sipgate account: its users, their
// devices, the account's numbers and channels, and which extension belongs to
// whom.
//
// The roster is read once for everything that needs it, in the background,
// through the access of the members who are signed in. Callers get what is
// known at once and wait for sipgate only if nothing is known yet.
package account

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"

	"callboard/sipgate"
)

// Access is what a roster asks of sipgate, with the access of one member.
// *sipgate.Client implements it.
type Access interface {
	Users(ctx context.Context) ([]sipgate.User, error)
	Numbers(ctx context.Context) ([]sipgate.AccountNumber, error)
	Devices(ctx context.Context, user sipgate.UserID) ([]sipgate.Device, error)
	Channels(ctx context.Context) ([]sipgate.Channel, error)
}

// A Source returns through whom an account can be read, in the order in which
// they are to be tried. With a user, that user's own access is among them, if
// there is any.
type Source func(account string, user sipgate.UserID) []Access

// ErrNoAccess is returned by reads of an account through which no member's
// access is available.
var ErrNoAccess = errors.New("account: no signed-in member through whom to read")

// Rosters holds one [Roster] for each account. It is safe for concurrent use.
type Rosters struct {
	source Source
	log    *slog.Logger
	ctx    context.Context
	cancel context.CancelFunc
	tasks  sync.WaitGroup

	onNumbers atomic.Pointer[func(account string, numbers []sipgate.AccountNumber)]
	onUsers   atomic.Pointer[func(account string, users []sipgate.User)]
	onChange  atomic.Pointer[func(account string)]

	mu       sync.Mutex
	accounts map[string]*Roster
}

// NewRosters returns rosters that are read through source. With a nil log
// nothing is logged.
func NewRosters(source Source, log *slog.Logger) *Rosters {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Rosters{source: source, log: log, ctx: ctx, cancel: cancel, accounts: map[string]*Roster{}}
}

// Of returns the roster of an account: always the same one, until Forget.
func (rs *Rosters) Of(account string) *Roster {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.accounts[account]
	if r == nil {
		r = newRoster(rs, account)
		rs.accounts[account] = r
	}
	return r
}

// Forget drops what is known of an account. The next caller that needs it reads it
// again.
func (rs *Rosters) Forget(account string) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	delete(rs.accounts, account)
}

// OnNumbers has f called with the numbers of an account whenever they were read.
func (rs *Rosters) OnNumbers(f func(account string, numbers []sipgate.AccountNumber)) {
	rs.onNumbers.Store(&f)
}

// OnUsers has f called with the users of an account whenever they were read.
func (rs *Rosters) OnUsers(f func(account string, users []sipgate.User)) {
	rs.onUsers.Store(&f)
}

// OnChange has f called when something of an account was read that is not as it
// was.
func (rs *Rosters) OnChange(f func(account string)) { rs.onChange.Store(&f) }

// Close cancels all reads and waits for them. Reads that are asked for later
// fail with [context.Canceled].
func (rs *Rosters) Close() {
	rs.mu.Lock()
	rs.cancel()
	rs.mu.Unlock()
	rs.tasks.Wait()
}

// start runs read in the background; it reports false after Close.
func (rs *Rosters) start(read func(context.Context)) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.ctx.Err() != nil {
		return false
	}
	rs.tasks.Go(func() { read(rs.ctx) })
	return true
}
