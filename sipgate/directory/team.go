package directory

import (
	"cmp"
	"slices"
	"strings"

	"callboard/sipgate"
	"callboard/sipgate/account"
)

// RefreshPresence has the presence of members read again that is older than half
// a minute. It reports whether any is, and does not wait for it.
func (d *Directory) RefreshPresence(accountID string, entries []Entry) bool {
	var users []sipgate.UserID
	for _, e := range entries {
		if e.User != "" && !slices.Contains(users, e.User) {
			users = append(users, e.User)
		}
	}
	return d.rosters.Of(accountID).RefreshPresence(users)
}

// syncMembers replaces the entries of members and groups if the roster of the
// account has changed.
func (d *Directory) syncMembers(accountID string) {
	roster := d.rosters.Of(accountID).Snapshot()
	d.mu.RLock()
	a := d.accounts[accountID]
	current := a != nil && a.roster == roster
	d.mu.RUnlock()
	if current {
		return
	}
	entries := d.memberEntries(roster)
	members, team := newIndex(entries, maxMembers), teamEntries(roster, entries)
	d.mu.Lock()
	defer d.mu.Unlock()
	a = d.account(accountID)
	if a.roster == nil || a.roster.Version <= roster.Version {
		a.roster, a.members, a.team = roster, members, team
	}
}

// memberEntries returns an entry for each number of a member or group.
func (d *Directory) memberEntries(roster *account.Snapshot) (all []Entry) {
	numbersOf := map[string][]string{} // by phone line or group
	for _, n := range roster.Numbers {
		number := d.Number(n.Number)
		if number == "" {
			continue
		}
		numbersOf[n.EndpointID] = append(numbersOf[n.EndpointID], number)
		if strings.HasPrefix(n.EndpointID, "g") {
			all = append(all, Entry{Kind: Group, Name: cmp.Or(n.EndpointAlias, number), Number: number})
		}
	}
	for _, u := range roster.Users {
		devices := roster.Devices[u.ID]
		groups := groupNames(devices)
		for _, l := range phonelines(devices) {
			for _, number := range numbersOf[l] {
				all = append(all, Entry{Kind: Member, Name: account.Name(u), Number: number, User: u.ID, Presence: presence(devices), Groups: groups})
			}
		}
	}
	return all
}

// teamEntries returns an entry for each user, with the first of their numbers
// among entries, if there is any.
func teamEntries(roster *account.Snapshot, entries []Entry) (all []Entry) {
	for _, u := range roster.Users[:min(len(roster.Users), maxMembers)] {
		if !u.ID.IsPerson() {
			continue
		}
		devices := roster.Devices[u.ID]
		e := Entry{Kind: Member, Name: account.Name(u), User: u.ID, Presence: presence(devices), Groups: groupNames(devices)}
		if i := slices.IndexFunc(entries, func(e Entry) bool { return e.User == u.ID }); i >= 0 {
			e.Number = entries[i].Number
		}
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b Entry) int { return sipgate.CompareNames(a.Name, b.Name) })
	return all
}

// presence returns the presence of a member with these devices. It is unknown for
// mobiles and external devices, whose state sipgate does not report.
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

// phonelines returns the ids of the devices' phone lines, each once.
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

// groupNames returns the names of the groups whose calls ring at the devices, each
// once and in their order.
func groupNames(devices []sipgate.Device) (all []string) {
	for _, x := range devices {
		for _, g := range x.Groups {
			if g.Alias != "" && !slices.Contains(all, g.Alias) {
				all = append(all, g.Alias)
			}
		}
	}
	slices.SortFunc(all, sipgate.CompareNames)
	return all
}
