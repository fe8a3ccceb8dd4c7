package handlers

import (
	"errors"
	"net/http"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/team"
	"callboard/views"
)

// TestTheBoardWithoutAList: where sipgate refuses the list of calls, the pages say
// whether anything else tells of calls, admins are led to the webhooks, and a call that
// was reported has its buttons.
func TestTheBoardWithoutAList(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Agent)
	p, err := d.sim.Platform(d.account)
	p.Name, p.Calls = simulator.PlatformNeo, http.StatusNotImplemented
	if err = errors.Join(err, d.sim.SetPlatform(d.account, p)); err != nil {
		t.Fatal(err)
	}
	board := d.h.Control.Boards.Board(d.account)
	for !board.ListRefused() {
		board.Poll(t.Context())
	}
	nothing, reported := views.English.T("health.unlisted_silent"), views.English.T("health.unlisted")
	shows(t, "without webhooks", anna.get("/").Body.String(), "data-unlisted", nothing, `href="/setup"`, "!"+reported)
	shows(t, "without webhooks, an agent", jonas.get("/").Body.String(), "data-unlisted", nothing, `!href="/setup"`)
	shows(t, "status", anna.get("/status").Body.String(), views.English.T("health.list.refused"), views.English.T("why.platform_call_list"))

	e := sipgate.Event{Kind: sipgate.EventNewCall, CallID: "C1", Direction: sipgate.Incoming, From: "+491713920014", To: "+492214710111", Users: []string{"Jonas"}, UserIDs: []sipgate.UserID{"w1"}}
	board.Observe(e)
	e.Kind = sipgate.EventAnswer
	board.Observe(e)
	call := board.Snapshot().Calls[0]
	for _, who := range []*browser{anna, jonas} {
		shows(t, "with webhooks", who.get("/").Body.String(), reported, views.RowDOMID(call.ID), "/calls/"+string(call.ID)+"/transfer", "!"+nothing)
	}
}
