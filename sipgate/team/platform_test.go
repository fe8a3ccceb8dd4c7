package team

import (
	"context"
	"slices"
	"testing"

	"callboard/sipgate"
)

// What was found out outlives the program, and no account learns another's.
func TestPlatforms(t *testing.T) {
	ctx, db := t.Context(), tables(t)
	open := func() *CapabilityStore {
		t.Helper()
		p, err := NewCapabilityStore(ctx, db)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := open()
	if got := p.Get("1"); got.Platform != sipgate.UnknownPlatform || !got.DetectedAt.IsZero() || !got.Can(AbilityMute) {
		t.Errorf("before: %+v", got)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel() // who goes away has told all the same
	steps := []error{
		p.SetPlatform(gone, "1", sipgate.PlatformDetection{Platform: sipgate.Neo, Evidence: "token"}),
		p.SetDialMethod(ctx, "1", sipgate.DialMethod{Platform: sipgate.Neo, PlusSign: true}),
		p.SetPlatform(ctx, "2", sipgate.PlatformDetection{Platform: sipgate.Classic, Evidence: "groups"}),
		p.SetMissing(ctx, "2", AbilityMute), p.SetMissing(ctx, "2", AbilityMute), p.SetMissing(ctx, "2", AbilityGroups),
		p.SetDialMethod(ctx, "3", sipgate.DialMethod{Platform: sipgate.Neo}),
	}
	for i, err := range steps {
		if err != nil {
			t.Fatal(i, err)
		}
	}
	for range 2 { // as it is, and as it is read
		one, two, three := p.Get("1"), p.Get("2"), p.Get("3")
		if one.DialMethod() != (sipgate.DialMethod{Platform: sipgate.Neo, PlusSign: true}) || one.Evidence != "token" || one.DetectedAt.IsZero() {
			t.Errorf("1: %+v", one)
		}
		for _, a := range Abilities {
			if one.Can(a) {
				t.Errorf("neo can %s", a)
			}
		}
		if two.Can(AbilityMute) || two.Can(AbilityGroups) || !two.Can(AbilityCallHistory) || !slices.Equal(two.Refused, []Ability{AbilityMute, AbilityGroups}) {
			t.Errorf("2: %+v", two)
		}
		if three.Platform != sipgate.Neo || three.Evidence != "call" || three.PlusSign {
			t.Errorf("3: %+v", three)
		}
		p = open()
	}
	if err := p.SetPlatform(ctx, "2", sipgate.PlatformDetection{Platform: sipgate.Classic, Evidence: "token"}); err != nil || !p.Get("2").Can(AbilityMute) {
		t.Errorf("found out anew: %+v %v", p.Get("2"), err)
	}
}
