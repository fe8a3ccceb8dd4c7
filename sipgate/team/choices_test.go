package team

import (
	"errors"
	"testing"

	"callboard/sipgate"
)

// What somebody chooses is theirs alone, is known to the next process, and told
// once.
func TestChoices(t *testing.T) {
	p, db := crew(t)
	var told []MemberID
	p.OnChange(func(who Member) { told = append(told, who.MemberID) })
	if got := p.Preferences(mia); got != DefaultPreferences() {
		t.Errorf("before: %+v", got)
	}
	want := Preferences{Lang: "de", Theme: Dark, OnlyMine: true, Volume: 100, Notify: true, RingsAll: true,
		Quiet: QuietHours{On: true, From: 18*60 + 30, To: 0, Days: 1 << 6}, Grace: 8, Device: "e12", Number: "+4921112345610"}
	for range 2 { // the second time nothing changes
		if err := p.SavePreferences(t.Context(), mia, func(c *Preferences) error { *c = want; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.Preferences(mia); got != want || len(told) != 1 || told[0] != mia {
		t.Errorf("chosen %+v, told %v", got, told)
	}
	if p.Preferences(tom) != DefaultPreferences() || p.Preferences(bob) != DefaultPreferences() {
		t.Error("somebody else has it too")
	}
	wantStored(t, p, db)
	if err := p.Remove(t.Context(), ada, mia); err != nil {
		t.Fatal(err)
	}
	if err := p.SavePreferences(t.Context(), mia, func(c *Preferences) error { c.Grace = 0; return nil }); !errors.Is(err, ErrRemoved) {
		t.Errorf("removed: %v", err)
	}
	if err := p.SavePreferences(t.Context(), MemberID{"111", "w77"}, func(*Preferences) error { return nil }); !errors.Is(err, ErrNoMember) {
		t.Errorf("a stranger: %v", err)
	}
	wantStored(t, p, db)
}

// A choice that cannot be changes nothing, and the field is named.
func TestChoicesThatCannotBe(t *testing.T) {
	p, db := crew(t)
	for field, wrong := range map[string][]func(*Preferences){
		"lang":       {func(c *Preferences) { c.Lang = "de_DE" }, func(c *Preferences) { c.Lang = "<b>" }},
		"theme":      {func(c *Preferences) { c.Theme = "pink" }},
		"volume":     {func(c *Preferences) { c.Volume = -1 }, func(c *Preferences) { c.Volume = 101 }},
		"quiet_from": {func(c *Preferences) { c.Quiet.From = -1 }, func(c *Preferences) { c.Quiet.From = 1440 }},
		"quiet_to":   {func(c *Preferences) { c.Quiet.To = 1440 }},
		"quiet_days": {func(c *Preferences) { c.Quiet.Days = 128 }, func(c *Preferences) { c.Quiet = QuietHours{On: true} }},
		"grace":      {func(c *Preferences) { c.Grace = 3600 }, func(c *Preferences) { c.Grace = 3 }},
		"device":     {func(c *Preferences) { c.Device = "e0 e1" }},
		"number":     {func(c *Preferences) { c.Number = "112" }, func(c *Preferences) { c.Number = "+49 211" }},
	} {
		for i, f := range wrong {
			err := p.SavePreferences(t.Context(), mia, func(c *Preferences) error { f(c); return nil })
			if e, ok := errors.AsType[*sipgate.ValueError](err); !ok || e.Field != field || e.Code != "bad_param" {
				t.Errorf("%s %d: %v", field, i, err)
			}
		}
	}
	for _, f := range []func(*Preferences){func(c *Preferences) { c.Quiet.Days = 0 }, func(c *Preferences) { c.Lang = "en-XA" }, func(c *Preferences) { c.Volume = 0 }} {
		if err := p.SavePreferences(t.Context(), mia, func(c *Preferences) error { f(c); return nil }); err != nil {
			t.Errorf("refused: %v", err)
		}
	}
	if err := p.SavePreferences(t.Context(), tom, func(*Preferences) error { return ErrNotAllowed }); !errors.Is(err, ErrNotAllowed) || p.Preferences(tom) != DefaultPreferences() {
		t.Errorf("the caller’s mistake: %v", err)
	}
	wantStored(t, p, db)
}

// What a later version wrote and this one does not know is as if nobody chose.
func TestChoicesOfAnotherVersion(t *testing.T) {
	p, db := crew(t)
	if err := p.SavePreferences(t.Context(), mia, func(c *Preferences) error { c.Theme = Dark; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`update people_choices set theme = 'sepia'`); err != nil {
		t.Fatal(err)
	}
	if got := peopleOf(t, db, "any").Preferences(mia); got != DefaultPreferences() {
		t.Errorf("%+v", got)
	}
}
