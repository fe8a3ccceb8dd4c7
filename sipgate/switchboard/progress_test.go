package switchboard_test

import (
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
)

// An originated call is one row although sipgate announces it twice, and
// passes through its stages in order; without events the board knows only the
// last ones.
func TestProgressOfOriginatedCall(t *testing.T) {
	for name, push := range map[string]bool{"with events": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := newBoard(t, simulator.Options{Pickup: -1}, push, "w0")
				id, err := x.Originate(t.Context(), switchboard.Origination{ID: "one", By: "w0",
					Call: sipgate.NewCall{Caller: "e0", Callee: "+4915799912345"}}, x.client(t, "w0"))
				if err != nil {
					t.Fatal(err)
				}
				_, sub := x.Subscribe()
				defer sub.Close()
				want := func(stage switchboard.Stage, rows int) {
					t.Helper()
					n := len(x.callsAfter(5 * time.Second))
					got, call := x.Progress(id)
					if !push && stage < switchboard.StageConnected {
						stage, rows = switchboard.StageUnknown, 0
						if n != 0 {
							t.Errorf("%d rows", n)
						}
					} else if n != rows || call.ID == "" || call.Remote.Number != "+4915799912345" {
						t.Errorf("%d rows, %+v", n, call)
					}
					if got != stage {
						t.Errorf("stage %d, want %d", got, stage)
					}
				}
				want(switchboard.StageCallerRinging, 1)
				x.Answer(string(id), "w0")
				want(switchboard.StageCalleeRinging, 1)
				x.Answer(string(id), "")
				want(switchboard.StageConnected, 1)
				x.Simulator.HangUp(string(id), "")
				want(switchboard.StageEnded, 1)
				if got, call := x.Progress("54566B"); got != switchboard.StageUnknown || call.ID != "" {
					t.Errorf("an unknown call: %d %+v", got, call)
				}
			})
		})
	}
}
