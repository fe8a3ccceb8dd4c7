package webhook

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// A hundred copies of an event at once, and the same again, are one change.
func TestCopiesAreOneChange(t *testing.T) {
	once := newRig(t)
	once.post(rings("A"))
	want := once.board().Seq

	k := newRig(t)
	body := rings("A")
	sign(t, body)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() { k.replied("a copy", k.post(body), subscribe) })
	}
	all.Wait()
	if s := k.board(); s.Seq != want || len(s.Calls) != 1 {
		t.Errorf("%d changes, one event alone makes %d: %+v", s.Seq, want, s.Calls)
	}
	if n := k.observed.Load(); n != 1 {
		t.Errorf("observed %d times", n)
	}
	if health := k.Health(ours); health.Accepted != 1 || health.Duplicate != 99 || !health.LastEvent.Equal(k.clock) {
		t.Errorf("%+v", health)
	}
}

// A recorded event that is played again within 24 hours changes nothing, and
// afterwards does not revive a call that has ended.
func TestReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newRig(t)
		k.opt.Now = time.Now
		events := []string{rings("A"), answers("A"), hangs("A")}
		for _, e := range events {
			k.post(e)
		}
		time.Sleep(time.Minute)
		before := k.board()
		for _, e := range events {
			k.post(e)
		}
		if s := k.board(); s.Seq != before.Seq || k.Health(ours).Duplicate != 3 {
			t.Errorf("replayed: %+v, %+v", s.Calls, k.Health(ours))
		}
		time.Sleep(rememberFor - 3*time.Minute)
		k.post(events[0])
		if k.Health(ours).Duplicate != 4 {
			t.Errorf("after almost 24 h: %+v", k.Health(ours))
		}
		time.Sleep(time.Hour)
		k.replied("after 25 h", k.post(events[0]), subscribe)
		for _, c := range k.board().Calls {
			if c.Phase == switchboard.Connected {
				t.Errorf("after 25 h: %+v", c)
			}
		}
		time.Sleep(200 * time.Second)
		if calls := k.board().Calls; len(calls) != 0 {
			t.Errorf("and 200 s later: %+v", calls)
		}
		k.boards.Close()
	})
}

// Odd values in good events are shown as far as they can be.
func TestOddValues(t *testing.T) {
	anything := func(switchboard.Call) bool { return true }
	for name, tt := range map[string]struct {
		body string
		ok   func(c switchboard.Call) bool
	}{
		"two ids": {rings("A") + "&callId=B", func(c switchboard.Call) bool { return c.CallID == "A" }},
		"two spellings of user": {rings("A") + "&user=Eve", func(c switchboard.Call) bool {
			return len(c.UserNames) == 1 && c.UserNames[0] == "Doc"
		}},
		"many users": {rings("A") + strings.Repeat("&user%5B%5D=u", 900), func(c switchboard.Call) bool { return len(c.UserNames) == 50 }},
		"anonymous caller": {strings.Replace(rings("A"), "from="+jennifer, "from=anonymous", 1), func(c switchboard.Call) bool {
			return c.Remote.Number == "" // the page says "anonymous"
		}},
		"no caller":           {strings.NewReplacer("from="+jennifer, "from=").Replace(rings("A")), anything},
		"caller with a plus":  {strings.Replace(rings("A"), "from=", "from=%2B", 1), func(c switchboard.Call) bool { return c.Remote.Number == "+"+jennifer }},
		"caller of 40 digits": {strings.Replace(rings("A"), jennifer, strings.Repeat("9", 40), 1), func(c switchboard.Call) bool { return len(c.Remote.Number) <= 33 }},
		"caller in letters":   {strings.Replace(rings("A"), jennifer, "Jennifer", 1), func(c switchboard.Call) bool { return c.Remote.Number == "Jennifer" }},
		"unknown direction":   {strings.Replace(rings("A"), "direction=in", "direction=sideways", 1), func(c switchboard.Call) bool { return c.Direction == sipgate.Unknown }},
		"broken escapes":      {strings.Replace(rings("A"), jennifer, "%zz%ff", 1), anything},
		"markup":              {strings.Replace(rings("A"), jennifer, `"/><Dial><Number>%2B49900`, 1), anything},
	} {
		k := newRig(t)
		k.replied(name, k.post(tt.body), subscribe)
		if calls := k.board().Calls; len(calls) != 1 || calls[0].Phase != switchboard.Ringing || !tt.ok(calls[0]) {
			t.Errorf("%s: %+v", name, calls)
		}
	}
	k := newRig(t)
	k.post(rings("A"))
	k.replied("unknown cause", k.post(strings.Replace(hangs("A"), "normalClearing", "%3Cscript%3E", 1)), emptyReply)
	if c := k.board().Calls; len(c) != 1 || c[0].Phase != switchboard.Ended {
		t.Errorf("unknown cause: %+v", c)
	}
}
