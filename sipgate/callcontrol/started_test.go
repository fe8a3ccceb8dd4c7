package callcontrol

import (
	"errors"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
)

// newChannelFixture returns a Control whose account is on neo, with calls in channels, and
// a member of it.
func newChannelFixture(t *testing.T) (*fixture, Actor) {
	t.Helper()
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	a := f.signIn("w0", true)
	p, err := f.sim.Platform(a.Account)
	p.Name, p.DefaultChannels = simulator.PlatformNeo, false
	neo := sipgate.PlatformDetection{Platform: sipgate.Neo, Evidence: "token"}
	if err = errors.Join(err, f.sim.SetPlatform(a.Account, p), f.Capabilities.SetPlatform(t.Context(), a.Account, neo)); err != nil {
		t.Fatal(err)
	}
	return f, a
}

// TestTheChannelIsAskedOnce: AskChannel looks for a call that neither an event nor a list
// has reported, with one request to its channel. What the channel reports stays, until the
// board knows more.
func TestTheChannelIsAskedOnce(t *testing.T) {
	t.Parallel()
	f, a := newChannelFixture(t)
	id, err := f.Originate(t.Context(), a, Origination{ActionID: "0123456789abcdef", Device: "e0", Callee: "+4930555001"})
	if err != nil {
		t.Fatal(err)
	}
	events := "/v2/channels/" + f.channel(a.Account, "p0") + "/events"
	if stage, _, _ := f.Progress(t.Context(), a, id, -1); stage != switchboard.StageUnknown || f.asked(events) != 0 {
		t.Fatalf("at first: %v, asked %d times", stage, f.asked(events))
	}
	for range 2 {
		if stage, told := f.AskChannel(t.Context(), a, id); stage != switchboard.StageCallerRinging || !told || f.asked(events) != 1 {
			t.Errorf("the channel has it: %v, asked %d times", stage, f.asked(events))
		}
	}
	if stage, _, _ := f.Progress(t.Context(), a, id, switchboard.StageUnknown); stage < switchboard.StageCallerRinging {
		t.Errorf("from then on: %v", stage)
	}
	f.Board(a).Observe(sipgate.Event{Kind: sipgate.EventHangup, CallID: id, Cause: "busy"})
	if stage, _, _ := f.Progress(t.Context(), a, id, switchboard.StageCallerRinging); stage != switchboard.StageEnded {
		t.Errorf("the board knows more: %v", stage)
	}

	ended, err := f.Originate(t.Context(), a, Origination{ActionID: "0123456789abcdeg", Device: "e0", Callee: "+4930555001"})
	if err = errors.Join(err, f.sim.HangUp(string(ended), "")); err != nil {
		t.Fatal(err)
	}
	if stage, _ := f.AskChannel(t.Context(), a, ended); stage != switchboard.StageEnded {
		t.Errorf("over: %v", stage)
	}
	asked := f.asked(events)
	if stage, told := f.AskChannel(t.Context(), a, "never"); stage != switchboard.StageUnknown || told || f.asked(events) != asked {
		t.Errorf("another call: %v, asked %d times", stage, f.asked(events))
	}
}

// TestACallThatIsInNoChannel: sipgate accepted it, and its channel does not have it.
func TestACallThatIsInNoChannel(t *testing.T) {
	t.Parallel()
	f, a := newChannelFixture(t)
	silent := startedKey{a.Account, "silent"}
	f.started.Add(silent, &startedCall{channel: f.channel(a.Account, "p0")})
	if stage, told := f.AskChannel(t.Context(), a, silent.id); stage != switchboard.StageUnknown || !told {
		t.Errorf("the channel does not have it: %v, told %v", stage, told)
	}
}
