// Package directory searches for the recipient of a call or a transfer: team
// members, groups, contacts, and the numbers of a member's recent calls.
//
// A search uses memory only. The entries come from what signed-in members may read
// at sipgate. Private contacts and recent calls are found only by the member whose
// they are.
package directory

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/account"
)

// Maximum numbers of entries.
const (
	maxContacts = 10_000 // per account, and private ones per member
	maxMembers  = 1000   // per account, groups included
	maxRecent   = 1000   // per member
)

// MemberID identifies a member of a team. A team is a sipgate account.
type MemberID struct {
	Account string
	User    sipgate.UserID
}

// Kind says where an [Entry] comes from.
type Kind int

// The kinds, in ascending priority: of several entries with the same number a
// search returns the one with the highest kind.
const (
	Recent  Kind = iota // the number of one of the member's calls
	Private             // a private contact of the member
	Contact             // a shared contact
	Group               // a group of devices that ring together
	Member              // a member of the team
)

// Presence says whether a member can be reached now, as far as sipgate knows. It
// is shown only; it prevents no call.
type Presence int

// The presences.
const (
	Unknown      Presence = iota
	Available             // a device is online and accepts calls
	OnCall                // on the board
	DoNotDisturb          // on all devices that are online
	Offline               // no device is online
)

// An Entry is one number of a person or group.
type Entry struct {
	Kind         Kind
	Name         string // empty for a recent number without a known name
	Organization string
	Number       string         // E.164
	User         sipgate.UserID // of a Member
	Presence     Presence       // of a Member
	Groups       []string       // names of a Member's groups, in their order; shared, not to be changed
	FoundIn      string         // the group whose name found the Member, "" if its own name did
	Favourite    bool           // the searching member has marked this Member
	LastCallAt   time.Time      // the searching member's last call with it; zero if not recent
	Exact        bool           // what is searched for is its name, organization or number
}

// States are what a search must know of the team that the directory does not.
type States struct {
	OnCall     map[sipgate.UserID]bool
	Favourites map[sipgate.UserID]bool // of the member who searches
}

// A Directory holds the entries of all accounts. It is safe for concurrent use.
type Directory struct {
	rules   sipgate.NumberRules
	rosters *account.Rosters

	mu       sync.RWMutex
	accounts map[string]*accountData
}

// accountData holds the entries of one account. Its indexes are replaced, never
// changed.
type accountData struct {
	contacts  *index
	members   *index
	team      []Entry // one of each user, by name
	perMember map[sipgate.UserID]*memberData
	roster    *account.Snapshot // from which members was made
}

// memberData holds the entries that only one member may see.
type memberData struct {
	contacts *index
	recent   *index
}

// New returns an empty directory. The rules determine the country code of numbers
// in national format.
//
// The rosters are the source of members and groups, and of their presence.
func New(rules sipgate.NumberRules, rosters *account.Rosters) *Directory {
	return &Directory{rules: rules, rosters: rosters, accounts: map[string]*accountData{}}
}

// account returns the data of an account, which it adds if there is none. d.mu is
// held for writing.
func (d *Directory) account(name string) *accountData {
	a := d.accounts[name]
	if a == nil {
		a = &accountData{perMember: map[sipgate.UserID]*memberData{}}
		d.accounts[name] = a
	}
	return a
}

func (a *accountData) member(user sipgate.UserID) *memberData {
	m := a.perMember[user]
	if m == nil {
		m = &memberData{}
		a.perMember[user] = m
	}
	return m
}

// SetContacts replaces the team's shared contacts and m's private contacts. It
// ignores private contacts if m has no user id.
func (d *Directory) SetContacts(m MemberID, contacts []sipgate.Contact) {
	var shared, private []Entry
	for _, c := range contacts {
		for _, n := range c.Numbers {
			e := Entry{Kind: Private, Name: c.Name, Organization: c.Organization, Number: d.Number(n.Number)}
			switch {
			case e.Number == "":
			case c.Shared():
				e.Kind = Contact
				shared = append(shared, e)
			default:
				private = append(private, e)
			}
		}
	}
	sharedIndex, privateIndex := newIndex(shared, maxContacts), newIndex(private, maxContacts)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.account(m.Account).contacts = sharedIndex
	if m.User != "" {
		d.account(m.Account).member(m.User).contacts = privateIndex
	}
}

// AddRecent adds the numbers of m's past calls. It keeps the last call with each
// number. The index is made while no lock is held: no search waits for it.
func (d *Directory) AddRecent(m MemberID, recent []Entry) {
	for {
		known := d.recentOf(m)
		made := newIndex(mergeRecent(append(known.all(), recent...)), maxRecent)
		if d.replaceRecent(m, known, made) {
			return
		}
	}
}

// recentOf returns the index of m's recent calls, nil if there is none.
func (d *Directory) recentOf(m MemberID) *index {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if a := d.accounts[m.Account]; a != nil && a.perMember[m.User] != nil {
		return a.perMember[m.User].recent
	}
	return nil
}

// replaceRecent replaces the index of m's recent calls, unless it is no longer the
// one that is known.
func (d *Directory) replaceRecent(m MemberID, known, made *index) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	data := d.account(m.Account).member(m.User)
	if data.recent != known {
		return false
	}
	data.recent = made
	return true
}

// RecordCall adds the number of a call that m has now. It costs a look-up if the
// call was recorded before.
func (d *Directory) RecordCall(m MemberID, number string, now time.Time) {
	if known, ok := d.recentOf(m).lookup(number); number == "" || ok && !known.LastCallAt.Before(now) {
		return
	}
	d.AddRecent(m, []Entry{{Number: number, LastCallAt: now}})
}

// mergeRecent returns the last call with each number, the latest first.
func mergeRecent(recent []Entry) []Entry {
	slices.SortStableFunc(recent, func(x, y Entry) int { return y.LastCallAt.Compare(x.LastCallAt) })
	at := map[string]int{}
	var kept []Entry
	for _, e := range recent {
		i, known := at[e.Number]
		switch {
		case !known && e.Number != "":
			at[e.Number] = len(kept)
			e.Kind = Recent
			kept = append(kept, e)
		case known:
			kept[i].Name = cmp.Or(kept[i].Name, e.Name)
		}
	}
	return kept
}

// Forget removes the entries that only m may see. Call it when m leaves the team.
func (d *Directory) Forget(m MemberID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if a := d.accounts[m.Account]; a != nil {
		delete(a.perMember, m.User)
	}
}

// Colleagues returns all users of m's account but m, whether they have a number
// or not, in the order of their names. What they do at the moment is not in it.
func (d *Directory) Colleagues(m MemberID) []Entry {
	a, _ := d.visibleTo(m)
	return slices.DeleteFunc(slices.Clone(a.team), func(e Entry) bool { return e.User == m.User })
}

// MemberName returns the name of the member or group that has a number in E.164
// format, or "" if there is none.
func (d *Directory) MemberName(account, number string) string {
	a, _ := d.visibleTo(MemberID{Account: account})
	e, _ := a.members.lookup(number)
	return e.Name
}

// Number returns a contact's number in E.164 format, or "" if it has none, such as
// an extension or a short code. It accepts blocked numbers; dialling them is
// refused later.
func (d *Directory) Number(raw string) string { return d.rules.E164(raw) }
