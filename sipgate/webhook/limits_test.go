package webhook

import (
	"encoding/base64"
	"fmt"
	"net/netip"
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
	checked := k.checks.Load()
	k.refused("one more", k.post(rings("B")), ErrRate)
	k.refused("one more, forged", k.post(rings("B"), signed(sign(t, rings("A0")))), ErrRate)
	if k.checks.Load() != checked {
		t.Error("signatures were verified beyond the limit")
	}
	if r := k.post(strings.ReplaceAll(rings("C"), ours, theirs), to(theirs)); r.err != nil {
		t.Errorf("another account: %v", r.err)
	}
	k.clock = k.clock.Add(time.Second)
	for i := range eventsPerSecond {
		k.replied("a second later", k.post(rings(fmt.Sprint("D", i))), subscribe)
	}
	k.refused("and one more", k.post(rings("E")), ErrRate)
	if health := k.Health(ours); health.Refused["hook_rate"] != 3 || health.Accepted != 150 {
		t.Errorf("%+v", health)
	}
}

// A peer that sends forgeries to the secret address is refused for a moment;
// other peers are not.
func TestSuspiciousPeersAreBlocked(t *testing.T) {
	k := newRig(t)
	forged := signed(sign(t, rings("other")))
	for range forgeriesPerSecond {
		k.refused("forged", k.post(rings("A"), forged, from("192.0.2.1")), ErrSignature)
	}
	for range 12 {
		k.refused("well signed by the same peer", k.post(rings("A"), from("192.0.2.1")), ErrRate)
	}
	if n := k.checks.Load(); n != forgeriesPerSecond {
		t.Errorf("%d signatures verified", n)
	}
	k.replied("another peer", k.post(rings("A"), from("192.0.2.2")), subscribe)
	k.clock = k.clock.Add(time.Second)
	k.replied("the same a second later", k.post(rings("B"), from("192.0.2.1")), subscribe)
}

// Unsigned and unreadable requests do not count against a peer or the account's
// allowance, nor do questions about an account make the Receiver remember it.
func TestCheapRefusalsUseUpNothing(t *testing.T) {
	k := newRig(t)
	for range 1000 {
		k.refused("unsigned", k.deliver(rings("A")), ErrUnsigned)
		k.refused("slow", k.deliver("", func(d *Delivery) { d.Err = ErrSlow }), ErrSlow)
	}
	if k.Health(theirs); k.peers.Len() != 0 || len(k.accounts) != 1 || k.checks.Load() != 0 {
		t.Errorf("%d peers, %d accounts, %d checks", k.peers.Len(), len(k.accounts), k.checks.Load())
	}
	k.replied("sipgate meanwhile", k.post(rings("A")), subscribe)
}

func TestSuspiciousPeersAreBounded(t *testing.T) {
	k := newRig(t)
	signature := strings.Repeat("A", base64.StdEncoding.EncodedLen(256))
	for i := range 3 * maxSuspiciousPeers {
		d := Delivery{Account: ours, Peer: netip.AddrFrom4([4]byte{10, 0, byte(i / 256), byte(i % 256)}), Signatures: []string{signature}}
		if _, err := k.Receive(d); err != ErrSignature {
			t.Fatal(err)
		}
		k.clock = k.clock.Add(time.Second)
	}
	if n := k.peers.Len(); n == 0 || n > maxSuspiciousPeers {
		t.Errorf("%d peers remembered", n)
	}
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
