package callcontrol

import (
	"errors"
	"net/http"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// TestNeoIsTried: what an account on neo can do is not decided by the name of the
// platform: an action is sent, is off with its reason once sipgate has refused it
// for the platform, and is tried again after the platform was detected again.
func TestNeoIsTried(t *testing.T) {
	mute, silent := switchboard.Mute{On: true}, switchboard.Record{On: true}
	for name, x := range map[string]struct {
		muted   int
		silent  bool
		action  switchboard.Action
		ability team.Ability
		refused bool
	}{
		"mutes":                     {http.StatusNoContent, false, mute, team.AbilityMute, false},
		"501 to mute":               {http.StatusNotImplemented, false, mute, team.AbilityMute, true},
		"404 of the path to mute":   {http.StatusNotFound, false, mute, team.AbilityMute, true},
		"403 to this member":        {http.StatusForbidden, false, mute, team.AbilityMute, false},
		"records silently":          {http.StatusNoContent, true, silent, team.AbilitySilentRecording, false},
		"records with announcement": {http.StatusNoContent, false, silent, team.AbilitySilentRecording, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
			a := f.signIn("w0", true)
			p, err := f.sim.Platform(a.Account)
			p.Name, p.Muted, p.SilentRecording = simulator.PlatformNeo, x.muted, x.silent
			neo := sipgate.PlatformDetection{Platform: sipgate.Neo, Evidence: "groups"}
			if err = errors.Join(err, f.sim.SetPlatform(a.Account, p), f.Capabilities.SetPlatform(t.Context(), a.Account, neo)); err != nil {
				t.Fatal(err)
			}
			call := f.connectedCall(a)
			if known := f.Capabilities.Get(a.Account); !known.Can(x.ability) || !known.Assumed(x.ability) || f.UnsupportedVerbs(a.Account) != "" {
				t.Fatalf("off before it was tried: %+v", known)
			}
			err = f.Execute(t.Context(), a, call, switchboard.Command{Action: x.action})
			if works := err == nil; works != (!x.refused && x.muted != http.StatusForbidden) {
				t.Errorf("tried: %v", err)
			}
			if x.refused {
				awaitThat(t, "the refusal is remembered", func() bool { return !f.Can(a.Account, x.ability) })
			} else if !f.Can(a.Account, x.ability) {
				t.Error("off although the platform did not refuse it")
			}
			var denied team.Denied
			again := f.Execute(t.Context(), a, f.current(a, call), switchboard.Command{Action: x.action})
			if x.refused != (errors.As(again, &denied) && denied.Reason == "platform_"+string(x.ability)) {
				t.Errorf("again: %v", again)
			}
			if err := f.DetectCapabilities(t.Context(), a); err != nil || !f.Can(a.Account, x.ability) {
				t.Errorf("after detecting it again: %v, can %v", err, f.Can(a.Account, x.ability))
			}
		})
	}
}

// TestAnEndedCallSaysNothingOfThePlatform: 404 means that the call is over unless
// sipgate lists it.
func TestAnEndedCallSaysNothingOfThePlatform(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	a := f.signIn("w0", true)
	if err := f.Capabilities.SetPlatform(t.Context(), a.Account, sipgate.PlatformDetection{Platform: sipgate.Neo, Evidence: "groups"}); err != nil {
		t.Fatal(err)
	}
	call := f.connectedCall(a)
	if err := f.sim.HangUp(string(call.CallID), ""); err != nil {
		t.Fatal(err)
	}
	f.checkMissing(t.Context(), a.MemberID, call.CallID, team.AbilityMute)
	if !f.Can(a.Account, team.AbilityMute) {
		t.Error("the platform is said to lack it")
	}
}
