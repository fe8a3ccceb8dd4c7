package callcontrol

import (
	"cmp"
	"context"
	"slices"

	"callboard/sipgate"
	"callboard/sipgate/directory"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// MemberName returns the name of a user of sipgate, whether they ever signed in
// or not, or "" if it is not known.
func (c *Control) MemberName(m team.MemberID) string {
	if m.User == "" {
		return ""
	}
	if member, _ := c.Members.Known(m); member.Name != "" && member.Name != string(m.User) {
		return member.Name
	}
	return c.Rosters.Of(m.Account).UserName(m.User)
}

// readNames returns a function that reads, with the access of a member, the
// names of numbers that the whole team may see. What else the member's access
// shows goes to the roster, the directory and the member's private names.
func (c *Control) readNames(m team.MemberID, client *sipgate.Client) func(context.Context) (map[string]string, error) {
	return func(ctx context.Context) (map[string]string, error) {
		c.Rosters.Of(m.Account).Load()
		c.background(func(ctx context.Context) {
			c.readRecentNumbers(ctx, m, client)
			c.forgetIfGone(m)
		})
		contacts, err := client.Contacts(ctx)
		if err != nil {
			return nil, err
		}
		c.Directory.SetContacts(directory.MemberID{Account: m.Account, User: m.User}, contacts)
		shared, private := c.numberNames(contacts)
		c.setPrivateNames(m, private)
		return shared, nil
	}
}

// readTeamNames is readNames for the service account, which has nothing
// private.
func (c *Control) readTeamNames(account string, client *sipgate.Client) func(context.Context) (map[string]string, error) {
	return func(ctx context.Context) (map[string]string, error) {
		c.Rosters.Of(account).Load()
		contacts, err := client.Contacts(ctx)
		if err != nil {
			return nil, err
		}
		c.Directory.SetContacts(directory.MemberID{Account: account}, contacts)
		shared, _ := c.numberNames(contacts)
		return shared, nil
	}
}

// setPrivateNames replaces the names that only one member sees. If a call is
// shown without a name that the member has, the board is shown again.
func (c *Control) setPrivateNames(m team.MemberID, private map[string]string) {
	board := c.Boards.Board(m.Account)
	if c.Private.Set(m, private) && slices.ContainsFunc(board.Snapshot().Calls, func(call switchboard.Call) bool {
		return call.Remote.Name == "" && private[call.Remote.Number] != ""
	}) {
		board.Invalidate()
	}
	c.forgetIfGone(m)
}

// numberNames returns the numbers that have a name in a member's contacts: in
// shared and internal ones, which the whole team may see, and in all others,
// which are the member's alone.
func (c *Control) numberNames(contacts []sipgate.Contact) (shared, private map[string]string) {
	shared, private = map[string]string{}, map[string]string{}
	for _, contact := range contacts {
		names := private
		if contact.Shared() {
			names = shared
		}
		for _, n := range contact.Numbers {
			names[cmp.Or(c.Directory.Number(n.Number), sipgate.NormalizeNumber(n.Number))] = contact.Name
		}
	}
	return shared, private
}

// maxRecent is how many entries of the account's history are searched for those
// of one member.
const maxRecent = 500

// readRecentNumbers reads the numbers in a member's past calls into the
// directory.
func (c *Control) readRecentNumbers(ctx context.Context, m team.MemberID, client *sipgate.Client) {
	own, err := c.Rosters.Of(m.Account).Extensions(ctx, m.User)
	if err != nil {
		c.Log.Info("read own devices", "member", m, "err", err)
		return
	}
	page, err := client.History(ctx, sipgate.HistoryQuery{Types: []string{"CALL"}, Limit: maxRecent})
	if err != nil {
		c.Log.Info("read past calls", "member", m, "err", err)
		return
	}
	var recent []directory.Entry
	for _, e := range page.Items {
		if slices.ContainsFunc(e.Extensions(), func(x string) bool { return own[x] }) {
			recent = append(recent, recentEntry(e))
		}
	}
	c.Directory.AddRecent(directory.MemberID{Account: m.Account, User: m.User}, recent)
}

// recentEntry is the remote number of a past call. An alias that only repeats
// the number is not a name.
func recentEntry(e sipgate.HistoryEntry) directory.Entry {
	remote, name := e.Remote()
	number := sipgate.NormalizeNumber(remote)
	if !sipgate.Number(number).Valid() {
		number = ""
	}
	if sipgate.NormalizeNumber(name) == number {
		name = ""
	}
	return directory.Entry{Name: name, Number: number, LastCallAt: e.Created}
}
