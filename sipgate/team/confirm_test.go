package team

import "testing"

// A sign-in in which sipgate does not say who somebody is renames nobody and
// changes no role, and neither does the answer that comes later.
func TestSignInWithoutAnAnswerKeepsNameAndRole(t *testing.T) {
	m, db := newTestTeam(t)
	ctx := t.Context()
	if err := m.SetRole(ctx, ada, mia, Lead); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[MemberID]struct {
		name string
		role Role
	}{ada: {"Ada", Admin}, mia: {"Mia", Lead}} {
		got, err := m.SignInUnconfirmed(ctx, id)
		if err != nil || got.Name != want.name || got.Role != want.role || got.NeedsConfirmation() {
			t.Errorf("%+v, %v", got, err)
		}
		if err := m.Confirm(ctx, id, "Somebody else", true); err != nil {
			t.Error(err)
		}
		if got, _ := openMembers(t, db, "any").Get(id); got.Name != want.name || got.Role != want.role {
			t.Errorf("after an answer nobody waited for: %+v", got)
		}
	}
}

// The first admin of a team becomes one as soon as sipgate says so, with their
// name, unless an admin has set a role meanwhile.
func TestAdminWhoCouldNotBeFoundOutBecomesOneLater(t *testing.T) {
	for name, test := range map[string]struct {
		role         Role // set meanwhile, NoRole for none
		sipgateAdmin bool
		want         Role
	}{
		"an admin":                 {NoRole, true, Admin},
		"no admin":                 {NoRole, false, Agent},
		"an admin made a viewer":   {Viewer, true, Viewer},
		"an admin who stays agent": {Agent, true, Agent},
	} {
		t.Run(name, func(t *testing.T) {
			m, db := newTestTeam(t)
			ctx, id := t.Context(), MemberID{"111", "w9"}
			for range 2 { // a second sign-in without an answer changes nothing
				if got, err := m.SignInUnconfirmed(ctx, id); err != nil || got.Role != Agent || !got.Unconfirmed {
					t.Fatalf("%+v, %v", got, err)
				}
			}
			m = openMembers(t, db, "any") // it is known after a restart
			if test.role != NoRole {
				if err := m.SetRole(ctx, ada, id, Viewer); err != nil {
					t.Fatal(err)
				}
				if err := m.SetRole(ctx, ada, id, test.role); err != nil {
					t.Fatal(err)
				}
			}
			if err := m.Confirm(ctx, id, "Nora", test.sipgateAdmin); err != nil {
				t.Fatal(err)
			}
			if got, _ := m.Get(id); got.Name != "Nora" || got.Role != test.want || got.NeedsConfirmation() {
				t.Errorf("%+v, want %v", got, test.want)
			}
		})
	}
}

// What sipgate says of somebody who was removed meanwhile counts for nothing, and
// is asked again when they are taken back.
func TestRemovedMemberIsNotConfirmed(t *testing.T) {
	m, db := newTestTeam(t)
	ctx, id := t.Context(), MemberID{"111", "w9"}
	if _, err := m.SignInUnconfirmed(ctx, id); err != nil {
		t.Fatal(err)
	}
	if err := m.Remove(ctx, ada, id); err != nil {
		t.Fatal(err)
	}
	if err := m.Confirm(ctx, id, "Nora", true); err != nil {
		t.Fatal(err)
	}
	if err := m.Restore(ctx, ada, id); err != nil {
		t.Fatal(err)
	}
	if got, ok := m.Get(id); !ok || got.Role != Agent || got.Name != "w9" || !got.NeedsConfirmation() {
		t.Errorf("%+v, %v", got, ok)
	}
	wantStored(t, m, db)
}
