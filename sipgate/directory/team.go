package directory

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"callboard/sipgate"
)

// Access is what the directory asks of sipgate, with the access of one member.
// *sipgate.Client implements it.
type Access interface {
	Users(ctx context.Context) ([]sipgate.User, error)
	Numbers(ctx context.Context) ([]sipgate.AccountNumber, error)
	Devices(ctx context.Context, id sipgate.UserID) ([]sipgate.Device, error)
}

// The times at which a team is read, whoever of its members asks.
const (
	teamMaxAge         = 10 * time.Minute
	teamRetryDelay     = time.Minute // after a failure
	presenceMaxAge     = 30 * time.Second
	maxInitialPresence = 50 // members whose telephones are read with the team; of others when they are found
)

// roster is what sipgate tells of an account's members.
type roster struct {
	nextRead   time.Time // when it is to be read again
	refreshing bool      // somebody's telephones are being read
	users      []sipgate.User
	numbers    []sipgate.AccountNumber
	devices    map[sipgate.UserID]memberDevices
}

// telephones are those of one member.
type memberDevices struct {
	presence Presence
	lines    []string
	readAt   time.Time
}

// ReadTeam asks who is in the team, with which numbers and telephones, unless
// that was asked lately.
func (d *Directory) ReadTeam(ctx context.Context, account string, access Access) error {
	if !d.startTeamRead(account, time.Now()) {
		return nil
	}
	users, err := access.Users(ctx)
	if err != nil {
		return err
	}
	numbers, err := access.Numbers(ctx)
	if err != nil {
		return err
	}
	d.mu.Lock()
	r := &d.account(account).roster
	r.users, r.numbers, r.nextRead = users, numbers, time.Now().Add(teamMaxAge)
	d.mu.Unlock()
	for i, u := range users {
		if i < maxInitialPresence {
			d.readDevices(ctx, account, u.ID, access)
		}
	}
	d.rebuildIndex(account)
	return nil
}

// takeTeam reports whether the team is to be read. To whom it says so, nobody
// else is told for a while.
func (d *Directory) startTeamRead(account string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := &d.account(account).roster
	if now.Before(r.nextRead) {
		return false
	}
	r.nextRead = now.Add(teamRetryDelay)
	return true
}

// Stale reports whether the presence of one of the members is older than half a
// minute and worth asking for. To whom it says so, nobody else is told until
// [Directory.Freshen] has returned.
func (d *Directory) StartPresenceRefresh(account string, members []Entry) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := &d.account(account).roster
	if r.refreshing || !slices.ContainsFunc(members, func(e Entry) bool { return r.stale(e.User, time.Now()) }) {
		return false
	}
	r.refreshing = true
	return true
}

func (r *roster) stale(u sipgate.UserID, now time.Time) bool {
	return u != "" && now.Sub(r.devices[u].readAt) >= presenceMaxAge
}

// Freshen asks for the presence of those members of whom it is stale, one after
// the other. It is due when [Directory.Stale] said so.
func (d *Directory) RefreshPresence(ctx context.Context, account string, members []Entry, access Access) {
	for _, e := range members {
		d.mu.RLock()
		stale := d.accounts[account].roster.stale(e.User, time.Now())
		d.mu.RUnlock()
		if stale {
			d.readDevices(ctx, account, e.User, access)
		}
	}
	d.rebuildIndex(account)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.account(account).roster.refreshing = false
}

// readPhones asks for the telephones of one member. If sipgate does not tell,
// the presence is unknown; it is not asked again before the next time.
func (d *Directory) readDevices(ctx context.Context, account string, u sipgate.UserID, access Access) {
	devices, err := access.Devices(ctx, u)
	if ctx.Err() != nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	r := &d.account(account).roster
	if r.devices == nil {
		r.devices = map[sipgate.UserID]memberDevices{}
	}
	t := memberDevices{lines: r.devices[u].lines, readAt: time.Now()}
	if err == nil {
		t.presence, t.lines = presence(devices), phonelines(devices)
	}
	r.devices[u] = t
}

// presence is that of somebody with these telephones. Of mobiles and other
// telephones outside sipgate does not tell whether they are reached.
func presence(devices []sipgate.Device) Presence {
	p := Offline
	for _, x := range devices {
		switch {
		case x.Online && !x.DND:
			return Available
		case x.Online:
			p = DoNotDisturb
		case x.Type != "REGISTER" && p == Offline:
			p = Unknown
		}
	}
	if len(devices) == 0 {
		return Unknown
	}
	return p
}

func phonelines(devices []sipgate.Device) []string {
	var all []string
	for _, x := range devices {
		for _, l := range x.Phonelines {
			if !slices.Contains(all, l.ID) {
				all = append(all, l.ID)
			}
		}
	}
	return all
}

// muster makes entries of what is known of the members, and of the account's
// groups of telephones.
func (d *Directory) rebuildIndex(account string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.account(account)
	at := map[string][]string{} // numbers by line
	var all []Entry
	for _, n := range t.roster.numbers {
		number := d.Number(n.Number)
		if number == "" {
			continue
		}
		at[n.EndpointID] = append(at[n.EndpointID], number)
		if strings.HasPrefix(n.EndpointID, "g") {
			all = append(all, Entry{Kind: Group, Name: cmp.Or(n.EndpointAlias, number), Number: number})
		}
	}
	for _, u := range t.roster.users {
		phones := t.roster.devices[u.ID]
		for _, l := range phones.lines {
			for _, number := range at[l] {
				name := strings.TrimSpace(u.Firstname + " " + u.Lastname)
				all = append(all, Entry{Kind: Member, Name: name, Number: number, User: u.ID, Presence: phones.presence})
			}
		}
	}
	t.members = newIndex(all, maxMembers)
}
