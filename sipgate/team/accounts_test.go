package team

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestParseAccounts(t *testing.T) {
	for _, test := range []struct{ s, want string }{
		{"", ""}, {" ", ""}, {"any", "any"}, {" any ", "any"}, {"1234567", "1234567"},
		{"1234567, 7654321,1234567", "1234567,7654321"},
	} {
		a, err := ParseAccounts(test.s)
		if err != nil || a.String() != test.want {
			t.Errorf("%q: %q, %v", test.s, a, err)
		}
		if parsed, err := ParseAccounts(a.String()); err != nil || parsed.String() != a.String() {
			t.Errorf("%q is not parsed as itself", a)
		}
		if a.allows("", "") {
			t.Errorf("%q allows an account without a number", test.s)
		}
	}
	for _, s := range []string{",", "1234567,", "ANY", "any,1234567", "12 34", "*", "w0", "+49", "１２", strings.Repeat("1", 21)} {
		if a, err := ParseAccounts(s); err == nil {
			t.Errorf("%q: %+v", s, a)
		}
	}
}

// TestAccounts shows which accounts may use the instance, and that members of an
// account that no longer may are unknown at once.
func TestAccounts(t *testing.T) {
	db := newTeamDB(t)
	ctx := t.Context()
	m := openMembers(t, db, "222")
	if _, err := m.SignIn(ctx, ada, "Ada", true); !errors.Is(err, ErrAccountNotAllowed) {
		t.Errorf("an account that is not in the list: %v", err)
	}
	m = openMembers(t, db, "") // the account that was not allowed does not own the instance
	signIn(t, m, bob, "Bob", true)
	if _, err := m.SignIn(ctx, ada, "Ada", true); !errors.Is(err, ErrAccountNotAllowed) {
		t.Errorf("the second account: %v", err)
	}
	m = openMembers(t, db, "any")
	signIn(t, m, ada, "Ada", true)

	for accounts, want := range map[string]string{"": "222", "any": "111 222", "111": "111", "7": ""} {
		m := openMembers(t, db, accounts)
		var in []string
		for _, id := range []MemberID{ada, bob} {
			member, ok := m.Get(id)
			if ok != (member != Member{}) || ok != (len(m.List(id.Account)) == 1) {
				t.Errorf("%q: %+v, %v, %v", accounts, member, ok, m.List(id.Account))
			}
			if ok {
				in = append(in, id.Account)
				continue
			}
			if _, err := m.SignIn(ctx, id, "", true); !errors.Is(err, ErrAccountNotAllowed) {
				t.Errorf("%q lets %v in: %v", accounts, id, err)
			}
			if err := m.SetRole(ctx, id, id, Viewer); err == nil {
				t.Errorf("%q lets %v act", accounts, id)
			}
			if err := m.SetConsent(ctx, id, Consent{false, false}); !errors.Is(err, ErrNoMember) {
				t.Errorf("%q lets %v set consent: %v", accounts, id, err)
			}
		}
		if got := strings.Join(in, " "); got != want {
			t.Errorf("%q lets in %q, want %q", accounts, got, want)
		}
	}
	for _, id := range []MemberID{{"111", ""}, {"", "w0"}, {}} {
		if _, err := m.SignIn(ctx, id, "", true); err == nil {
			t.Errorf("%+v has signed in", id)
		}
	}
}

// TestFirstAccount has many accounts sign in at once: the first one owns the
// instance.
func TestFirstAccount(t *testing.T) {
	db := newTeamDB(t)
	m := openMembers(t, db, "")
	var in atomic.Int32
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			_, err := m.SignIn(t.Context(), MemberID{fmt.Sprint(100 + i), "w0"}, "", true)
			switch {
			case err == nil:
				in.Add(1)
			case !errors.Is(err, ErrAccountNotAllowed):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if in.Load() != 1 || len(m.current.Load().members) != 1 {
		t.Errorf("%d accounts own the instance", in.Load())
	}
	wantStored(t, m, db)
}

// TestFirstAccountOfTwoProcesses lets the database decide between two processes
// that know no owner yet.
func TestFirstAccountOfTwoProcesses(t *testing.T) {
	db := newTeamDB(t)
	m, other := openMembers(t, db, ""), openMembers(t, db, "")
	signIn(t, m, ada, "Ada", true)
	if _, err := other.SignIn(t.Context(), bob, "Bob", true); !errors.Is(err, ErrAccountNotAllowed) {
		t.Errorf("%v", err)
	}
	wantStored(t, m, db)
}
