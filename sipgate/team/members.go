package team

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"callboard/sipgate"
)

const (
	maxName    = 200             // characters of a member's name
	activeStep = 5 * time.Minute // least time between two stored times of last use
)

// Errors of [Members].
var (
	// ErrAccountNotAllowed is returned for members of an account that may not
	// use this instance.
	ErrAccountNotAllowed = errors.New("this sipgate account may not use this instance")

	// ErrRemoved is returned for a member who was removed from the team.
	ErrRemoved = errors.New("removed from the team")

	// ErrNotAllowed is returned if the acting member is not an admin.
	ErrNotAllowed = errors.New("only an admin of the team may do this")

	// ErrNoMember is returned if the team has no such member. Members of other
	// teams are not members.
	ErrNoMember = errors.New("no such member of the team")

	// ErrLastAdmin is returned if the change would leave the team without an
	// admin.
	ErrLastAdmin = errors.New("the last admin of the team has to stay one")
)

// Members are the members of all teams, with their roles, their consent and
// their preferences.
//
// All of them are in memory: reading costs no query and takes no lock. A change
// is stored before any reader sees it, and every reader sees it before the
// method that makes it returns. All methods may be called concurrently.
type Members struct {
	db       *sql.DB
	accounts Accounts

	// writing holds a token while a change is made, which guarantees that
	// changes are stored and published one after another. It is a channel, so
	// that waiting for it ends with the caller's context.
	writing  chan struct{}
	current  atomic.Pointer[snapshot]
	notifier notifier
}

// A snapshot is what is known at some moment. It is never changed, only
// replaced.
type snapshot struct {
	owner       string // the first account that signed in, "" before that
	members     map[MemberID]Member
	preferences map[MemberID]Preferences // only of members who have saved any
	defaults    map[string]Consent       // by account, only of those that have set one
}

// NewMembers reads the members from db, which has the tables of [Migrations].
func NewMembers(ctx context.Context, db *sql.DB, a Accounts) (*Members, error) {
	m := newMembers(db, a)
	return m, m.reload(ctx, "")
}

func newMembers(db *sql.DB, a Accounts) *Members {
	m := &Members{db: db, accounts: a, writing: make(chan struct{}, 1)}
	m.current.Store(&snapshot{members: map[MemberID]Member{}, preferences: map[MemberID]Preferences{}, defaults: map[string]Consent{}})
	return m
}

// Get returns what is known of a member, and whether that is a member of a team
// now: neither unknown nor removed, and of an account that may use the
// instance.
func (m *Members) Get(id MemberID) (Member, bool) {
	s := m.current.Load()
	if !m.accounts.allows(id.Account, s.owner) {
		return Member{}, false
	}
	member, ok := s.members[id]
	return s.withDefault(member), ok && !member.Removed
}

// Known returns what is known of a member, also of a removed one, and whether
// anything is.
func (m *Members) Known(id MemberID) (Member, bool) {
	s := m.current.Load()
	member, ok := s.members[id]
	return s.withDefault(member), ok
}

// Allows reports whether members of the account may use the instance. Where the
// setting names no account, any account may until one owns the instance.
func (m *Members) Allows(account string) bool {
	return m.accounts.allows(account, m.current.Load().owner)
}

// List returns the members of an account sorted by name, the removed ones last.
func (m *Members) List(account string) []Member {
	s := m.current.Load()
	if !m.accounts.allows(account, s.owner) {
		return nil
	}
	var list []Member
	for id, member := range s.members {
		if id.Account == account {
			list = append(list, s.withDefault(member))
		}
	}
	slices.SortFunc(list, Compare)
	return list
}

// Compare orders members by name, the removed ones last.
func Compare(a, b Member) int {
	if a.Removed != b.Removed {
		if a.Removed {
			return 1
		}
		return -1
	}
	return cmp.Or(sipgate.CompareNames(a.Name, b.Name), cmp.Compare(a.User, b.User))
}

// SignIn records a sign-in and returns the member. A new member becomes an
// agent, or an admin if sipgateAdmin says that sipgate's account has them as
// one; so does a known sipgate admin whose team has no admin. Otherwise the
// role stays as it was. An empty name leaves the known one.
//
// The first account that ever signs in owns the instance, unless the setting
// says otherwise. Errors are ErrAccountNotAllowed, ErrRemoved and those of the
// database.
func (m *Members) SignIn(ctx context.Context, id MemberID, name string, sipgateAdmin bool) (Member, error) {
	return m.signIn(ctx, id, func(s *snapshot) Member { return s.signedIn(id, cleanText(name, maxName), sipgateAdmin) })
}

// SignInUnconfirmed is SignIn of a member of whom sipgate did not say who they
// are. What is known of them stays. A new member becomes an agent until
// [Members.Confirm].
func (m *Members) SignInUnconfirmed(ctx context.Context, id MemberID) (Member, error) {
	return m.signIn(ctx, id, func(s *snapshot) Member {
		_, known := s.members[id]
		member := s.signedIn(id, "", false)
		member.Unconfirmed = !known || s.members[id].Unconfirmed
		return member
	})
}

// Confirm tells what sipgate says of a member who signed in before it said so:
// the name, and the role of a sipgate admin, unless an admin of the team has set
// another role meanwhile. It does nothing for other members. Errors are
// ErrNoMember and those of the database.
func (m *Members) Confirm(ctx context.Context, id MemberID, name string, sipgateAdmin bool) error {
	return m.change(ctx, id, func(s *snapshot, member *Member) error {
		if !member.NeedsConfirmation() || member.Removed {
			return nil
		}
		confirmed := s.signedIn(id, cleanText(name, maxName), sipgateAdmin && member.Unconfirmed)
		member.Name, member.Role, member.Unconfirmed = confirmed.Name, confirmed.Role, false
		return nil
	})
}

// NeedsConfirmation reports whether sipgate is to be asked who m is.
func (m Member) NeedsConfirmation() bool { return m.Unconfirmed || m.Name == string(m.User) }

func (m *Members) signIn(ctx context.Context, id MemberID, signedIn func(*snapshot) Member) (Member, error) {
	if id.Account == "" || id.User == "" {
		return Member{}, errors.New("a member needs an account and a user")
	}
	var member Member
	err := m.update(ctx, id, func(s *snapshot) (*snapshot, error) {
		if !m.accounts.allows(id.Account, s.owner) {
			return nil, ErrAccountNotAllowed
		}
		if s.members[id].Removed {
			return nil, ErrRemoved
		}
		member = signedIn(s)
		return m.put(ctx, s, member)
	})
	if err != nil {
		return Member{}, err
	}
	return m.current.Load().withDefault(member), nil
}

// signedIn returns the member as it is after a sign-in now.
func (s *snapshot) signedIn(id MemberID, name string, sipgateAdmin bool) Member {
	now := storedNow()
	member, known := s.members[id]
	if !known {
		member = Member{MemberID: id, Role: Agent, Consent: presetConsent, Joined: now}
	}
	if sipgateAdmin && (!known || member.Unconfirmed || s.admins(id.Account) == 0) {
		member.Role = Admin
	}
	member.Unconfirmed = false
	member.Name = cmp.Or(name, member.Name, string(id.User))
	member.LastActive = now
	return member
}

// storedNow returns the present time as the database keeps it.
func storedNow() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// MarkActive records that the member uses Callboard now, at most every five
// minutes; between those it costs no more than Get, so that it can be called
// with every request. It notifies no listener and ignores unknown members.
func (m *Members) MarkActive(ctx context.Context, id MemberID) error {
	if member, ok := m.Get(id); !ok || time.Since(member.LastActive) < activeStep {
		return nil
	}
	return m.change(ctx, id, func(_ *snapshot, member *Member) error {
		member.LastActive = storedNow()
		return nil
	})
}

// SetRole changes the role of a member on behalf of by, an admin of the same
// account. Errors are ErrNotAllowed, ErrNoMember, ErrLastAdmin, a
// [*sipgate.ValueError] for an invalid role, and those of the database.
func (m *Members) SetRole(ctx context.Context, by, id MemberID, role Role) error {
	if _, err := ParseRole(role.String()); err != nil {
		return err
	}
	return m.manage(ctx, by, id, func(member *Member) { member.Role, member.Unconfirmed = role, false })
}

// SetConsent states the consent of a member. The caller guarantees that the
// member asks for it. Errors are ErrNoMember, ErrRemoved and those of the
// database.
func (m *Members) SetConsent(ctx context.Context, id MemberID, c Consent) error {
	return m.change(ctx, id, func(_ *snapshot, member *Member) error {
		if member.Removed {
			return ErrRemoved
		}
		member.Consent, member.Stated = c, true
		return nil
	})
}

// Remove removes a member from the team on behalf of by, an admin of the same
// account: from now on the member has no permission, and cannot sign in until
// restored. Sessions, sockets and the grant are ended by the listeners of
// [Members.OnChange]. Errors are those of SetRole.
func (m *Members) Remove(ctx context.Context, by, id MemberID) error {
	return m.manage(ctx, by, id, func(member *Member) { member.Removed = true })
}

// Restore makes a removed member one of the team again, with the former role,
// consent and preferences. Errors are those of SetRole.
func (m *Members) Restore(ctx context.Context, by, id MemberID) error {
	return m.manage(ctx, by, id, func(member *Member) { member.Removed = false })
}

// OnChange makes f a listener. It is called after each stored change of a
// member other than of LastActive alone: a new member, a changed name, role,
// consent or preference, a removal, a restoration.
//
// Changes are passed on one at a time and in their order, by whichever
// goroutine makes one. No lock is held, so f may call the methods of Members.
// It should return soon.
func (m *Members) OnChange(f func(Member)) { m.notifier.subscribe(f) }

// manage lets f change a member on behalf of by.
func (m *Members) manage(ctx context.Context, by, id MemberID, f func(*Member)) error {
	return m.change(ctx, id, func(s *snapshot, member *Member) error {
		switch {
		case !s.members[by].isAdmin():
			return ErrNotAllowed
		case by.Account != id.Account:
			return ErrNoMember
		}
		before := *member
		f(member)
		if before.isAdmin() && !member.isAdmin() && s.admins(id.Account) == 1 {
			return ErrLastAdmin
		}
		return nil
	})
}

// change lets f change a member and stores the result if it differs. f is
// called for an unknown member too, so that its error takes precedence over
// ErrNoMember.
func (m *Members) change(ctx context.Context, id MemberID, f func(*snapshot, *Member) error) error {
	return m.update(ctx, id, func(s *snapshot) (*snapshot, error) {
		before, known := s.members[id]
		member := before // with the stored consent, not the team's default
		if err := f(s, &member); err != nil {
			return nil, err
		}
		switch {
		case !known || !m.accounts.allows(id.Account, s.owner):
			return nil, ErrNoMember
		case member == before:
			return s, nil
		}
		return m.put(ctx, s, member)
	})
}

// isAdmin reports whether m can manage the team.
func (m Member) isAdmin() bool { return m.May(ManageMembers).OK }

// admins returns the number of an account's admins.
func (s *snapshot) admins(account string) (n int) {
	for id, member := range s.members {
		if id.Account == account && member.isAdmin() {
			n++
		}
	}
	return n
}
