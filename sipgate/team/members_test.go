package team

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/web/database/databasetest"
)

var (
	mia = MemberID{"111", "w1"}
	tom = MemberID{"111", "w2"}
)

// newTeamDB returns a new database with all tables. It shows that each migration
// can be undone and applied again.
func newTeamDB(tb testing.TB) *sql.DB {
	tb.Helper()
	db := newGrantsDB(tb)
	if databasetest.WithPostgres() {
		return db
	}
	files, err := fs.Glob(Migrations, "*.sql")
	if err != nil || len(files) < 8 {
		tb.Fatal(files, err)
	}
	for _, file := range files[1:] { // the first is that of the grants
		text, err := fs.ReadFile(Migrations, file)
		if err != nil {
			tb.Fatal(err)
		}
		up, down, ok := strings.Cut(string(text), "-- +goose Down")
		for _, part := range []string{up, down, up} {
			if _, err := db.Exec(part); err != nil || !ok {
				tb.Fatal(file, err)
			}
		}
	}
	return db
}

func openMembers(tb testing.TB, db *sql.DB, accounts string) *Members {
	tb.Helper()
	a, err := ParseAccounts(accounts)
	if err != nil {
		tb.Fatal(err)
	}
	m, err := NewMembers(tb.Context(), db, a)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func signIn(tb testing.TB, m *Members, id MemberID, name string, sipgateAdmin bool) Member {
	tb.Helper()
	member, err := m.SignIn(tb.Context(), id, name, sipgateAdmin)
	if err != nil {
		tb.Fatal(err)
	}
	return member
}

// newTestTeam has a team of an admin, ada, and two agents, and another team.
func newTestTeam(tb testing.TB) (*Members, *sql.DB) {
	db := newTeamDB(tb)
	m := openMembers(tb, db, "any")
	signIn(tb, m, ada, "Ada", true)
	signIn(tb, m, mia, "Mia", false)
	signIn(tb, m, tom, "Tom", false)
	signIn(tb, m, bob, "Bob", true)
	return m, db
}

// wantStored fails the test unless a new process would read what is in memory.
func wantStored(tb testing.TB, m *Members, db *sql.DB) {
	tb.Helper()
	stored, err := readSnapshot(context.Background(), db, "")
	if err != nil {
		tb.Fatal(err)
	}
	if got, want := fmt.Sprintf("%+v", stored), fmt.Sprintf("%+v", m.current.Load()); got != want {
		tb.Errorf("stored\n%s\nin memory\n%s", got, want)
	}
}

func TestSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newTeamDB(t)
		m := openMembers(t, db, "")
		first := time.Now()
		got := signIn(t, m, mia, " Mia\n\u202eMeier ", false)
		want := Member{MemberID: mia, Name: "Mia Meier", Role: Agent, Consent: Consent{true, true},
			Joined: first.UTC().Truncate(time.Millisecond), LastActive: first.UTC().Truncate(time.Millisecond)}
		if got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		if member, ok := m.Get(mia); !ok || member != got {
			t.Errorf("Get returns %+v, %v", member, ok)
		}
		if member, ok := m.Get(ada); ok || member != (Member{}) {
			t.Errorf("Get returns %+v of an unknown member", member)
		}
		wantStored(t, m, db)

		time.Sleep(time.Hour)
		if got := signIn(t, m, mia, "", false); got.Name != "Mia Meier" || got.LastActive.Sub(first) < time.Hour || got.Joined != want.Joined {
			t.Errorf("signed in again as %+v", got)
		}
		if got := signIn(t, m, tom, "", false); got.Name != "w2" {
			t.Errorf("without a name: %+v", got)
		}
		if got := signIn(t, m, tom, "Tom", false); got.Name != "Tom" {
			t.Errorf("with a name: %+v", got)
		}
		wantStored(t, m, db)
	})
}

// TestFirstAdmin shows when an admin at sipgate becomes an admin: at the first
// sign-in, and later only if the team has no admin.
func TestFirstAdmin(t *testing.T) {
	m := openMembers(t, newTeamDB(t), "any")
	for i, step := range []struct {
		id    MemberID
		admin bool
		want  Role
	}{
		{mia, false, Agent},
		{bob, true, Admin}, // of another team
		{mia, true, Admin}, // an admin at sipgate since then; the team had none
		{ada, true, Admin},
		{tom, false, Agent},
		{tom, true, Agent}, // the team has two
		{mia, false, Admin},
	} {
		if got := signIn(t, m, step.id, "", step.admin); got.Role != step.want {
			t.Errorf("step %d: %v", i, got)
		}
	}
	ctx := t.Context()
	if err := m.SetRole(ctx, mia, ada, Viewer); err != nil {
		t.Fatal(err)
	}
	if got := signIn(t, m, ada, "", true); got.Role != Viewer {
		t.Errorf("%v after an admin had set another role", got)
	}
}

// TestManage shows which members may change which others.
func TestManage(t *testing.T) {
	m, db := newTestTeam(t)
	ctx := t.Context()
	var invalid *sipgate.ValueError
	for _, test := range []struct {
		name string
		do   func() error
		want error
	}{
		{"an agent promotes themselves", func() error { return m.SetRole(ctx, mia, mia, Admin) }, ErrNotAllowed},
		{"an agent removes the admin", func() error { return m.Remove(ctx, mia, ada) }, ErrNotAllowed},
		{"an unknown admin", func() error { return m.SetRole(ctx, MemberID{"111", "w9"}, mia, Admin) }, ErrNotAllowed},
		{"no admin", func() error { return m.SetRole(ctx, MemberID{}, mia, Admin) }, ErrNotAllowed},
		{"another team's admin", func() error { return m.SetRole(ctx, bob, mia, Admin) }, ErrNoMember},
		{"another team's admin removes", func() error { return m.Remove(ctx, bob, ada) }, ErrNoMember},
		{"the same user of another team", func() error { return m.Remove(ctx, ada, bob) }, ErrNoMember},
		{"an unknown member", func() error { return m.SetRole(ctx, ada, MemberID{"111", "w9"}, Lead) }, ErrNoMember},
		{"the last admin steps down", func() error { return m.SetRole(ctx, ada, ada, Lead) }, ErrLastAdmin},
		{"the last admin removes themselves", func() error { return m.Remove(ctx, ada, ada) }, ErrLastAdmin},
		{"promote", func() error { return m.SetRole(ctx, ada, mia, Admin) }, nil},
		{"one of two removes the other", func() error { return m.Remove(ctx, mia, ada) }, nil},
		{"a removed admin", func() error { return m.SetRole(ctx, ada, tom, Lead) }, ErrNotAllowed},
		{"a removed member restores themselves", func() error { return m.Restore(ctx, ada, ada) }, ErrNotAllowed},
		{"a removed member signs in", func() error { _, err := m.SignIn(ctx, ada, "", true); return err }, ErrRemoved},
		{"a removed member sets consent", func() error { return m.SetConsent(ctx, ada, Consent{false, false}) }, ErrRemoved},
		{"the last remaining admin removes themselves", func() error { return m.Remove(ctx, mia, mia) }, ErrLastAdmin},
		{"remove again", func() error { return m.Remove(ctx, mia, ada) }, nil},
		{"demote a removed admin", func() error { return m.SetRole(ctx, mia, ada, Lead) }, nil},
		{"restore", func() error { return m.Restore(ctx, mia, ada) }, nil},
		{"a restored member signs in", func() error { _, err := m.SignIn(ctx, ada, "", true); return err }, nil},
		{"set consent", func() error { return m.SetConsent(ctx, tom, Consent{false, true}) }, nil},
		{"an unknown member's consent", func() error { return m.SetConsent(ctx, MemberID{"111", "w9"}, Consent{true, true}) }, ErrNoMember},
	} {
		if err := test.do(); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
		wantStored(t, m, db)
	}
	for _, r := range []Role{NoRole, -1, Admin + 1} {
		if err := m.SetRole(ctx, mia, tom, r); !errors.As(err, &invalid) || invalid.Code != "role_invalid" {
			t.Errorf("role %d: %v", r, err)
		}
	}
	var got []string
	for _, member := range m.List("111") {
		got = append(got, fmt.Sprintf("%v shares=%v lendable=%v", member, member.SharesCalls, member.AllowsLeads))
	}
	want := "111/w0 (lead) shares=true lendable=true; 111/w1 (admin) shares=true lendable=true; 111/w2 (agent) shares=false lendable=true"
	if s := strings.Join(got, "; "); s != want {
		t.Errorf("the team is %s", s)
	}
	if err := m.Remove(ctx, mia, ada); err != nil {
		t.Fatal(err)
	}
	if member, ok := m.Get(ada); ok || !member.Removed || member.May(ViewBoard).OK {
		t.Errorf("the removed member is %+v, %v", member, ok)
	}
	if all := m.List("111"); len(all) != 3 || all[2].MemberID != ada {
		t.Errorf("the removed member is not last in %v", all)
	}
}

// TestLastAdminRace has two admins remove and demote each other at once: one of
// them stays an admin.
func TestLastAdminRace(t *testing.T) {
	m, db := newTestTeam(t)
	ctx := t.Context()
	for range 10 {
		for _, id := range []MemberID{ada, mia} {
			if member, _ := m.Get(id); member.Role == Admin {
				for _, id := range []MemberID{ada, mia} {
					if err := m.SetRole(ctx, member.MemberID, id, Admin); err != nil {
						t.Fatal(err)
					}
				}
				break
			}
		}
		var all sync.WaitGroup
		var done atomic.Int32
		for _, pair := range [][2]MemberID{{ada, mia}, {mia, ada}, {ada, ada}, {mia, mia}} {
			all.Go(func() {
				if m.Remove(ctx, pair[0], pair[1]) == nil {
					done.Add(1)
				}
				if m.SetRole(ctx, pair[0], pair[1], Viewer) == nil {
					done.Add(1)
				}
			})
		}
		all.Wait()
		if n := m.current.Load().admins("111"); n != 1 || done.Load() < 1 {
			t.Fatalf("%d admins after %d changes", n, done.Load())
		}
		for _, id := range []MemberID{ada, mia} { // restore both for the next round
			if member, ok := m.Get(id); ok && member.Role == Admin {
				m.Restore(ctx, id, ada)
				m.Restore(ctx, id, mia)
			}
		}
	}
	wantStored(t, m, db)
}

// TestChangeCannotBeStored shows that a change that cannot be stored is not
// visible, and that listeners are not notified.
func TestChangeCannotBeStored(t *testing.T) {
	m, db := newTestTeam(t)
	ctx := t.Context()
	m.OnChange(func(member Member) { t.Errorf("notified of %+v", member) })
	databasetest.Refuse(t, db, "disk full", "people", "insert", "update")
	for name, do := range map[string]func() error{
		"first sign-in": func() error { _, err := m.SignIn(ctx, MemberID{"111", "w9"}, "", true); return err },
		"sign-in":       func() error { _, err := m.SignIn(ctx, mia, "Mia B", true); return err },
		"role":          func() error { return m.SetRole(ctx, ada, mia, Admin) },
		"consent":       func() error { return m.SetConsent(ctx, mia, Consent{false, false}) },
		"removal":       func() error { return m.Remove(ctx, ada, mia) },
	} {
		before := m.current.Load()
		if err := do(); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("%s: %v", name, err)
		}
		if m.current.Load() != before {
			t.Errorf("%s: visible although not stored", name)
		}
	}
	wantStored(t, m, db)
}

// TestMembersAreInTheOrderOfADictionary: Özdemir stands with O, not after Z.
func TestMembersAreInTheOrderOfADictionary(t *testing.T) {
	m := openMembers(t, newTeamDB(t), "any")
	want := []string{"Anna Ärmel", "Änne Bach", "anton Zoll", "Oskar", "Özdemir", "Peters", "Zoe"}
	for i := range want {
		name := want[(i*3+1)%len(want)]
		if _, err := m.SignIn(t.Context(), MemberID{"111", sipgate.UserID(fmt.Sprint("w", i))}, name, false); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, member := range m.List("111") {
		got = append(got, member.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("members %q, want %q", got, want)
	}
}
