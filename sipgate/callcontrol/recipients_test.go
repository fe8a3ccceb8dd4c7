package callcontrol

import (
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
)

func TestUnreadableTeamIsReportedAndReadAgain(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	a := f.signIn("w0", true)
	f.fails(503, "/v2/users")
	f.Rosters.Of(a.Account).Load()
	awaitThat(t, "failed read of the users", func() bool { return f.Rosters.Of(a.Account).Err() != nil })
	if found, _, err := f.Recipients(a, "jonas"); sipgate.KindOf(err) != sipgate.Unavailable || len(found) != 0 {
		t.Errorf("while sipgate fails: %+v, %v", found, err)
	}
	f.sim.ClearFaults()
	awaitThat(t, "team", func() bool {
		found, _, err := f.Recipients(a, "jonas")
		return err == nil && len(found) > 0 && found[0].Name == "Jonas Keller"
	})
}
