package team

import (
	"errors"
	"testing"

	"callboard/sipgate"
)

// TestPreferences shows that preferences belong to one member, are stored, and
// that listeners are notified once.
func TestPreferences(t *testing.T) {
	m, db := newTestTeam(t)
	var notified []MemberID
	m.OnChange(func(member Member) { notified = append(notified, member.MemberID) })
	if got := m.Preferences(mia); got != DefaultPreferences() {
		t.Errorf("before: %+v", got)
	}
	want := Preferences{Lang: "de", Theme: Dark, OnlyMine: true, Volume: 100, Notify: true, RingsAll: true,
		Quiet: QuietHours{On: true, From: 18*60 + 30, To: 0, Days: 1 << 6}, Grace: 8, Device: "e12", Number: "+4921112345610"}
	for range 2 { // the second time nothing changes
		if err := m.SavePreferences(t.Context(), mia, func(p *Preferences) error { *p = want; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if got := m.Preferences(mia); got != want || len(notified) != 1 || notified[0] != mia {
		t.Errorf("saved as %+v, notified %v", got, notified)
	}
	if m.Preferences(tom) != DefaultPreferences() || m.Preferences(bob) != DefaultPreferences() {
		t.Error("another member has them too")
	}
	wantStored(t, m, db)
	if err := m.Remove(t.Context(), ada, mia); err != nil {
		t.Fatal(err)
	}
	if err := m.SavePreferences(t.Context(), mia, func(p *Preferences) error { p.Grace = 0; return nil }); !errors.Is(err, ErrRemoved) {
		t.Errorf("removed: %v", err)
	}
	if err := m.SavePreferences(t.Context(), MemberID{"111", "w77"}, func(*Preferences) error { return nil }); !errors.Is(err, ErrNoMember) {
		t.Errorf("an unknown member: %v", err)
	}
	wantStored(t, m, db)
}

// TestInvalidPreferences shows that an invalid preference is not saved, and that
// the error names its field.
func TestInvalidPreferences(t *testing.T) {
	m, db := newTestTeam(t)
	for field, wrong := range map[string][]func(*Preferences){
		"lang":       {func(p *Preferences) { p.Lang = "de_DE" }, func(p *Preferences) { p.Lang = "<b>" }},
		"theme":      {func(p *Preferences) { p.Theme = "pink" }},
		"density":    {func(p *Preferences) { p.Density = "airy" }},
		"volume":     {func(p *Preferences) { p.Volume = -1 }, func(p *Preferences) { p.Volume = 101 }},
		"quiet_from": {func(p *Preferences) { p.Quiet.From = -1 }, func(p *Preferences) { p.Quiet.From = 1440 }},
		"quiet_to":   {func(p *Preferences) { p.Quiet.To = 1440 }},
		"quiet_days": {func(p *Preferences) { p.Quiet.Days = 128 }, func(p *Preferences) { p.Quiet = QuietHours{On: true} }},
		"grace":      {func(p *Preferences) { p.Grace = 3600 }, func(p *Preferences) { p.Grace = 3 }},
		"device":     {func(p *Preferences) { p.Device = "e0 e1" }},
		"number":     {func(p *Preferences) { p.Number = "112" }, func(p *Preferences) { p.Number = "+49 211" }},
	} {
		for i, f := range wrong {
			err := m.SavePreferences(t.Context(), mia, func(p *Preferences) error { f(p); return nil })
			if e, ok := errors.AsType[*sipgate.ValueError](err); !ok || e.Field != field || e.Code != "bad_param" {
				t.Errorf("%s %d: %v", field, i, err)
			}
		}
	}
	for _, f := range []func(*Preferences){func(p *Preferences) { p.Quiet.Days = 0 }, func(p *Preferences) { p.Lang = "en-XA" }, func(p *Preferences) { p.Volume = 0 }} {
		if err := m.SavePreferences(t.Context(), mia, func(p *Preferences) error { f(p); return nil }); err != nil {
			t.Errorf("refused: %v", err)
		}
	}
	if err := m.SavePreferences(t.Context(), tom, func(*Preferences) error { return ErrNotAllowed }); !errors.Is(err, ErrNotAllowed) || m.Preferences(tom) != DefaultPreferences() {
		t.Errorf("the error of the caller: %v", err)
	}
	wantStored(t, m, db)
}

// TestPreferencesOfAnotherVersion shows that stored preferences that this version
// does not know count as not saved.
func TestPreferencesOfAnotherVersion(t *testing.T) {
	m, db := newTestTeam(t)
	if err := m.SavePreferences(t.Context(), mia, func(p *Preferences) error { p.Theme = Dark; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`update people_choices set theme = 'sepia'`); err != nil {
		t.Fatal(err)
	}
	if got := openMembers(t, db, "any").Preferences(mia); got != DefaultPreferences() {
		t.Errorf("%+v", got)
	}
}
