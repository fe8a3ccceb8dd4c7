package callcontrol

import (
	"context"
	"errors"
	"slices"
	"sync"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// Where several processes share the work, each acts for the teams that it has taken on,
// and knows nothing of the others. A process that is alone acts for all.

// ErrElsewhere is returned for a team for which this process does not act, or ceases to
// act at the moment. Nothing was done.
var ErrElsewhere = errors.New("another process acts for the team")

// tenures are the teams that a process has taken on. A nil *tenures has all.
type tenures struct {
	mu sync.Mutex // guards the fields of the tenures, too; it is not held while one begins or ends
	of map[string]*tenure
}

// A tenure is the time in which a process acts for a team.
type tenure struct {
	ctx    context.Context // ends when the tenure does
	end    context.CancelFunc
	begun  chan struct{} // closed when the team can be served, or err says why not
	err    error
	ended  bool          // no request may enter
	inside int           // requests that are being served
	left   chan struct{} // closed when the tenure has ended and nothing is inside
	over   chan struct{} // closed when all is forgotten
}

// TakeOn begins to act for a team: what is stored of it is read, those who are signed in
// are put on its board, and the board reads its first lists, within 2 s. It does nothing
// for a team that it acts for already.
// The caller guarantees that no other process acts for the team until GiveUp returns.
func (c *Control) TakeOn(ctx context.Context, account string) error {
	if c.tenures == nil {
		return nil
	}
	t, isNew, err := c.tenures.begin(ctx, c.ctx, account)
	if err != nil {
		return err
	}
	if isNew {
		if t.err = c.takeOn(ctx, account); t.err != nil {
			c.Boards.Remove(account)
			c.tenures.remove(account, t)
		}
		close(t.begun)
	}
	select {
	case <-t.begun:
		return t.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Control) takeOn(ctx context.Context, account string) error {
	c.Boards.Remove(account) // it knows nothing of the team's journal
	if err := errors.Join(c.Journal.Reload(ctx, account), c.Stores.Reload(ctx, account)); err != nil {
		return err
	}
	signedIn, err := c.Sessions.SignedIn(ctx)
	if err != nil {
		return err
	}
	board := c.Boards.Board(account)
	for _, s := range signedIn {
		if s.Account == account && !board.HasMember(switchboard.MemberID(s.User)) {
			c.Join(s)
		}
	}
	members := board.Members()
	c.readFirst(ctx, account, members[:min(len(members), firstLists)], anyAge) // with an error, the board says what it lacks
	return nil
}

// firstLists is how many members' lists are read before a team is served.
const firstLists = 8

// GiveUp ceases to act for a team: its pages are closed, pending hang-ups are cancelled
// (of which they hear from who takes the team on),
// requests and refreshes in progress are waited for as long as ctx allows, and what was
// in memory of the team is forgotten. From its beginning, requests get [ErrElsewhere].
func (c *Control) GiveUp(ctx context.Context, account string) error {
	t := c.tenures.finish(account)
	if t == nil {
		return nil
	}
	select {
	case <-t.left:
	case <-ctx.Done():
	}
	c.saveArrivalsOf(ctx, account)
	members := c.Boards.Board(account).Members()
	c.Boards.Remove(account)
	for _, id := range members {
		c.forget(team.MemberID{Account: account, User: sipgate.UserID(id)})
	}
	c.Rosters.Forget(account)
	c.Journal.Forget(account)
	err := c.Stores.Forget(ctx, account)
	c.tenures.remove(account, t)
	return err
}

// Enter begins to serve a request for a team, and leave ends that. Pages of the team are
// to be closed when ctx ends. The error is [ErrElsewhere].
func (c *Control) Enter(account string) (ctx context.Context, leave func(), err error) {
	if c.tenures == nil {
		return context.Background(), func() {}, nil
	}
	return c.tenures.enter(account)
}

// Quiet reports whether a team has no call, so that nobody notices when another process
// begins to act for it.
func (c *Control) Quiet(account string) bool {
	board := c.Boards.All()[account]
	if board == nil {
		return true
	}
	_, calls := board.Health()
	return calls == 0
}

// ActsFor reports whether this process acts for a team: it has taken the team on, and not
// begun to give it up.
func (c *Control) ActsFor(account string) bool {
	if c.tenures == nil {
		return true
	}
	c.tenures.mu.Lock()
	defer c.tenures.mu.Unlock()
	return c.tenures.of[account].runs()
}

// Awaited returns the teams for which somebody is signed in, at whatever process.
func (c *Control) Awaited(ctx context.Context) (accounts []string, err error) {
	signedIn, err := c.Sessions.SignedIn(ctx)
	for _, s := range signedIn {
		if c.Members.Allows(s.Account) {
			accounts = append(accounts, s.Account)
		}
	}
	slices.Sort(accounts)
	return slices.Compact(accounts), err
}

// TakenOn returns the teams for which this process acts, none if it is alone.
func (c *Control) TakenOn() (accounts []string) {
	if c.tenures == nil {
		return nil
	}
	c.tenures.mu.Lock()
	defer c.tenures.mu.Unlock()
	for account, t := range c.tenures.of {
		if t.runs() {
			accounts = append(accounts, account)
		}
	}
	return accounts
}

// runs reports whether a tenure has begun and not ended. tenures.mu is held.
func (t *tenure) runs() bool { return t != nil && !t.ended && isClosed(t.begun) && t.err == nil }

// begin returns the tenure of a team, and whether the caller is to begin it. It waits
// for the end of one that is being given up.
func (ts *tenures) begin(ctx, process context.Context, account string) (*tenure, bool, error) {
	for {
		ts.mu.Lock()
		t, ok := ts.of[account]
		if !ok {
			t = &tenure{begun: make(chan struct{}), left: make(chan struct{}), over: make(chan struct{})}
			t.ctx, t.end = context.WithCancel(process)
			ts.of[account] = t
		}
		ended := t.ended
		ts.mu.Unlock()
		if !ended {
			return t, !ok, nil
		}
		select {
		case <-t.over:
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
}

// finish ends the tenure of a team, or returns nil if there is none, or another caller
// has ended it.
func (ts *tenures) finish(account string) *tenure {
	if ts == nil {
		return nil
	}
	ts.mu.Lock()
	t := ts.of[account]
	ts.mu.Unlock()
	if t == nil {
		return nil
	}
	<-t.begun
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if t.ended || t.err != nil {
		return nil
	}
	t.ended = true
	t.end()
	if t.inside == 0 {
		close(t.left)
	}
	return t
}

func (ts *tenures) enter(account string) (context.Context, func(), error) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t := ts.of[account]
	if !t.runs() {
		return nil, nil, ErrElsewhere
	}
	t.inside++
	return t.ctx, sync.OnceFunc(func() {
		ts.mu.Lock()
		defer ts.mu.Unlock()
		if t.inside--; t.inside == 0 && t.ended {
			close(t.left)
		}
	}), nil
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// remove forgets a tenure that is over.
func (ts *tenures) remove(account string, t *tenure) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t.end()
	t.ended = true
	delete(ts.of, account)
	close(t.over)
}
