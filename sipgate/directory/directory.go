// Package directory finds whom to call: members of the team, contacts, and the
// numbers that somebody telephoned with lately.
//
// Everything is in memory and was told by somebody who is signed in; a search
// asks nobody. What one member alone may see (private contacts, own calls) is
// found by that member only, whatever is typed.
package directory

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"callboard/sipgate"
)

// Bounds of what is remembered.
const (
	maxContacts = 10_000 // of a team, and of each member
	maxMembers  = 1000
	maxRecent   = 1000 // of each member
)

// A Person is a member of a team, which is a sipgate account.
type MemberID struct {
	Account string
	User    sipgate.UserID
}

// Kind says where an [Entry] comes from. Of several with one number the
// greatest is shown.
type Kind int

// The kinds.
const (
	Recent  Kind = iota // a number that was in one of the member's calls
	Private             // a contact of the member alone
	Contact             // a contact of the team
	Group               // telephones of the account that ring together
	Member              // of the team
)

// Presence is how a member of the team can be reached now, as far as sipgate
// tells. It hinders nothing.
type Presence int

// The presences.
const (
	Unknown      Presence = iota
	Available             // a telephone is online, and nothing speaks against calling
	OnCall                // by what the board shows
	DoNotDisturb          // on all telephones that are online
	Offline               // no telephone is online
)

// An Entry is one number of somebody.
type Entry struct {
	Kind         Kind
	Name         string // empty for a recent number that has none
	Organization string
	Number       string         // E.164
	User         sipgate.UserID // of a Member
	Presence     Presence       // of a Member
	LastCallAt   time.Time      // when it was in a call of the member who searches; zero: not lately
}

// A Directory knows the entries of all teams. It is safe for concurrent use.
type Directory struct {
	rules sipgate.NumberRules

	mu       sync.RWMutex
	accounts map[string]*accountData
}

// team is what one account's members have told. Its indexes are never changed,
// only replaced.
type accountData struct {
	contacts  *index
	members   *index
	perMember map[sipgate.UserID]*memberData
	roster    roster
}

type memberData struct {
	contacts *index
	recent   *index
}

// New returns a directory without entries. The rules tell how numbers in
// national spelling are meant.
func New(rules sipgate.NumberRules) *Directory {
	return &Directory{rules: rules, accounts: map[string]*accountData{}}
}

// of returns what an account's members have told, which may be nothing yet.
func (d *Directory) account(account string) *accountData {
	t := d.accounts[account]
	if t == nil {
		t = &accountData{perMember: map[sipgate.UserID]*memberData{}}
		d.accounts[account] = t
	}
	return t
}

func (t *accountData) member(user sipgate.UserID) *memberData {
	p := t.perMember[user]
	if p == nil {
		p = &memberData{}
		t.perMember[user] = p
	}
	return p
}

// LearnContacts replaces the team's contacts and those that who alone may see
// by the ones that who's access to sipgate shows.
func (d *Directory) SetContacts(who MemberID, contacts []sipgate.Contact) {
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
	forAll, forOne := newIndex(shared, maxContacts), newIndex(private, maxContacts)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.account(who.Account).contacts = forAll
	if who.User != "" {
		d.account(who.Account).member(who.User).contacts = forOne
	}
}

// LearnRecent replaces the numbers that who telephoned with, from what sipgate
// tells of the past. Later calls that [Directory.Called] told stay.
func (d *Directory) AddRecent(who MemberID, recent []Entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.account(who.Account).member(who.User)
	p.recent = newIndex(mergeRecent(append(p.recent.all(), recent...)), maxRecent)
}

// Called adds a number that who telephones with now.
func (d *Directory) RecordCall(who MemberID, number string, now time.Time) {
	if number != "" {
		d.AddRecent(who, []Entry{{Number: number, LastCallAt: now}})
	}
}

// latest keeps the last call with each number, last calls first.
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

// Forget drops what only who may see. It is due when who leaves.
func (d *Directory) Forget(who MemberID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if t := d.accounts[who.Account]; t != nil {
		delete(t.perMember, who.User)
	}
}

// Colleagues are the members of who's team but who, each with one number: those
// who are available first. Busy tells who is on a call.
func (d *Directory) Colleagues(who MemberID, busy map[sipgate.UserID]bool) []Entry {
	found := d.Search(who, "", maxMembers+maxRecent, busy)
	known := map[sipgate.UserID]bool{who.User: true}
	var all []Entry
	for _, e := range found {
		if e.Kind == Member && !known[e.User] {
			known[e.User] = true
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(x, y Entry) int { return cmp.Compare(availabilityOrder(x), availabilityOrder(y)) })
	return all
}

// away is 0 for whom a call can reach at once.
func availabilityOrder(e Entry) int {
	if e.Presence == Available {
		return 0
	}
	return 1
}

// MemberName is the name of the member, or group, of an account who has a number
// in E.164 form; "" if nobody has.
func (d *Directory) MemberName(account, number string) string {
	t, _ := d.visibleTo(MemberID{Account: account})
	e, _ := t.members.lookup(number)
	return e.Name
}

// Number is a contact's number as it would be dialled, or "" for what is none:
// an extension, a short code. Blocked ones are found too, and refused where
// they are to be called.
func (d *Directory) Number(raw string) string {
	if n := sipgate.Number(d.rules.Partial(raw)); n.Valid() {
		return string(n)
	}
	if n, err := d.rules.Parse(raw); err == nil {
		return string(n)
	}
	if n := sipgate.NormalizeNumber(raw); strings.HasPrefix(n, "+") {
		return n
	}
	return ""
}
