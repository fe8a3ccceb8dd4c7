package callcontrol

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/account"
	"callboard/sipgate/directory"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// The members on a board are those who are signed in: their access shows its
// calls and carries its commands.

// SignIn records a sign-in with the tokens it brought, and puts the member on
// their team's board. user is nil if sipgate did not say who they are; it is
// asked again later. Errors are those of [team.Members.SignIn] and of storing
// the grant.
func (c *Control) SignIn(ctx context.Context, m team.MemberID, user *sipgate.User, t sipgate.Tokens) (member team.Member, err error) {
	if user == nil {
		member, err = c.Members.SignInUnconfirmed(ctx, m)
	} else {
		member, err = c.Members.SignIn(ctx, m, account.Name(*user), user.Admin)
	}
	if err != nil {
		return member, err
	}
	if err := c.Grants.Put(ctx, m, t); err != nil {
		return member, err
	}
	if p := sipgate.PlatformOf(t.Access); p != sipgate.UnknownPlatform && p != c.Capabilities.Get(m.Account).Platform {
		return member, c.setPlatform(ctx, m.Account, sipgate.PlatformDetection{Platform: p, Evidence: "token"})
	}
	return member, nil
}

// Join puts a member on the board of their team.
func (c *Control) Join(m SignedIn) {
	client, board := c.ClientOf(m.MemberID), c.Boards.Board(m.Account)
	if c.ReceivesEvents(m.Account) {
		board.ExpectEvents()
	}
	c.probeOnce(m.Account, client)
	board.Join(switchboard.Member{
		ID: switchboard.MemberID(m.User), Name: cmp.Or(c.MemberName(m.MemberID), m.Name), API: client, Names: c.readNames(m.MemberID, client),
	})
}

// Leave takes a member off the board if they have no session left, and returns
// the refresh token that is no longer needed, "" if there is none.
func (c *Control) Leave(ctx context.Context, m team.MemberID) (refresh string, err error) {
	if signedIn, err := c.Sessions.IsSignedIn(ctx, m); err != nil || signedIn {
		return "", err
	}
	c.Boards.Board(m.Account).Leave(switchboard.MemberID(m.User))
	c.forget(m)
	return c.Grants.Drop(ctx, m)
}

// removeTimeout bounds how long the database may take to forget a member.
const removeTimeout = 20 * time.Second

// memberChanged makes a change of a member take effect at once: a removed
// member is signed out everywhere, and all who look at the board get it again,
// since what they may see and do may be different now.
func (c *Control) memberChanged(m team.Member) {
	board := c.Boards.Board(m.Account)
	if m.Removed {
		ctx, cancel := context.WithTimeout(context.Background(), removeTimeout)
		defer cancel()
		if err := c.Sessions.SignOut(ctx, m.MemberID); err != nil {
			c.Log.Error("sign out removed member", "member", m.MemberID, "err", err)
		}
		board.Leave(switchboard.MemberID(m.User))
		c.forget(m.MemberID)
		if _, err := c.Grants.Drop(ctx, m.MemberID); err != nil {
			c.Log.Error("drop grant of removed member", "member", m.MemberID, "err", err)
		}
	}
	board.Invalidate()
}

// syncMembers makes the members on the boards those who are signed in: at the
// start, since sessions outlive the program, and regularly, since they expire.
func (c *Control) syncMembers(ctx context.Context) (signedIn []SignedIn, err error) {
	if signedIn, err = c.Sessions.SignedIn(ctx); err != nil {
		return nil, err
	}
	signedIn = slices.DeleteFunc(signedIn, func(s SignedIn) bool { return !c.ActsFor(s.Account) })
	here := map[team.MemberID]bool{}
	for _, s := range signedIn {
		if !here[s.MemberID] && !c.Boards.Board(s.Account).HasMember(switchboard.MemberID(s.User)) {
			c.Join(s)
		}
		here[s.MemberID] = true
	}
	for account, board := range c.Boards.All() {
		for _, id := range board.Members() {
			m := team.MemberID{Account: account, User: sipgate.UserID(id)}
			if id == ServiceID || here[m] {
				continue
			}
			if signedIn, err := c.Sessions.IsSignedIn(ctx, m); err != nil || signedIn { // they may have come since
				continue
			}
			board.Leave(id)
			c.forget(m)
		}
	}
	return signedIn, nil
}

// forget drops what only a member may see, who has left.
func (c *Control) forget(m team.MemberID) {
	c.Private.Forget(m)
	c.Directory.Forget(directory.MemberID{Account: m.Account, User: m.User})
}

// forgetIfGone forgets what was read while the member was leaving.
func (c *Control) forgetIfGone(m team.MemberID) {
	if !c.Boards.Board(m.Account).HasMember(switchboard.MemberID(m.User)) {
		c.forget(m)
	}
}

// OnlineMembers returns the signed-in members of an account who can be asked
// for their calls, the highest role first.
func (c *Control) OnlineMembers(account string) []team.Member {
	board := c.Boards.Board(account)
	failed := board.Snapshot().Health.AuthFailed
	var members []team.Member
	for _, id := range board.Members() {
		m, ok := c.Members.Get(team.MemberID{Account: account, User: sipgate.UserID(id)})
		if ok && !slices.Contains(failed, id) {
			members = append(members, m)
		}
	}
	slices.SortStableFunc(members, func(a, b team.Member) int { return cmp.Compare(b.Role, a.Role) })
	return members
}

// SetTeamDefault changes the consent of all who have not stated one.
func (c *Control) SetTeamDefault(ctx context.Context, a Actor, consent team.Consent) error {
	params := "default shares " + onOff(consent.SharesCalls) + " leads " + onOff(consent.AllowsLeads)
	err := c.Audited(ctx, a, team.ManageSettings, params, "", func(ctx context.Context) error {
		return c.Members.SetDefaultConsent(ctx, a.MemberID, consent)
	})
	c.Board(a).Invalidate()
	return err
}

// SetAlarmLimits changes the team's limits. Errors are those of
// [team.Alarms.Set] and of the audit.
func (c *Control) SetAlarmLimits(ctx context.Context, a Actor, l team.AlarmLimits) error {
	limit := func(l team.AlarmLimit) string {
		if l == (team.AlarmLimit{}) {
			return "off"
		}
		return fmt.Sprintf("%d/%d", l.Amber, l.Red)
	}
	params := fmt.Sprintf("alarms ringing %s held %s talking %s", limit(l.Ringing), limit(l.Held), limit(l.Talking))
	err := c.Audited(ctx, a, team.ManageSettings, params, "", func(ctx context.Context) error { return c.Alarms.Set(ctx, a.Account, l) })
	c.Board(a).Invalidate()
	return err
}

// SetFavourite marks a colleague as one of the actor's favourites, or removes the
// mark, and shows that on all their pages. It returns [team.ErrNoMember] for who is
// no user of the account, and for the actor.
func (c *Control) SetFavourite(ctx context.Context, a Actor, user sipgate.UserID, on bool) error {
	isUser := func(u sipgate.User) bool { return u.ID == user }
	_, member := c.Members.Known(team.MemberID{Account: a.Account, User: user})
	if user == a.User || !member && !slices.ContainsFunc(c.Rosters.Of(a.Account).Snapshot().Users, isUser) {
		return team.ErrNoMember
	}
	if err := c.Favourites.Set(ctx, a.MemberID, user, on); err != nil {
		return err
	}
	c.Board(a).Invalidate()
	return nil
}

// TeamMembers returns the members of an account and, with NoRole, the users of
// the account who never signed in.
func (c *Control) TeamMembers(account string) []team.Member {
	members := c.Members.List(account)
	for i, m := range members {
		members[i].Name = cmp.Or(c.MemberName(m.MemberID), m.Name)
	}
	for _, u := range c.Rosters.Of(account).Snapshot().Users {
		id := team.MemberID{Account: account, User: u.ID}
		if _, known := c.Members.Known(id); !known {
			members = append(members, team.Member{MemberID: id, Name: c.MemberName(id), Consent: c.Members.DefaultConsent(account)})
		}
	}
	slices.SortFunc(members, team.Compare)
	return members
}

// MemberCount returns how many signed-in members a board has, without the
// service account.
func (c *Control) MemberCount(account string) int {
	return len(slices.DeleteFunc(c.Boards.Board(account).Members(), func(id switchboard.MemberID) bool { return id == ServiceID }))
}

// maxReaders is through how many members an account is tried to be read.
const maxReaders = 3

// Readers returns clients through which an account can be read: those of
// signed-in members, the highest role first, and the service account's last.
func (c *Control) Readers(account string) (clients []*sipgate.Client) {
	members := c.OnlineMembers(account)
	for _, m := range members[:min(len(members), maxReaders)] {
		clients = append(clients, c.ClientOf(m.MemberID))
	}
	if c.service != nil && c.Boards.Board(account).HasMember(ServiceID) {
		clients = append(clients, c.service.watched(account))
	}
	return clients
}

// accessTo is the [account.Source] of the rosters.
func (c *Control) accessTo(accountID string, user sipgate.UserID) (access []account.Access) {
	for _, client := range c.Readers(accountID) {
		access = append(access, client)
	}
	if user != "" && c.Boards.Board(accountID).HasMember(switchboard.MemberID(user)) {
		access = append(access, c.ClientOf(team.MemberID{Account: accountID, User: user}))
	}
	return access
}

// MarkActive records that the actor is here; at most every few minutes it is
// stored.
func (c *Control) MarkActive(ctx context.Context, a Actor) {
	if err := c.Members.MarkActive(ctx, a.MemberID); err != nil && ctx.Err() == nil {
		c.Log.Info("store last activity", "member", a.MemberID, "err", err)
	}
}

// A SignInProblem is a member through whom sipgate cannot be asked, or not after
// a restart.
type SignInProblem struct {
	Name    string
	Unsaved bool // the access works, but the disk did not take its last renewal; else the member must sign in again
}

// SignInProblems returns the members of the actor's team whose access does not
// work, or would not survive a restart. The error is that of the store.
func (c *Control) SignInProblems(ctx context.Context, a Actor) (all []SignInProblem, err error) {
	name := func(m team.MemberID) string {
		member, _ := c.Members.Get(m)
		return cmp.Or(member.Name, string(m.User))
	}
	for _, id := range c.Board(a).Snapshot().Health.AuthFailed {
		if id == ServiceID {
			all = append(all, SignInProblem{Name: ServiceName})
			continue
		}
		all = append(all, SignInProblem{Name: name(team.MemberID{Account: a.Account, User: sipgate.UserID(id)})})
	}
	members, err := c.Grants.Members(ctx, a.Account)
	for _, m := range members {
		if c.Grants.State(m) == team.StateUnsaved {
			all = append(all, SignInProblem{Name: name(m), Unsaved: true})
		}
	}
	return all, err
}
