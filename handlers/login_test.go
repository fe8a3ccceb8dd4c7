package handlers

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"callboard/sipgate/simulator"
	"callboard/sipgate/team"
	"callboard/web"
)

// TestASignInSaysWhatSipgateAnswered: a sign-in that fails because of sipgate's
// answer says so, and that nothing is wrong with the member's sign-in.
func TestASignInSaysWhatSipgateAnswered(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	token, err := d.sim.Token(d.account, "w0", "all")
	if err != nil {
		t.Fatal(err)
	}
	signIn := func() (*httptest.ResponseRecorder, error) {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/oauth/callback", nil)
		return w, d.h.finishLogin(w, r, web.Tokens{Access: token["access_token"].(string), Refresh: "unused", Life: time.Hour}, "/")
	}
	tests := map[simulator.Fault][2]any{
		{Do: simulator.DoStatus, Status: 503}:   {502, "upstream_unavailable"},
		{Do: simulator.DoStatus, Status: 429}:   {503, "upstream_busy"},
		{Do: simulator.DoStatus, Status: 401}:   {502, web.CodeLoginFailed},
		{Do: simulator.DoStatus, Status: 403}:   {502, web.CodeLoginFailed},
		{Do: simulator.DoMalformed}:             {502, "upstream_unreadable"},
		{Spoil: "null", Field: "sub", Item: -1}: {502, "upstream_unreadable"},
	}
	for _, answer := range simulator.OddAnswers() {
		tests[simulator.Fault{Answer: answer}] = [2]any{502, "upstream_unreadable"}
	}
	for fault, want := range tests {
		fault.Path = "/v2/authorization/userinfo"
		if _, err := d.sim.AddFault(fault); err != nil {
			t.Fatal(err)
		}
		w, err := signIn()
		if f := explain(err); err == nil || f.Status != want[0] || f.Code != want[1] || strings.Contains(w.Header().Get("Set-Cookie"), "__Host-s=") {
			t.Errorf("%+v: %d %s, want %v; %v", fault, f.Status, f.Code, want, err)
		}
		d.sim.ClearFaults()
	}
	if w, err := signIn(); err != nil || w.Code != http.StatusSeeOther {
		t.Errorf("afterwards: %v %d", err, w.Code)
	}
}
