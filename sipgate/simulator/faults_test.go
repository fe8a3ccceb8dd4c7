package simulator

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func (r *rig) fail(f Fault) {
	r.t.Helper()
	if _, err := r.sim.AddFault(f); err != nil {
		r.t.Fatal(err)
	}
}

func TestFaultsOfTheAPI(t *testing.T) {
	hold := func(r *rig, id string) (int, string) {
		return r.send("PUT", "/v2/calls/"+id+"/hold", `{"value":true}`)
	}
	for name, test := range map[string]struct {
		fault    Fault
		status   int // 0: the connection was cut
		executed bool
	}{
		"503":              {Fault{Status: 503}, 503, false},
		"429":              {Fault{Status: 429, RetryAfter: "30"}, 429, false},
		"resetAfter":       {Fault{Do: DoResetAfter}, 0, true},
		"reset":            {Fault{Do: DoReset}, 0, false},
		"malformed":        {Fault{Do: DoMalformed}, 200, true},
		"truncate":         {Fault{Do: DoTruncate}, 0, true},
		"empty":            {Fault{Do: DoEmpty}, 204, true},
		"delay":            {Fault{Delay: Duration(time.Millisecond)}, 204, true},
		"delay after":      {Fault{Delay: Duration(time.Millisecond), After: true}, 204, true},
		"redirect":         {Fault{Status: 307, Location: "/v2/nothing"}, 404, false},
		"other method":     {Fault{Status: 503, Method: "GET"}, 204, true},
		"other path":       {Fault{Status: 503, Path: "/v2/calls/*/muted"}, 204, true},
		"path and method":  {Fault{Status: 503, Path: "/v2/calls/*/hold", Method: "put"}, 503, false},
		"path of a prefix": {Fault{Status: 503, Path: "/v2/**"}, 503, false},
		"path too short":   {Fault{Status: 503, Path: "/v2/calls/*/hold/**"}, 204, true},
		"let pass":         {Fault{Status: 503, Skip: 1}, 204, true},
		"improbable":       {Fault{Status: 503, Probability: 1e-9}, 204, true},
		"meant for pushes": {Fault{Do: DoDrop}, 204, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, Options{})
			id := r.talk()
			test.fault.Count = 1
			r.fail(test.fault)
			status, text := hold(r, id)
			if status != test.status || r.call(id).Hold != test.executed {
				t.Errorf("status %d (%s), executed: %v", status, text, r.call(id).Hold)
			}
			if len(r.sim.Faults()) == 0 {
				r.want(204, "PUT", "/v2/calls/"+id+"/hold", `{"value":false}`) // the fault applies once
			}
			r.sim.ClearFaults()
			if len(r.sim.Faults()) != 0 {
				t.Error("ClearFaults left faults")
			}
			seen := r.sim.Requests()[0]
			struck := status != 204 || slices.Contains([]string{"empty", "delay", "delay after"}, name)
			if seen.Status != test.status && name != "redirect" && name != "truncate" || (seen.Fault != "") != struck {
				t.Errorf("logged as %+v", seen)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	r := open(t, Options{})
	r.fail(Fault{Status: 429, RetryAfter: "garbage", Path: "/v2/calls/"})
	req, _ := http.NewRequest("GET", r.url+"/v2/calls", nil)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "garbage" || len(body) != 0 {
		t.Errorf("%v %s", resp, body)
	}
}

func TestFaultsAreReproducible(t *testing.T) {
	run := func(seed uint64) (pattern string) {
		r := open(t, Options{Seed: seed})
		r.fail(Fault{Status: 500, Probability: 0.5, Path: "/v2/calls"})
		for range 24 {
			status, _ := r.send("GET", "/v2/calls", "")
			pattern += fmt.Sprint(status/100, " ")
		}
		return pattern
	}
	if a, b, c := run(1), run(1), run(2); a != b || a == c {
		t.Errorf("\n%s\n%s\n%s", a, b, c)
	}
}

func TestInvalidFaultsAreRefused(t *testing.T) {
	s := New(Options{})
	defer s.Close()
	for _, f := range []Fault{
		{}, {Do: "sing"}, {On: "moon", Do: DoDelay}, {On: OnPush, Do: DoReset}, {On: OnAPI, Do: DoDrop}, {Do: DoStatus},
		{Status: 99}, {Status: 500, Probability: 2}, {Status: 500, Count: -1}, {Status: 500, Path: "["}, {Do: DoDelay, Delay: -1},
	} {
		if _, err := s.AddFault(f); err == nil {
			t.Errorf("%+v is accepted", f)
		}
	}
}

func TestFaultsOfPushes(t *testing.T) {
	plain := "/in newCall A, /answer answer A, /hangup hangup A:normalClearing"
	for name, test := range map[string]struct {
		fault Fault
		want  string
	}{
		"drop":         {Fault{Do: DoDrop, Event: "answer"}, "/in newCall A, /hangup hangup A:normalClearing"},
		"drop first":   {Fault{Do: DoDrop, Event: "newCall"}, ""},
		"double":       {Fault{Do: DoDouble, Event: "hangup"}, plain + ", /hangup hangup A:normalClearing"},
		"reorder":      {Fault{Do: DoReorder, Event: "answer", Delay: Duration(100 * time.Millisecond)}, "/in newCall A, /hangup hangup A:normalClearing, /answer answer A"},
		"reorder last": {Fault{Do: DoReorder, Event: "hangup", Delay: 1}, plain},
		"delay":        {Fault{On: OnPush, Delay: Duration(time.Millisecond)}, plain},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, Options{})
			v := newReceiver(r)
			test.fault.Count = 1
			r.fail(test.fault)
			id := r.ring(NewCall{State: "established"})
			r.sim.HangUp(id, "")
			r.drain()
			n := strings.Count(test.want, "/")
			if got := v.sequence(n, map[string]string{id: "A"}); got != test.want {
				t.Errorf("pushes\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// A delay lasts as long as it says, or until the client disconnects.
func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		defer s.Close()
		answer, _ := s.Token("", "w0", "all")
		client := &http.Client{Transport: pipe{s}, Timeout: 5 * time.Second}
		list := func() (time.Duration, error) {
			start := time.Now()
			req, _ := http.NewRequest("GET", "http://sim.invalid/v2/calls", nil)
			req.Body = http.NoBody
			req.Header.Set("Authorization", "Bearer "+answer["access_token"].(string))
			resp, err := client.Do(req)
			if err == nil {
				resp.Body.Close()
			}
			return time.Since(start), err
		}
		s.AddFault(Fault{Delay: Duration(4 * time.Second)})
		if took, err := list(); err != nil || took != 4*time.Second {
			t.Error(took, err)
		}
		s.ClearFaults()
		s.AddFault(Fault{Delay: Duration(time.Hour), After: true})
		if took, err := list(); err == nil || took != 5*time.Second {
			t.Error(took, err)
		}
	})
}
