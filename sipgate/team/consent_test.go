package team

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
)

// A member who has said nothing follows the team's default, and follows it when
// it changes. One who has chosen does not, not even if the choice was the
// default of that time.
func TestTeamDefaultCountsForMembersWhoHaveNotChosen(t *testing.T) {
	m, db := newTestTeam(t)
	ctx := t.Context()
	if err := m.SetConsent(ctx, mia, Consent{true, true}); err != nil {
		t.Fatal(err)
	}
	consents := func(m *Members) (chosen, silent, unknown Consent) {
		a, _ := m.Get(mia)
		b, _ := m.Get(tom)
		return a.Consent, b.Consent, m.DefaultConsent(ada.Account)
	}
	yes := Consent{true, true}
	if chosen, silent, unknown := consents(m); chosen != yes || silent != yes || unknown != yes {
		t.Errorf("at first: chosen %v, silent %v, unknown %v", chosen, silent, unknown)
	}
	no := Consent{SharesCalls: true}
	if err := m.SetDefaultConsent(ctx, ada, no); err != nil {
		t.Fatal(err)
	}
	for _, m := range []*Members{m, openMembers(t, db, "any")} { // also after a restart
		if chosen, silent, unknown := consents(m); chosen != yes || silent != no || unknown != no {
			t.Errorf("with the default %v: chosen %v, silent %v, unknown %v", no, chosen, silent, unknown)
		}
		for _, member := range m.List(ada.Account) {
			if want := map[bool]Consent{true: yes, false: no}[member.MemberID == mia]; member.Consent != want || member.Stated != (member.MemberID == mia) {
				t.Errorf("listed %v: %v, stated %v", member, member.Consent, member.Stated)
			}
		}
		if c := m.DefaultConsent(bob.Account); c != yes {
			t.Errorf("another team's default is %v", c)
		}
	}
	if signedIn := signIn(t, m, tom, "Tom", false); signedIn.Consent != no {
		t.Errorf("a sign-in returns %v", signedIn.Consent)
	}
	if err := m.SetConsent(ctx, tom, no); err != nil {
		t.Fatal(err)
	}
	if err := m.SetDefaultConsent(ctx, ada, yes); err != nil {
		t.Fatal(err)
	}
	if member, _ := m.Get(tom); member.Consent != no {
		t.Errorf("who chose what was the default then has %v", member.Consent)
	}
}

func TestOnlyAdminsChangeTheTeamDefault(t *testing.T) {
	m, _ := newTestTeam(t)
	for _, by := range []MemberID{mia, {"111", "w9"}, {}} {
		if err := m.SetDefaultConsent(t.Context(), by, Consent{}); !errors.Is(err, ErrNotAllowed) {
			t.Errorf("by %v: %v", by, err)
		}
	}
	if c := m.DefaultConsent("111"); c != presetConsent {
		t.Errorf("default %v", c)
	}
}

// Members of an older version who had switched something off had chosen.
func TestChoicesOfAnOlderVersionStay(t *testing.T) {
	m, db := newTestTeam(t)
	if err := errors.Join(m.SetConsent(t.Context(), mia, Consent{SharesCalls: true}), m.SetConsent(t.Context(), tom, Consent{true, true})); err != nil {
		t.Fatal(err)
	}
	text, err := fs.ReadFile(Migrations, "00008_stated.sql")
	if err != nil {
		t.Fatal(err)
	}
	up, down, _ := strings.Cut(string(text), "-- +goose Down")
	for _, part := range []string{down, up} {
		if _, err := db.Exec(part); err != nil {
			t.Fatal(err)
		}
	}
	m = openMembers(t, db, "any")
	if err := m.SetDefaultConsent(t.Context(), ada, Consent{}); err != nil {
		t.Fatal(err)
	}
	a, _ := m.Get(mia)
	b, _ := m.Get(tom)
	if a.Consent != (Consent{SharesCalls: true}) || !a.Stated || b.Consent != (Consent{}) || b.Stated {
		t.Errorf("%v stated=%v, %v stated=%v", a.Consent, a.Stated, b.Consent, b.Stated)
	}
}
