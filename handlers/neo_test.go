package handlers

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/stats"
	"callboard/sipgate/team"
	"callboard/sipgate/webhook"
)

// onNeo migrates the account to neo while the dashboard runs.
func (d *dashboard) onNeo(history string) {
	d.t.Helper()
	p, err := d.sim.Platform(d.account)
	if p.Name, p.History = simulator.PlatformNeo, history; err == nil {
		err = d.sim.SetPlatform(d.account, p)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.h.Control.Rosters.Of(d.account).ForgetChannels()
}

// pastCall makes a call from outside, with or without a recording.
func (d *dashboard) pastCall(n simulator.NewCall, record bool) {
	d.t.Helper()
	n.From = "+491713920014"
	id, err := d.sim.Ring(n)
	if err == nil && record {
		client := d.h.Control.ClientOf(team.MemberID{Account: d.account, User: "w0"})
		err = client.Record(d.t.Context(), sipgate.CallID(id), true, true)
	}
	if err == nil {
		err = d.sim.HangUp(id, "")
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// TestPastCallsOfNeo: the history, an entry, its recording and the statistics are
// there although sipgate's history is empty, and the page names a source that fails.
func TestPastCallsOfNeo(t *testing.T) {
	t.Parallel()
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Agent)
	if err := d.h.Control.Capabilities.SetPlatform(t.Context(), d.account, sipgate.PlatformDetection{Platform: sipgate.Neo, Evidence: "token"}); err != nil {
		t.Fatal(err)
	}
	d.onNeo(simulator.HistoryEmpty)
	d.pastCall(simulator.NewCall{To: "+492214710110", State: "established"}, true)
	d.pastCall(simulator.NewCall{To: "+492214710110"}, false)
	d.pastCall(simulator.NewCall{To: "+492214710111"}, false) // to Jonas alone

	d.h.Control.Boards.Board(d.account).SetNames(map[string]string{"+491713920014": "Sabine Vogt"})
	page := anna.get("/history").Body.String()
	entries, _, _ := ids(page)
	if len(entries) != 2 {
		t.Fatalf("%d entries", len(entries))
	}
	shows(t, "the history", page, "+49 171 3920014", "Sabine Vogt", "/calls/new?to=", "!access to the channels", "!data-partial", "2 entries")
	shows(t, "an admin's history", page, "data-private")
	shows(t, "an agent's history", jonas.get("/history").Body.String(), "!data-private")
	if entries, _, _ := ids(jonas.get("/history").Body.String()); len(entries) != 1 {
		t.Errorf("Jonas sees %d entries", len(entries))
	}
	recorded := ""
	for _, id := range entries {
		if w := anna.get("/history/" + id); w.Code != http.StatusOK && w.Code != http.StatusSeeOther {
			t.Errorf("%s: %d", id, w.Code)
		}
		if w := anna.get("/history/" + id + "/recordings/1"); w.Code == http.StatusOK {
			recorded += w.Header().Get("Content-Type")
		}
	}
	if !strings.HasPrefix(recorded, "audio/") {
		t.Errorf("recordings: %q", recorded)
	}
	figures := ""
	for range 300 {
		if figures = anna.get("/figures").Body.String(); !strings.Contains(figures, "Loading") {
			break
		}
	}
	// Jonas's call is read through him, the one of Mira, who never signed in, is not.
	shows(t, "the statistics", figures, "!access to the channels", "!could not be read", "private channel")
	counted := d.h.Stats.Read(t.Context(), d.account, stats.Day(time.Now().In(d.h.zone(actorOf(anna)))), d.h.statsSources(d.account))
	if counted.Fetched != 3 || counted.Private != 1 || counted.Total[stats.Missed] != 2 {
		t.Errorf("counted: %+v", counted)
	}

	if _, err := d.sim.AddFault(simulator.Fault{Do: simulator.DoStatus, Status: http.StatusServiceUnavailable, Path: "/v2/history"}); err != nil {
		t.Fatal(err)
	}
	page = anna.get("/history").Body.String()
	if entries, _, _ := ids(page); len(entries) != 2 || !strings.Contains(page, "data-partial") {
		t.Errorf("without sipgate's history: %d entries", len(entries))
	}
}

// TestNeoAsksForChannels: the page says to a member that their sign-in does not reach
// the channels, and has a button that signs in again.
func TestNeoAsksForChannels(t *testing.T) {
	t.Parallel()
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	old := anna.signInElsewhere(func(s *SignIn) {
		s.Scope = "rtcm:read rtcm:write sessions:calls:write history:read history:write"
	})
	if page := old.get("/history").Body.String(); strings.Contains(page, "channels:read") {
		t.Error("asked on a classic account")
	}
	if err := d.h.Control.Capabilities.SetPlatform(t.Context(), d.account, sipgate.PlatformDetection{Platform: sipgate.Neo, Evidence: "token"}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/history", "/figures"} {
		shows(t, path, old.get(path).Body.String(), `data-access="scope"`, "channels:read", "Sign in again")
	}
	if page := anna.get("/history").Body.String(); strings.Contains(page, "channels:read") {
		t.Error("asked although it is granted")
	}
}

// TestWebhooksOfChannels: where sipgate's API sets no webhooks, the status and the
// set-up page say how and where to enter them, only admins see the address, and a
// channel is done when its first event came; all pages claim the same.
func TestWebhooksOfChannels(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Lead)
	d.onNeo(simulator.HistoryEmpty)
	address := d.h.Control.PushURL(d.account)
	push := func(to string) {
		body := "event=newCall&direction=in&from=491713920014&to=" + to + "&callId=C" + to
		if _, err := d.h.Receiver.Receive(webhook.Delivery{Account: d.account, Signatures: []string{signed(t, body)}, Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
	const noEvents, waiting, arriving = `id="no-events"`, `data-webhooks="waiting"`, `data-webhooks="arriving"`
	if _, err := d.h.Control.Rosters.Of(d.account).Numbers(t.Context()); err != nil {
		t.Fatal(err)
	}
	channels, err := d.h.Control.Rosters.Of(d.account).Channels(t.Context())
	if err != nil || len(channels) < 2 {
		t.Fatal(channels, err)
	}

	shows(t, "status", anna.get("/status").Body.String(), waiting, address, "app.sipgate.com", channels[0].Name, channels[1].Name, "Without webhooks the board does not show", "!"+`value="set"`)
	shows(t, "a lead’s status", jonas.get("/status").Body.String(), waiting, channels[0].Name, "!"+address, "!app.sipgate.com")
	shows(t, "set-up", anna.get("/setup").Body.String(), address, "app.sipgate.com", channels[0].Name, "!Events arrive")

	push("4915700000000") // a number that no channel has
	for _, path := range []string{"/status", "/setup"} {
		shows(t, path, anna.get(path).Body.String(), "They do not tell which channel", "Events arrive", "No events yet")
	}
	shows(t, "the board", anna.get("/").Body.String(), "!"+noEvents)

	push("492214710110")
	page := anna.get("/status").Body.String()
	shows(t, "status", page, arriving, "!They do not tell which channel", "!Without webhooks the board")
	if strings.Count(page, "Events arrive") != 2 { // the whole, and one channel
		t.Error("not exactly one channel is done")
	}
	shows(t, "set-up", anna.get("/setup").Body.String(), `id="step-webhooks" data-done`)
}

// TestChangesOfNeo: what sipgate does not keep of past calls, because they are a
// channel's or because the platform refuses, is kept here: for everybody alike, shown,
// filtered and searched as all else.
func TestChangesOfNeo(t *testing.T) {
	for _, variant := range []string{simulator.HistoryEmpty, simulator.HistoryMigrated} {
		t.Run(variant, func(t *testing.T) {
			d := newDashboard(t, team.ZoneRule{})
			anna, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Lead)
			d.onNeo(variant)
			if _, err := d.sim.AddFault(simulator.Fault{Do: simulator.DoStatus, Status: http.StatusNotImplemented, Method: http.MethodPut, Path: "/v2/history/*"}); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				d.pastCall(simulator.NewCall{To: "+492214710100"}, false)
			}
			entries, _, _ := ids(anna.get("/history").Body.String())
			if len(entries) < 3 {
				t.Fatalf("%d entries", len(entries))
			}
			change := func(id, what, value string) {
				t.Helper()
				if w := anna.program("/history/"+id+"/"+what, `{`+value+`,"action_id":"0123456789abcde`+what[:1]+`"}`); w.Code != http.StatusOK {
					t.Errorf("%s: %d %s", what, w.Code, w.Body)
				}
			}
			lists := func(query string, want ...string) {
				t.Helper()
				for _, who := range []*browser{anna, jonas} {
					found, _, _ := ids(who.get("/history?" + query).Body.String())
					if slices.Sort(found); !slices.Equal(found, slices.Sorted(slices.Values(want))) {
						t.Errorf("%s lists %v, not %v", query, found, want)
					}
				}
			}
			starred, archived, noted := entries[0], entries[1], entries[2]
			change(starred, "star", `"value":true`)
			change(archived, "archive", `"value":true`)
			change(noted, "note", `"text":"calls about the Zwiebel invoice"`)
			lists("starred=true", starred)
			lists("archived=true", archived)
			lists("q=zwiebel", noted)
			shows(t, "the history", jonas.get("/history").Body.String(), "Zwiebel invoice", "!"+archived)
			if kept, err := d.h.Control.Journal.KeptChanges(t.Context(), d.account); err != nil || len(kept) != 3 {
				t.Errorf("%d changes are kept, %v", len(kept), err)
			}
			change(starred, "star", `"value":false`)
			change(archived, "archive", `"value":false`)
			lists("starred=true")
			lists("archived=true")
			shows(t, "the history", jonas.get("/history").Body.String(), archived, noted)
		})
	}
}
