package webhook

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"
)

// An account has fifty events a second and a hundred at once; another account
// has its own allowance.
func TestFlood(t *testing.T) {
	k := newRig(t)
	for i := range maxBurst {
		k.replied("the first hundred", k.post(rings(fmt.Sprint("A", i))), subscribe)
	}
	k.refused("one more", k.post(rings("B")), ErrRate)
	k.replied("a copy of one of the hundred", k.post(rings("A7")), subscribe)
	if r := k.post(strings.ReplaceAll(rings("C"), ours, theirs), to(theirs)); r.err != nil {
		t.Errorf("another account: %v", r.err)
	}
	k.clock = k.clock.Add(time.Second)
	for i := range eventsPerSecond {
		k.replied("a second later", k.post(rings(fmt.Sprint("D", i))), subscribe)
	}
	k.refused("and one more", k.post(rings("E")), ErrRate)
	if health := k.Health(ours); health.Refused["hook_rate"] != 2 || health.Accepted != 150 {
		t.Errorf("%+v", health)
	}
}

// Whoever knows the address cannot use up what sipgate's events need: neither
// with forgeries, nor with captured events, nor with events that sipgate signed
// for another account, nor with signed nonsense.
func TestOnlyFreshEventsUseUpTheAllowance(t *testing.T) {
	k := newRig(t)
	k.replied("captured", k.post(rings("A")), subscribe)
	forged, foreign, nonsense := signed(sign(t, rings("other"))), strings.ReplaceAll(rings("C"), ours, theirs), "event=nonsense&callId=X"
	for range 3 * maxBurst {
		k.refused("forged", k.post(rings("A"), forged), ErrSignature)
		k.replied("replayed", k.post(rings("A")), subscribe)
		k.refused("another account's", k.post(foreign), ErrWrongAccount)
		k.replied("nonsense", k.post(nonsense), emptyReply)
	}
	for i := range maxBurst - 1 {
		k.replied("sipgate meanwhile", k.post(rings(fmt.Sprint("B", i))), subscribe)
	}
	k.refused("beyond its own limit", k.post(rings("D")), ErrRate)
}

// Refusals do not fill the log: a line a minute for each reason, with their
// number.
func TestRefusalsAreSummedUp(t *testing.T) {
	k := newRig(t)
	forged := signed(sign(t, rings("other")))
	for range 500 {
		k.post(rings("A"), forged)
		k.deliver(rings("A"))
		k.post("event=nonsense&callId=X")
	}
	if n := strings.Count(k.log.String(), "\n"); n != 3 {
		t.Errorf("%d lines, want 3:\n%s", n, k.log.String())
	}
	k.clock = k.clock.Add(time.Minute)
	k.post(rings("A"), forged)
	if log := k.log.String(); strings.Count(log, "\n") != 4 || !strings.Contains(log, `"code":"hook_signature","count":500}`) || !strings.Contains(log, `"level":"WARN"`) {
		t.Errorf("a minute later:\n%s", log)
	}
}

// Unsigned and unreadable requests do not count against the account's allowance, nor do questions about an account make the Receiver remember it.
func TestCheapRefusalsUseUpNothing(t *testing.T) {
	k := newRig(t)
	for range 1000 {
		k.refused("unsigned", k.deliver(rings("A")), ErrUnsigned)
		k.refused("slow", k.deliver("", func(d *Delivery) { d.Err = ErrSlow }), ErrSlow)
	}
	if k.Health(theirs); len(k.accounts) != 1 || k.checks.Load() != 0 {
		t.Errorf("%d accounts, %d checks", len(k.accounts), k.checks.Load())
	}
	k.replied("sipgate meanwhile", k.post(rings("A")), subscribe)
}

func TestRecentSetIsBounded(t *testing.T) {
	s := newRecentSet[int](time.Hour, 100)
	now := time.Now()
	for i := range 1000 {
		if !s.add(i, now) || s.add(i, now) || !s.has(i, now) {
			t.Fatalf("%d", i)
		}
		if n := s.addedAt.Len(); n > 100 {
			t.Fatalf("%d remembered", n)
		}
		if i >= 100 && (s.has(i-100, now) || !s.has(i-99, now)) {
			t.Fatalf("%d: not the latest are remembered", i)
		}
		now = now.Add(time.Millisecond)
	}
	if now = now.Add(time.Hour); s.has(999, now) || s.addedAt.Len() != 0 || !s.add(999, now) {
		t.Error("remembered for too long")
	}
	var none recentSet[int]
	if !none.add(1, now) || none.has(1, now) || !none.add(1, now) {
		t.Error("the zero value remembers")
	}
}

// BenchmarkReceive measures an accepted, a repeated and a forged event.
func BenchmarkReceive(b *testing.B) {
	bodies := make([]string, 1000)
	for i := range bodies {
		bodies[i] = rings(fmt.Sprint("A", i))
		sign(b, bodies[i])
	}
	run := func(name string, ok error, post func(k *rig, i int) result) {
		b.Run(name, func(b *testing.B) {
			k := newRig(b)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				k.clock = k.clock.Add(time.Second)
				if r := post(k, i); r.err != ok {
					b.Fatal(r.err)
				}
			}
		})
	}
	run("good", nil, func(k *rig, i int) result { return k.post(bodies[i%1000]) })
	run("duplicate", nil, func(k *rig, i int) result { return k.post(bodies[0]) })
	forged := signed(base64.StdEncoding.EncodeToString(make([]byte, 256)))
	run("forged", ErrSignature, func(k *rig, i int) result { return k.deliver(bodies[0], forged) })
}
