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
	var told []Member
	p.OnChange(func(who Person) { told = append(told, who.Member) })
	if got := p.Choices(mia); got != DefaultChoices() {
		t.Errorf("before: %+v", got)
	}
	want := Choices{Lang: "de", Theme: Dark, OnlyMine: true, Volume: 100, Notify: true, RingsAll: true,
		Quiet: Quiet{On: true, From: 18*60 + 30, To: 0, Days: 1 << 6}, Grace: 8, Device: "e12", Number: "+4921112345610"}
	for range 2 { // the second time nothing changes
		if err := p.Choose(t.Context(), mia, func(c *Choices) error { *c = want; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.Choices(mia); got != want || len(told) != 1 || told[0] != mia {
		t.Errorf("chosen %+v, told %v", got, told)
	}
	if p.Choices(tom) != DefaultChoices() || p.Choices(bob) != DefaultChoices() {
		t.Error("somebody else has it too")
	}
	wantStored(t, p, db)
	if err := p.Remove(t.Context(), ada, mia); err != nil {
		t.Fatal(err)
	}
	if err := p.Choose(t.Context(), mia, func(c *Choices) error { c.Grace = 0; return nil }); !errors.Is(err, ErrRemoved) {
		t.Errorf("removed: %v", err)
	}
	if err := p.Choose(t.Context(), Member{"111", "w77"}, func(*Choices) error { return nil }); !errors.Is(err, ErrNoPerson) {
		t.Errorf("a stranger: %v", err)
	}
	wantStored(t, p, db)
}

// A choice that cannot be changes nothing, and the field is named.
func TestChoicesThatCannotBe(t *testing.T) {
	p, db := crew(t)
	for field, wrong := range map[string][]func(*Choices){
		"lang":       {func(c *Choices) { c.Lang = "de_DE" }, func(c *Choices) { c.Lang = "<b>" }},
		"theme":      {func(c *Choices) { c.Theme = "pink" }},
		"volume":     {func(c *Choices) { c.Volume = -1 }, func(c *Choices) { c.Volume = 101 }},
		"quiet_from": {func(c *Choices) { c.Quiet.From = -1 }, func(c *Choices) { c.Quiet.From = 1440 }},
		"quiet_to":   {func(c *Choices) { c.Quiet.To = 1440 }},
		"quiet_days": {func(c *Choices) { c.Quiet.Days = 128 }, func(c *Choices) { c.Quiet = Quiet{On: true} }},
		"grace":      {func(c *Choices) { c.Grace = 3600 }, func(c *Choices) { c.Grace = 3 }},
		"device":     {func(c *Choices) { c.Device = "e0 e1" }},
		"number":     {func(c *Choices) { c.Number = "112" }, func(c *Choices) { c.Number = "+49 211" }},
	} {
		for i, f := range wrong {
			err := p.Choose(t.Context(), mia, func(c *Choices) error { f(c); return nil })
			if e, ok := errors.AsType[*sipgate.ValueError](err); !ok || e.Field != field || e.Code != "bad_param" {
				t.Errorf("%s %d: %v", field, i, err)
			}
		}
	}
	for _, f := range []func(*Choices){func(c *Choices) { c.Quiet.Days = 0 }, func(c *Choices) { c.Lang = "en-XA" }, func(c *Choices) { c.Volume = 0 }} {
		if err := p.Choose(t.Context(), mia, func(c *Choices) error { f(c); return nil }); err != nil {
			t.Errorf("refused: %v", err)
		}
	}
	if err := p.Choose(t.Context(), tom, func(*Choices) error { return ErrNotAllowed }); !errors.Is(err, ErrNotAllowed) || p.Choices(tom) != DefaultChoices() {
		t.Errorf("the caller’s mistake: %v", err)
	}
	wantStored(t, p, db)
}

// What a later version wrote and this one does not know is as if nobody chose.
func TestChoicesOfAnotherVersion(t *testing.T) {
	p, db := crew(t)
	if err := p.Choose(t.Context(), mia, func(c *Choices) error { c.Theme = Dark; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`update people_choices set theme = 'sepia'`); err != nil {
		t.Fatal(err)
	}
	if got := peopleOf(t, db, "any").Choices(mia); got != DefaultChoices() {
		t.Errorf("%+v", got)
	}
}
