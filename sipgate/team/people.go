package team

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

const (
	maxName  = 200              // characters of a person's name
	seenStep = 5 * time.Minute  // Seen is not stored more often
	storing  = 10 * time.Second // limit of one change in the store
)

// Errors of [People].
var (
	// ErrAccountNotAllowed says that the account may not use this instance.
	ErrAccountNotAllowed = errors.New("this sipgate account may not use this instance")

	// ErrRemoved says that the person was removed from the team.
	ErrRemoved = errors.New("removed from the team")

	// ErrNotAllowed says that only an admin may do this.
	ErrNotAllowed = errors.New("only an admin of the team may do this")

	// ErrNoPerson says that there is nobody of this name in the team. People of
	// other teams are nobody.
	ErrNoMember = errors.New("nobody of this name is in the team")

	// ErrLastAdmin says that without this admin the team would have none.
	ErrLastAdmin = errors.New("the last admin of the team has to stay one")
)

// People are the members of all teams, with their roles and wishes.
//
// All of them are in memory: Get and List cost no query and take no lock. A
// change is in the store before anybody sees it, and everybody sees it before
// the method returns.
type Members struct {
	db       *sql.DB
	accounts Accounts
	now      func() time.Time

	turn  chan struct{} // holds one token: whoever has it may change known
	known atomic.Pointer[roll]
	news  news
}

// A roll is who is known at some moment. It is never changed, only replaced.
type roll struct {
	owner  string // the first account that signed in, "" before
	people map[MemberID]Member

	choices map[MemberID]Preferences // of those who chose anything
}

// NewPeople reads who is known. The tables are those of [Migrations].
func NewMembers(ctx context.Context, db *sql.DB, a Accounts) (*Members, error) {
	r, err := readRoll(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("read the people: %w", err)
	}
	p := &Members{db: db, accounts: a, now: time.Now, turn: make(chan struct{}, 1)}
	p.known.Store(r)
	return p, nil
}

// Get returns what is known of m, and whether m belongs to a team now: not a
// stranger, not removed, and of an account that may use the instance.
func (p *Members) Get(m MemberID) (Member, bool) {
	r := p.known.Load()
	who, ok := r.people[m]
	if !p.accounts.allows(m.Account, r.owner) {
		return Member{}, false
	}
	return who, ok && !who.Removed
}

// Allows reports whether people of the account may use the instance: as long
// as nobody owns it, those of any, where the setting names none.
func (p *Members) Allows(account string) bool {
	return p.accounts.allows(account, p.known.Load().owner)
}

// List returns everybody of an account, the removed ones last, by name.
func (p *Members) List(account string) []Member {
	r := p.known.Load()
	if !p.accounts.allows(account, r.owner) {
		return nil
	}
	var all []Member
	for m, who := range r.people {
		if m.Account == account {
			all = append(all, who)
		}
	}
	slices.SortFunc(all, func(a, b Member) int {
		switch {
		case a.Removed != b.Removed && a.Removed:
			return 1
		case a.Removed != b.Removed:
			return -1
		}
		if c := strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)); c != 0 {
			return c
		}
		return strings.Compare(string(a.User), string(b.User))
	})
	return all
}

// Enter takes note of a sign-in and returns who has come. Who comes for the
// first time is an agent, or an admin if sipgate says so; so is a sipgate
// admin whose team has no admin at all. Otherwise the role stays as it was. An
// empty name leaves the known one.
//
// The first account that ever enters owns the instance, where the setting does
// not say otherwise. Errors are ErrAccountNotAllowed, ErrRemoved and those of
// the store.
func (p *Members) SignIn(ctx context.Context, m MemberID, name string, sipgateAdmin bool) (Member, error) {
	if m.Account == "" || m.User == "" {
		return Member{}, errors.New("a person needs an account and a user")
	}
	if err := p.take(ctx); err != nil {
		return Member{}, err
	}
	now := p.now().UTC().Truncate(time.Millisecond)
	r := p.known.Load()
	if !p.accounts.allows(m.Account, r.owner) {
		p.release()
		return Member{}, ErrAccountNotAllowed
	}
	old, known := r.people[m]
	who := old
	if !known {
		who = Member{MemberID: m, Role: Agent, SharesCalls: true, AllowsLeads: true, Joined: now}
	}
	if old.Removed {
		p.release()
		return Member{}, ErrRemoved
	}
	if sipgateAdmin && (!known || r.admins(m.Account) == 0) {
		who.Role = Admin
	}
	if name = tidy(name, maxName); name != "" {
		who.Name = name
	} else if who.Name == "" {
		who.Name = string(m.User)
	}
	who.LastActive = now
	told := old
	told.LastActive = now
	if err := p.store(ctx, who, who != told); err != nil {
		return Member{}, err
	}
	return who, nil
}

// Touch notes that m is here, at most every five minutes. It tells nobody.
func (p *Members) MarkActive(ctx context.Context, m MemberID) error {
	if who, ok := p.Get(m); !ok || p.now().Sub(who.LastActive) < seenStep {
		return nil
	}
	return p.change(ctx, m, false, func(_ *roll, who *Member) error {
		who.LastActive = p.now().UTC().Truncate(time.Millisecond)
		return nil
	})
}

// SetRole gives m another role in the name of by, an admin of the same account.
// Errors are ErrNotAllowed, ErrNoPerson, ErrLastAdmin, a [*sipgate.ValueError]
// and those of the store.
func (p *Members) SetRole(ctx context.Context, by, m MemberID, role Role) error {
	if _, err := ParseRole(role.String()); err != nil {
		return err
	}
	return p.manage(ctx, by, m, func(who *Member) { who.Role = role })
}

// SetWishes sets what m wants. The caller sees to it that m asks for himself.
func (p *Members) SetConsent(ctx context.Context, m MemberID, shares, lendable bool) error {
	return p.change(ctx, m, true, func(_ *roll, who *Member) error {
		if who.Removed {
			return ErrRemoved
		}
		who.SharesCalls, who.AllowsLeads = shares, lendable
		return nil
	})
}

// Remove takes m out of the team in the name of by, an admin of the same
// account: m may do nothing from now on, and not come in again until restored.
// Sessions, sockets and the grant are for those whom OnChange tells. Errors
// are those of SetRole.
func (p *Members) Remove(ctx context.Context, by, m MemberID) error {
	return p.manage(ctx, by, m, func(who *Member) { who.Removed = true })
}

// Restore takes m into the team again, with the role and wishes of before.
// Errors are those of SetRole.
func (p *Members) Restore(ctx context.Context, by, m MemberID) error {
	return p.manage(ctx, by, m, func(who *Member) { who.Removed = false })
}

// OnChange lets f hear of each change once it is in the store, of more than
// Seen: somebody new, a name, a role, wishes, choices, removed or restored. All changes
// are told one at a time and in their order, by whichever goroutine makes one,
// and no lock is held: f may call People, and should not take long.
func (p *Members) OnChange(f func(Member)) { p.news.subscribe(f) }

// manage changes m in the name of by.
func (p *Members) manage(ctx context.Context, by, m MemberID, f func(*Member)) error {
	return p.change(ctx, m, true, func(r *roll, who *Member) error {
		switch admin := r.people[by]; {
		case !admin.May(ManageMembers).OK:
			return ErrNotAllowed
		case by.Account != m.Account:
			return ErrNoMember
		}
		was := *who
		f(who)
		if was.rules() && !who.rules() && r.admins(m.Account) == 1 {
			return ErrLastAdmin
		}
		return nil
	})
}

// change lets f change m and stores the result, if it differs.
func (p *Members) change(ctx context.Context, m MemberID, tell bool, f func(*roll, *Member) error) error {
	if err := p.take(ctx); err != nil {
		return err
	}
	r := p.known.Load()
	old, ok := r.people[m]
	if !p.accounts.allows(m.Account, r.owner) {
		ok = false
	}
	who := old
	err := f(r, &who)
	switch {
	case err != nil:
	case !ok:
		err = ErrNoMember
	case who != old:
		return p.store(ctx, who, tell)
	}
	p.release()
	return err
}

// rules reports whether p can manage the team.
func (p Member) rules() bool { return p.May(ManageMembers).OK }

// admins counts those who can manage the team.
func (r *roll) admins(account string) (n int) {
	for m, who := range r.people {
		if m.Account == account && who.rules() {
			n++
		}
	}
	return n
}

// take waits for the turn to change something.
func (p *Members) take(ctx context.Context) error {
	select {
	case p.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Members) release() { <-p.turn }
