package team

import (
	"context"
	"slices"
	"testing"

	"callboard/sipgate"
)

// TestCapabilities shows that capabilities are stored, each account's separately.
func TestCapabilities(t *testing.T) {
	ctx, db := t.Context(), newTeamDB(t)
	open := func() *CapabilityStore {
		t.Helper()
		s, err := NewCapabilityStore(ctx, db)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	if got := s.Get("1"); got.Platform != sipgate.UnknownPlatform || !got.DetectedAt.IsZero() || !got.Can(AbilityMute) {
		t.Errorf("before: %+v", got)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel() // a change is stored although its caller went away
	steps := []error{
		s.SetPlatform(canceled, "1", sipgate.PlatformDetection{Platform: sipgate.Neo, Evidence: "token"}),
		s.SetDialMethod(ctx, "1", sipgate.DialMethod{Platform: sipgate.Neo, PlusSign: true}),
		s.SetPlatform(ctx, "2", sipgate.PlatformDetection{Platform: sipgate.Classic, Evidence: "groups"}),
		s.SetMissing(ctx, "2", AbilityMute), s.SetMissing(ctx, "2", AbilityMute), s.SetMissing(ctx, "2", AbilityGroups),
		s.SetDialMethod(ctx, "3", sipgate.DialMethod{Platform: sipgate.Neo}),
	}
	for i, err := range steps {
		if err != nil {
			t.Fatal(i, err)
		}
	}
	for range 2 { // in memory, and as read from the database
		one, two, three := s.Get("1"), s.Get("2"), s.Get("3")
		if one.DialMethod() != (sipgate.DialMethod{Platform: sipgate.Neo, PlusSign: true}) || one.Evidence != "token" || one.DetectedAt.IsZero() {
			t.Errorf("1: %+v", one)
		}
		for _, a := range Abilities {
			if !one.Can(a) || !one.Assumed(a) || two.Assumed(a) {
				t.Errorf("neo can %s: %v, assumed %v", a, one.Can(a), one.Assumed(a))
			}
		}
		if two.Can(AbilityMute) || two.Can(AbilityGroups) || !two.Can(AbilityCallHistory) || !slices.Equal(two.Refused, []Ability{AbilityMute, AbilityGroups}) {
			t.Errorf("2: %+v", two)
		}
		if three.Platform != sipgate.Neo || three.Evidence != "call" || three.PlusSign {
			t.Errorf("3: %+v", three)
		}
		s = open()
	}
	if err := s.SetPresent(ctx, "2", AbilityGroups); err != nil || !slices.Equal(s.Get("2").Refused, []Ability{AbilityMute}) {
		t.Errorf("groups are there: %+v %v", s.Get("2"), err)
	}
	if err := s.SetPlatform(ctx, "2", sipgate.PlatformDetection{Platform: sipgate.Classic, Evidence: "token"}); err != nil || !s.Get("2").Can(AbilityMute) {
		t.Errorf("detected again: %+v %v", s.Get("2"), err)
	}
}
