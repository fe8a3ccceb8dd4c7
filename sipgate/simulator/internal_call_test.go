package simulator

import (
	"net/url"
	"slices"
	"testing"
	"time"
)

// sidesOf returns the callIds of both sides of a call between users.
func (r *rig) sidesOf(id string) (caller, callee string) {
	c, err := r.sim.Call(id)
	if err != nil || c.CalleeCall == "" {
		r.t.Fatalf("%+v, %v", c, err)
	}
	return c.CallID, c.CalleeCall
}

// A call between users is announced twice, shown to each as the own side, and
// ends for both.
func TestCallBetweenUsersHasTwoSides(t *testing.T) {
	for origins, same := range map[string]bool{"": true, InternalOneOrigin: true, InternalTwoOrigins: false} {
		r := open(t, Options{InternalCalls: origins})
		var events []url.Values
		r.sim.pbx.publish = func(e event) {
			form, err := url.ParseQuery(string(e.body))
			if err != nil {
				t.Error(err)
			}
			events = append(events, form)
		}
		id := r.ring(NewCall{Direction: "out", To: "+492214710111", Users: []string{"w0"}})
		caller, callee := r.sidesOf(id)
		if err := r.sim.Answer(id, ""); err != nil {
			t.Fatal(err)
		}
		colleague := r.as(r.token("", "w1", "all"))
		stranger := r.as(r.token("", "w2", "all"))
		mine, theirs := get[callList](r, "/v2/calls").Data, get[callList](colleague, "/v2/calls").Data
		if len(mine) != 1 || mine[0].CallID != caller || len(theirs) != 1 || theirs[0].CallID != callee || len(get[callList](stranger, "/v2/calls").Data) != 0 {
			t.Fatalf("%s: lists %+v and %+v", origins, mine, theirs)
		}
		if p, q := mine[0].Participants, theirs[0].Participants; !p[0].Owner || p[1].Owner || q[0].Owner || !q[1].Owner || p[0].PhoneNumber != "492214710110" || q[1].PhoneNumber != "492214710111" {
			t.Errorf("%s: participants %+v and %+v", origins, p, q)
		}
		r.want(404, "PUT", "/v2/calls/"+callee+"/hold", `{"value":true}`)
		colleague.want(404, "PUT", "/v2/calls/"+caller+"/hold", `{"value":true}`)
		colleague.want(204, "PUT", "/v2/calls/"+callee+"/hold", `{"value":true}`)
		if list := get[callList](r, "/v2/calls").Data; !list[0].Hold {
			t.Errorf("%s: the caller does not see the hold: %+v", origins, list)
		}
		r.want(204, "DELETE", "/v2/calls/"+caller, "")
		if n := len(get[callList](colleague, "/v2/calls").Data); n != 0 {
			t.Errorf("%s: goes on for the callee", origins)
		}
		var got []string
		for _, e := range events {
			user := e.Get("user")
			if user == "" {
				user = e.Get("user[]")
			}
			got = append(got, e.Get("event")+" "+e.Get("direction")+" "+user)
			if e.Get("from") != "492214710110" || e.Get("to") != "492214710111" {
				t.Errorf("%s: %v", origins, e)
			}
			if id := map[string]string{"out": caller, "in": callee}[e.Get("direction")]; e.Get("callId") != id || (e.Get("origCallId") == caller) != (same || id == caller) {
				t.Errorf("%s: %v", origins, e)
			}
		}
		want := []string{"newCall out Anna Bergmann", "newCall in Jonas Keller", "answer in Jonas Keller", "answer out Anna Bergmann", "hangup in ", "hangup out "}
		if !slices.Equal(got, want) {
			t.Errorf("%s: events %q", origins, got)
		}
	}
}

// The voicemail of a called user takes the call, which goes on for the caller
// until either ends.
func TestVoicemailTakesACallBetweenUsers(t *testing.T) {
	r := open(t, Options{})
	id := r.ring(NewCall{Direction: "out", To: "+492214710111", Users: []string{"w0"}})
	v, err := r.sim.Forward(id, "voicemail")
	if err != nil {
		t.Fatal(err)
	}
	call, _ := r.sim.Call(id)
	mail, _ := r.sim.Call(v)
	if call.Phase != "established" || mail.Phase != "established" || !mail.Voicemail || mail.OrigCallID != call.OrigCallID || mail.Diversion != "+492214710111" {
		t.Errorf("%+v, %+v", call, mail)
	}
	if list := get[callList](r, "/v2/calls").Data; len(list) != 1 || list[0].CallID != id {
		t.Errorf("list %+v", list)
	}
	if n := len(get[callList](r.as(r.token("", "w1", "all")), "/v2/calls").Data); n != 0 {
		t.Errorf("the callee sees %d calls", n)
	}
	r.want(204, "DELETE", "/v2/calls/"+id, "")
	if mail, _ := r.sim.Call(v); mail.Phase != "ended" {
		t.Errorf("voicemail goes on: %+v", mail)
	}
}

// A call that a telephone of nobody answers is in no user's list.
func TestCallAnsweredElsewhereIsNobodys(t *testing.T) {
	r := open(t, Options{Control: true})
	var answers []url.Values
	r.sim.pbx.publish = func(e event) {
		if form, _ := url.ParseQuery(string(e.body)); e.kind == "answer" {
			answers = append(answers, form)
		}
	}
	id := r.ring(NewCall{To: "+492214710100", From: "+491713920027"})
	if err := r.sim.AnswerElsewhere(id, "+491713920099"); err != nil {
		t.Fatal(err)
	}
	if len(answers) != 1 || answers[0].Get("answeringNumber") != "491713920099" || answers[0].Has("user") || answers[0].Has("userId") {
		t.Errorf("answers %v", answers)
	}
	if c, _ := r.sim.Call(id); c.Phase != "established" || c.Owner != "" || c.Parties[0].Number != "+491713920099" {
		t.Errorf("%+v", c)
	}
	if n := len(get[callList](r, "/v2/calls").Data); n != 0 {
		t.Errorf("%d calls listed", n)
	}
	if err := r.sim.AnswerElsewhere(id, "+491713920099"); err == nil {
		t.Error("answered twice")
	}
	if err := r.sim.AnswerElsewhere("none", "nonsense"); err == nil {
		t.Error("nonsense answered")
	}
	id = r.ring(NewCall{To: "+492214710100"})
	r.want(400, "POST", "/_simulator/calls/"+id+"/answer", `{"number":"nonsense"}`)
	r.want(400, "POST", "/_simulator/calls/"+id+"/answer", `{"number":1}`)
	r.want(200, "POST", "/_simulator/calls/"+id+"/answer", `{"number":"+491713920098"}`)
	if c := r.call(id); c.Phase != "established" || c.Owner != "" || c.Parties[0].Number != "+491713920098" {
		t.Errorf("by the control API: %+v", c)
	}
}

// With a lag, GET /calls shows what was true so long ago.
func TestListsMayBeOld(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	r := open(t, Options{Now: func() time.Time { return now }})
	id := r.talk()
	now = now.Add(10 * time.Second)
	r.sim.SetListLag(4 * time.Second)
	r.want(204, "PUT", "/v2/calls/"+id+"/hold", `{"value":true}`)
	now = now.Add(2 * time.Second)
	r.want(204, "PUT", "/v2/calls/"+id+"/muted", `{"value":true}`)
	want := func(hold, muted bool) {
		t.Helper()
		list := get[callList](r, "/v2/calls").Data
		if len(list) != 1 || list[0].Hold != hold || list[0].Muted != muted || list[0].Participants[1].Hold != hold {
			t.Errorf("%v: %+v, want hold %v, muted %v", now, list, hold, muted)
		}
	}
	want(false, false)
	now = now.Add(2 * time.Second)
	want(true, false)
	now = now.Add(2 * time.Second)
	want(true, true)
	r.want(204, "DELETE", "/v2/calls/"+id, "")
	now = now.Add(2 * time.Second)
	want(true, true)
	now = now.Add(2 * time.Second)
	if list := get[callList](r, "/v2/calls").Data; len(list) != 0 {
		t.Errorf("still listed: %+v", list)
	}
	r.talk()
	if list := get[callList](r, "/v2/calls").Data; len(list) != 0 {
		t.Errorf("listed already: %+v", list)
	}
	r.want(400, "POST", "/_simulator/lists", `{"lag":"soon"}`)
	r.want(204, "POST", "/_simulator/lists", `{"lag":"0s"}`)
	want(false, false)
	r.want(204, "POST", "/_simulator/lists", `{"lag":"1h"}`)
	if list := get[callList](r, "/v2/calls").Data; len(list) != 0 {
		t.Errorf("listed an hour early: %+v", list)
	}
}

// A command may be accepted and not carried out.
func TestAcceptedCommandWithoutEffect(t *testing.T) {
	for _, status := range []int{200, 202, 204} {
		r := open(t, Options{})
		id := r.talk()
		if _, err := r.sim.AddFault(Fault{Do: DoStatus, Status: status, Path: "/v2/calls/*/hold", Count: 1}); err != nil {
			t.Fatal(err)
		}
		r.want(status, "PUT", "/v2/calls/"+id+"/hold", `{"value":true}`)
		if list := get[callList](r, "/v2/calls").Data; list[0].Hold {
			t.Errorf("%d: carried out", status)
		}
	}
}
