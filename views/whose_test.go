package views

import (
	"slices"
	"testing"

	"callboard/sipgate/switchboard"
)

// A row tells script whose call it is, and whether it rings at somebody's desk:
// what goes out does not, nor what was answered.
func TestRowTellsWhoseAndWhetherItRings(t *testing.T) {
	type ids = []switchboard.MemberID
	for name, test := range map[string]struct {
		call  switchboard.Call
		who   string
		rings bool
		mine  bool // of w0
	}{
		"rings here":     {switchboard.Call{Phase: switchboard.Ringing, Direction: "in", MemberIDs: ids{"w0", "w2"}, VisibleTo: ids{"w1"}}, "w0 w2", true, true},
		"rings there":    {switchboard.Call{Phase: switchboard.Ringing, Direction: "in", MemberIDs: ids{"w2"}, VisibleTo: ids{"w0"}}, "w2", true, false},
		"goes out":       {switchboard.Call{Phase: switchboard.Ringing, Direction: "out", MemberIDs: ids{"w0"}}, "w0", false, true},
		"which way?":     {switchboard.Call{Phase: switchboard.Ringing, MemberIDs: ids{"w0"}}, "w0", false, true},
		"answered":       {switchboard.Call{Phase: switchboard.Connected, Direction: "in", MemberIDs: ids{"w0"}}, "w0", false, true},
		"over":           {switchboard.Call{Phase: switchboard.Ended, PreviousPhase: switchboard.Ringing, Direction: "in", MemberIDs: ids{"w0"}}, "w0", false, true},
		"nobody known":   {switchboard.Call{Phase: switchboard.Connected, VisibleTo: ids{"w0", "w1"}}, "w0 w1", false, true},
		"nobody at all":  {switchboard.Call{Phase: switchboard.Connected}, "", false, false},
		"of one as like": {switchboard.Call{Phase: switchboard.Connected, MemberIDs: ids{"w01"}}, "w01", false, false},
	} {
		m := Format{}.RowFor(test.call, Allowed{}, English)
		mine := slices.Contains(test.call.Owners(), "w0")
		if m.Owners != test.who || m.Rings != test.rings || mine != test.mine {
			t.Errorf("%s: whose %q, rings %v, mine %v", name, m.Owners, m.Rings, mine)
		}
	}
}
