package callcontrol

import (
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/team"
)

// A first admin signs in while sipgate does not return the users: the first
// answer that comes later names them and makes them an admin, on the board, too.
// Failed attempts become rarer.
func TestFirstAdminIsFoundOutLater(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	account, _, _ := f.sim.AdminToken()
	id := team.MemberID{Account: account, User: "w0"}
	token, err := f.sim.Token(account, "w0", "all")
	if err != nil {
		t.Fatal(err)
	}
	member, err := f.SignIn(t.Context(), id, nil, sipgate.Tokens{Access: token["access_token"].(string), Refresh: "unused", Lifetime: time.Hour})
	if err != nil || member.Role != team.Agent {
		t.Fatalf("%+v, %v", member, err)
	}
	f.fails(503, "/v2/users")
	signedIn := []SignedIn{{MemberID: id, Name: "w0"}}
	f.Join(signedIn[0])
	var c confirmation
	before := f.asked("/v2/users")
	for range 40 {
		c.confirm(t.Context(), f.Control, signedIn)
	}
	if n := f.asked("/v2/users") - before; n < 4 || n > 8 {
		t.Errorf("%d requests in twenty minutes", n)
	}
	if got, _ := f.Members.Get(id); got.Role != team.Agent || !got.Unconfirmed {
		t.Errorf("in vain: %+v", got)
	}
	f.sim.ClearFaults()
	for range maxBackoff + 1 {
		c.confirm(t.Context(), f.Control, signedIn)
	}
	got, _ := f.Members.Get(id)
	if got.Role != team.Admin || got.Name != "Anna Bergmann" || got.Unconfirmed {
		t.Errorf("after the answer: %+v", got)
	}
	a := Actor{Member: got}
	call := f.connectedCall(a)
	f.claim(a, call)
	if claim := f.current(a, call).Claim; claim == nil || claim.Name != "Anna Bergmann" {
		t.Errorf("the board calls them %+v", claim)
	}
}
