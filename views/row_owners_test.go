package views

import (
	"slices"
	"testing"

	"callboard/sipgate/switchboard"
)

// A row tells script whose call it is, and whether it rings at a member's phone:
// outgoing and answered calls do not.
func TestRowHasOwnersAndRings(t *testing.T) {
	type ids = []switchboard.MemberID
	for name, test := range map[string]struct {
		call   switchboard.Call
		owners string
		rings  bool
		mine   bool // of w0
	}{
		"rings here":   {switchboard.Call{Phase: switchboard.Ringing, Direction: "in", MemberIDs: ids{"w0", "w2"}, VisibleTo: ids{"w1"}}, "w0 w2", true, true},
		"rings there":  {switchboard.Call{Phase: switchboard.Ringing, Direction: "in", MemberIDs: ids{"w2"}, VisibleTo: ids{"w0"}}, "w2", true, false},
		"outgoing":     {switchboard.Call{Phase: switchboard.Ringing, Direction: "out", MemberIDs: ids{"w0"}}, "w0", false, true},
		"no direction": {switchboard.Call{Phase: switchboard.Ringing, MemberIDs: ids{"w0"}}, "w0", false, true},
		"answered":     {switchboard.Call{Phase: switchboard.Connected, Direction: "in", MemberIDs: ids{"w0"}}, "w0", false, true},
		"ended":        {switchboard.Call{Phase: switchboard.Ended, PreviousPhase: switchboard.Ringing, Direction: "in", MemberIDs: ids{"w0"}}, "w0", false, true},
		"no members":   {switchboard.Call{Phase: switchboard.Connected, VisibleTo: ids{"w0", "w1"}}, "", false, false},
		"no owner":     {switchboard.Call{Phase: switchboard.Connected}, "", false, false},
		"similar id":   {switchboard.Call{Phase: switchboard.Connected, MemberIDs: ids{"w01"}}, "w01", false, false},
	} {
		m := Format{}.RowFor(test.call, Allowed{}, English)
		mine := slices.Contains(test.call.Owners(), "w0")
		if m.Owners != test.owners || m.Rings != test.rings || mine != test.mine {
			t.Errorf("%s: owners %q, rings %v, mine %v", name, m.Owners, m.Rings, mine)
		}
	}
}
