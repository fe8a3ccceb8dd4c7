// Package callcontrol does what members ask for: act on calls, start calls,
// play announcements, join and leave a team's board.
//
// Everything passes the same stations in the same order: the policy decides,
// the audit records, and only then the board or sipgate acts. What the audit
// does not take is not done, and what was asked for twice under one action id
// is done and recorded once.
package callcontrol

import (
	"context"
	"log/slog"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"callboard/sipgate"
	"callboard/sipgate/account"
	"callboard/sipgate/announcement"
	"callboard/sipgate/callhistory"
	"callboard/sipgate/directory"
	"callboard/sipgate/journal"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// Options are the parts that a [Control] brings together.
type Options struct {
	*team.Stores
	Log     *slog.Logger
	Boards  *switchboard.Boards
	Journal *journal.Journal
	Library *announcement.Library
	Numbers sipgate.NumberRules // which numbers may be called

	// Client returns a client of sipgate that acts with the credentials for an
	// account, "" as long as that is not known.
	Client func(account string, auth sipgate.Credentials) *sipgate.Client

	// Service are the credentials of the service account, nil if there is none.
	Service sipgate.Credentials

	// Sessions are the sign-ins of all members.
	Sessions Sessions

	// OnDemand has the Control act for the teams that it has taken on, and no others.
	OnDemand bool

	// OnAction, unless it is nil, is called for each action that the audit
	// records, when its outcome is known.
	OnAction func(account string, p team.Permission, outcome string)

	// PushURL returns our address for the push events of an account.
	PushURL func(account string) string

	// AnnouncementURL returns the address from which sipgate fetches a
	// published announcement.
	AnnouncementURL func(token string) string
}

// Sessions are the sign-ins of members, as the web keeps them.
type Sessions interface {
	// SignedIn returns the members who have a session, each at least once.
	SignedIn(ctx context.Context) ([]SignedIn, error)

	// IsSignedIn reports whether a member has a session.
	IsSignedIn(ctx context.Context, m team.MemberID) (bool, error)

	// SignOut ends all sessions of a member.
	SignOut(ctx context.Context, m team.MemberID) error
}

// SignedIn is a member who has a session.
type SignedIn struct {
	team.MemberID
	Name string
}

// An Actor is the member for whom something is done.
type Actor struct {
	team.Member        // as the team knows the member now
	Address     string // IP address of the request, for the audit
}

// BoardID returns the id of a member on the board of their team.
func BoardID(m team.MemberID) switchboard.MemberID { return switchboard.MemberID(m.User) }

// BoardID returns the id of the actor on the board of their team.
func (a Actor) BoardID() switchboard.MemberID { return switchboard.MemberID(a.User) }

// Control acts in the names of members. It is safe for concurrent use.
type Control struct {
	Options
	Rosters    *account.Rosters
	Directory  *directory.Directory
	Private    *team.PrivateNames
	History    *callhistory.History
	Unreadable *account.Unreadable // what of sipgate's lists could not be read

	// ChannelEvents, if not nil, is to be set before Start.
	ChannelEvents ChannelEvents

	service  *serviceAccount // nil if there is none
	refusals *lru.Cache[refusal, struct{}]
	recent   recentCalls
	channels *lru.Cache[team.MemberID, *sipgate.ChannelHistory]

	started *lru.Cache[startedKey, *startedCall]
	probed  sync.Map // accounts that probe has asked for
	tenures *tenures // nil: this process acts for all teams

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	tasks  tasks
}

// New returns a Control. Start begins what it does in the background, and Close
// ends it.
func New(o Options) *Control {
	c := &Control{Options: o, Private: &team.PrivateNames{}, refusals: newRefusals(), channels: newChannelHistories(), started: newStartedCalls(), Unreadable: account.NewUnreadable(o.Log)}
	if o.OnDemand {
		c.tenures = &tenures{of: map[string]*tenure{}}
	}
	c.Rosters = account.NewRosters(c.accessTo, o.Log)
	if o.Boards != nil {
		o.Boards.SetRosters(c.Rosters)
		o.Boards.OnListRefused(func(account string) { c.tasks.Go(func() { c.detectMigration(account) }) })
	}
	c.Directory = directory.New(o.Numbers, c.Rosters)
	c.History = callhistory.New(callhistory.Options{Log: o.Log, Boards: o.Boards, Members: o.Members, Journal: o.Journal,
		Rosters: c.Rosters, Private: c.Private, Client: c.ClientOf})
	c.ctx, c.cancel = context.WithCancel(context.Background())
	if o.Service != nil {
		c.service = newServiceAccount(c)
	}
	o.Members.OnChange(c.memberChanged)
	c.Rosters.OnUsers(c.relearnZone)
	c.Rosters.OnChange(func(account string) {
		if o.Boards != nil {
			o.Boards.Board(account).Invalidate()
		}
	})
	return c
}

// Start puts the members who are signed in on their boards and begins the
// housekeeping.
func (c *Control) Start(ctx context.Context) error {
	if _, err := c.syncMembers(ctx); err != nil {
		return err
	}
	c.tasks.Go(func() { c.keepHouse(c.ctx) })
	return nil
}

// Close ends what goes on in the background, and waits for it and for the actions
// that have begun, also for those whose requests were given up. Later actions
// return [switchboard.ErrBoardClosed]. Close it before the boards and the database.
func (c *Control) Close() {
	c.cancel()
	c.tasks.close()
	c.Rosters.Close()
}

// background does something that no answer waits for, within a minute.
func (c *Control) background(do func(context.Context)) {
	c.tasks.Go(func() {
		ctx, cancel := context.WithTimeout(c.ctx, time.Minute)
		defer cancel()
		do(ctx)
	})
}

// Board returns the board of the actor's team.
func (c *Control) Board(a Actor) *switchboard.Board { return c.Boards.Board(a.Account) }

// ClientOf returns a client that acts at sipgate with a member's own access.
func (c *Control) ClientOf(m team.MemberID) *sipgate.Client {
	client := c.Unreadable.Watch(c.Client(m.Account, c.Grants.Credentials(m)), m.Account, m.User)
	client.ChannelHistory = c.channelHistory(m)
	return client
}
