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

// TestNeoIsAsked: whether past calls can be read, and whether there are groups, is
// decided by answers: as soon as a member joins, and again by what comes later.
func TestNeoIsAsked(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		history  string
		status   int // of a fault of sipgate's history
		channels bool
		calls    bool
	}{
		"empty history":                      {simulator.HistoryEmpty, 0, false, false},
		"faxes only":                         {simulator.HistoryFax, 0, false, false},
		"migrated":                           {simulator.HistoryMigrated, 0, false, true},
		"empty history, channels":            {simulator.HistoryEmpty, 0, true, true},
		"no history":                         {simulator.HistoryMigrated, http.StatusNotImplemented, false, false},
		"the path of the history is missing": {simulator.HistoryMigrated, http.StatusNotFound, false, false},
		"the history fails":                  {simulator.HistoryMigrated, http.StatusServiceUnavailable, false, true},
		"the history is closed to a member":  {simulator.HistoryMigrated, http.StatusForbidden, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
			a := f.signIn("w0", true)
			if id, err := f.sim.Ring(simulator.NewCall{From: "+4930555123", Users: []string{"w0"}, State: "established"}); err != nil || f.sim.HangUp(id, "") != nil {
				t.Fatal(id, err)
			}
			p, err := f.sim.Platform(a.Account)
			p.Name, p.History = simulator.PlatformNeo, x.history
			neo := sipgate.PlatformDetection{Platform: sipgate.Neo, Evidence: "token"}
			if err = errors.Join(err, f.sim.SetPlatform(a.Account, p), f.Capabilities.SetPlatform(t.Context(), a.Account, neo)); err != nil {
				t.Fatal(err)
			}
			if x.status != 0 {
				f.fails(x.status, "/v2/history")
			}
			if !x.channels {
				if _, err := f.sim.AddFault(simulator.Fault{Do: simulator.DoStatus, Status: http.StatusForbidden, Path: "/v2/channels"}); err != nil {
					t.Fatal(err)
				}
			} else if _, err := f.Rosters.Of(a.Account).Channels(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !f.Can(a.Account, team.AbilityGroups) || !f.Assumed(a.Account, team.AbilityGroups) {
				t.Error("decided by the name of the platform")
			}
			f.Join(SignedIn{MemberID: a.MemberID})
			awaitThat(t, "the answers", func() bool { return !f.Can(a.Account, team.AbilityGroups) })
			awaitThat(t, "past calls", func() bool { return f.Can(a.Account, team.AbilityCallHistory) == x.calls })
			if asked := f.asked("/v2/groups"); asked != 1 || f.Assumed(a.Account, team.AbilityCallHistory) {
				t.Errorf("asked %d times for groups", asked)
			}
			f.Join(SignedIn{MemberID: a.MemberID})

			f.sim.ClearFaults()
			p.History = simulator.HistoryMigrated
			if err := f.sim.SetPlatform(a.Account, p); err != nil {
				t.Fatal(err)
			}
			if _, err := f.ClientOf(a.MemberID).History(t.Context(), sipgate.HistoryQuery{}); err != nil || !f.Can(a.Account, team.AbilityCallHistory) {
				t.Errorf("when the history lists a call: %v", err)
			}
			if asked := f.asked("/v2/groups"); asked != 1 {
				t.Errorf("asked %d times for groups", asked)
			}
			p.Name = simulator.PlatformClassic
			if err := errors.Join(f.sim.SetPlatform(a.Account, p), f.Capabilities.SetPlatform(t.Context(), a.Account, sipgate.PlatformDetection{})); err != nil || !f.Can(a.Account, team.AbilityGroups) {
				t.Errorf("when the platform may have changed: %v", err)
			}
		})
	}
}
