package simulator

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// playing runs f with the office script, in a synctest bubble.
func playing(t *testing.T, o Options, f func(t *testing.T, s *Simulator)) {
	synctest.Test(t, func(t *testing.T) {
		s := New(o)
		defer s.Close()
		if err := s.Play(ScriptOffice); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		f(t, s)
	})
}

func count(s *Simulator) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pbx.live())
}

func present(s *Simulator) (calls []CallState) {
	for _, c := range s.Calls() {
		if c.Phase != "ended" {
			calls = append(calls, c)
		}
	}
	return calls
}

func TestOfficeIsLively(t *testing.T) {
	for seed := range uint64(3) {
		playing(t, Options{Seed: seed}, func(t *testing.T, s *Simulator) {
			time.Sleep(time.Second)
			if n := count(s); n != 3 {
				t.Errorf("%d calls at once", n)
			}
			if n := len(s.accounts[0].history); n < 8 {
				t.Errorf("only %d calls in the past", n)
			}
			counts, began := map[int]int{}, len(s.Calls())
			const seconds = 2 * 3600
			for range seconds / 5 {
				time.Sleep(5 * time.Second)
				counts[count(s)] += 5
				crowded(t, s)
			}
			good := 0
			for n, c := range counts {
				if n >= 2 && n <= 5 {
					good += c
				}
			}
			calls := s.Calls()[began:]
			t.Logf("seed %d: seconds with n calls %v, %.0f calls/h", seed, counts, float64(len(calls))*3600/seconds)
			if good < seconds*85/100 || counts[6] > 120 || len(counts) > 8 {
				t.Errorf("2 to 5 calls in %d of %d s: %v", good, seconds, counts)
			}
			varied(t, calls)
		})
	}
}

// crowded fails if a user is in two established calls at once, except during a
// transfer.
func crowded(t *testing.T, s *Simulator) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[*user]*call{}
	for _, c := range s.pbx.live() {
		if other := seen[c.owner]; c.phase == established && !c.voicemail && other != nil && c.predecessor == nil {
			t.Errorf("%s is in two calls: %+v %+v", c.owner.id, c.state(), other.state())
		}
		if c.phase == established && c.owner != nil && !c.voicemail {
			seen[c.owner] = c
		}
	}
}

// varied checks that calls of all kinds occur.
func varied(t *testing.T, calls []CallState) {
	kinds := map[string]int{}
	long := 0
	for _, c := range calls {
		kinds[c.Direction]++
		kinds[c.Cause]++
		if len(c.Users) > 1 {
			kinds["group"]++
		}
		if c.Voicemail {
			kinds["voicemail"]++
		}
		if len(c.Transfers) > 0 {
			kinds["transfer"]++
		}
		if len(c.Recordings) > 0 {
			kinds["recorded"]++
		}
		if !c.Ended.IsZero() && !c.Answered.IsZero() && c.Ended.Sub(c.Answered) > 2*time.Minute {
			long++
		}
	}
	for _, kind := range []string{"in", "out", normalClearing, cancelled, "group", "voicemail", "transfer", "recorded"} {
		if kinds[kind] == 0 {
			t.Errorf("nothing %s in %v", kind, kinds)
		}
	}
	if long < 5 {
		t.Errorf("only %d calls longer than two minutes", long)
	}
}

func TestOfficeIsReproducible(t *testing.T) {
	day := func() (log string) {
		playing(t, Options{Seed: 7}, func(t *testing.T, s *Simulator) {
			time.Sleep(10 * time.Minute)
			for _, c := range s.Calls() {
				log += fmt.Sprintln(c.Began.Sub(time.Time{}), c.Direction, c.From, c.To, c.Cause)
			}
		})
		return log
	}
	if a, b := day(), day(); a != b {
		t.Errorf("%s\n%s", a, b)
	}
}

// After a command of a member, the script leaves a call alone for minutes and
// then ends it.
func TestOfficeLeavesVisitedCallsAlone(t *testing.T) {
	playing(t, Options{Seed: 3, Visibility: VisibilityAccount}, func(t *testing.T, s *Simulator) {
		time.Sleep(time.Minute)
		var id string
		for _, c := range present(s) {
			if c.Phase == "established" && !c.Voicemail {
				id = c.CallID
			}
		}
		visit := member(t, s)
		visit("PUT", "/v2/calls/"+id+"/hold", `{"value":true}`)
		time.Sleep(idleTimeout - time.Second)
		if c, _ := s.Call(id); c.Phase != "established" || !c.Hold {
			t.Errorf("after a while %+v", c)
		}
		visit("POST", "/v2/calls/"+id+"/transfer", `{"attended":false,"phoneNumber":"+4915799912345"}`)
		c, _ := s.Call(id)
		time.Sleep(idleTimeout - time.Second)
		next, err := s.Call(c.Successor)
		if err != nil || next.Phase != "established" {
			t.Errorf("transferred %+v %v", next, err)
		}
		time.Sleep(2 * time.Minute)
		if next, _ = s.Call(c.Successor); next.Phase != "ended" {
			t.Errorf("much later %+v", next)
		}
	})
}

// A call that a member starts is picked up, and ends after a while.
func TestOfficeEndsStartedCalls(t *testing.T) {
	playing(t, Options{Seed: 3}, func(t *testing.T, s *Simulator) {
		member(t, s)("POST", "/v2/sessions/calls", `{"caller":"e0","callee":"+4915799912345"}`)
		find := func() CallState {
			for _, c := range s.Calls() {
				if c.Origin == "api" {
					return c
				}
			}
			return CallState{}
		}
		time.Sleep(3 * time.Second)
		if c := find(); c.Phase != "ringing" || !c.DevicePickedUp {
			t.Errorf("after 3 s %+v", c)
		}
		time.Sleep(2 * time.Second)
		if c := find(); c.Phase != "established" {
			t.Errorf("after 5 s %+v", c)
		}
		time.Sleep(idleTimeout + time.Minute)
		if c := find(); c.Phase != "ended" {
			t.Errorf("left alone %+v", c)
		}
	})
}

func member(t *testing.T, s *Simulator) func(method, path, body string) {
	answer, err := s.Token("", "w0", "all")
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: pipe{s}}
	return func(method, path, body string) {
		t.Helper()
		answer, err = s.Token("", "w0", "all")
		req, _ := http.NewRequest(method, "http://sim.invalid"+path, stringBody(body))
		req.Header.Set("Authorization", "Bearer "+answer["access_token"].(string))
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err != nil || resp.StatusCode >= 300 {
			t.Errorf("%s %s: %v %v", method, path, resp, err)
		}
	}
}

func TestPlay(t *testing.T) {
	s := New(Options{})
	if s.Play(ScriptNone) != nil || s.Play("opera") == nil {
		t.Error("Play(none) failed or Play(opera) succeeded")
	}
	s.Close()
	s.Close()
	if s.Play(ScriptOffice) != nil || len(s.Calls()) != 0 {
		t.Error("a closed simulator runs a script")
	}
}

// Nobody is given a second call: neither who talks, nor who is the only one that a
// call rings, on either side of it.
func TestBusyUsers(t *testing.T) {
	u, v := &user{id: "w0"}, &user{id: "w1"}
	only, both := []*user{u}, []*user{u, v}
	for name, test := range map[string]struct {
		c    call
		busy bool
	}{
		"talks":                          {call{phase: established, owner: u}, true},
		"another talks":                  {call{phase: established, owner: v, users: only}, false},
		"rings":                          {call{phase: ringing, users: only}, true},
		"rings with others":              {call{phase: ringing, users: both}, false},
		"rings at another":               {call{phase: ringing, users: []*user{v}}, false},
		"talks on the other side":        {call{phase: established, owner: v, other: &otherSide{owner: u}}, true},
		"rings on the other side":        {call{phase: ringing, owner: v, other: &otherSide{users: only}}, true},
		"rings there with others":        {call{phase: ringing, owner: v, other: &otherSide{users: both}}, false},
		"another rings there":            {call{phase: ringing, owner: v, other: &otherSide{users: []*user{v}}}, false},
		"answered there by another":      {call{phase: established, owner: v, other: &otherSide{users: only, owner: v}}, false},
		"called, with an own other side": {call{phase: ringing, users: only, other: &otherSide{owner: v}}, true},
	} {
		c := test.c
		if got := isBusy([]*call{{phase: established, owner: v}, &c}, u, nil); got != test.busy {
			t.Errorf("%s: busy is %v", name, got)
		}
		if isBusy([]*call{&c}, u, &c) {
			t.Errorf("%s: busy with the call that is left out", name)
		}
	}
	if isBusy(nil, u, nil) {
		t.Error("busy without a call")
	}
}
