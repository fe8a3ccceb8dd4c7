package cluster

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// While the database is away, nobody acts. Afterwards every home is where it was.
func TestNothingMovesWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, b := r.start(), r.start()
	r.claim(a, "one")
	a.link.set(linkCut)
	b.link.set(linkCut)
	r.until("the end of the leases", func() error {
		if a.Held() || b.Held() {
			return errors.New("a lease is held")
		}
		return nil
	})
	if _, err := a.Act("one"); !errors.Is(err, ErrNoLease) {
		t.Errorf("act without a lease: %v", err)
	}
	if _, err := a.Claim(t.Context(), "one"); !errors.Is(err, ErrNoLease) {
		t.Errorf("claim without a lease: %v", err)
	}
	r.setClock(10 * testLease) // as if a while had passed
	b.link.set(linkOpen)
	r.until("b's lease", b.Ready)
	if _, err := b.Claim(t.Context(), "one"); !errors.Is(err, ErrNoHome) {
		t.Errorf("b takes a home before others can be back: %v", err)
	}
	a.link.set(linkOpen)
	r.until("a's lease", a.Ready)
	if h := r.claim(a, "one"); !h.Here || h.Fence != 1 {
		t.Errorf("afterwards: %+v", h)
	}
}

// The database's clock is set while all nodes are well: no home moves. One of a node that
// is gone does.
func TestClockOfTheDatabaseIsSet(t *testing.T) {
	t.Parallel()
	for _, d := range []time.Duration{time.Hour, -time.Hour} {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			a, b := r.start(), r.start()
			r.claim(a, "one")
			r.untilDatabase("the time after which b may fence others", `since < clock_timestamp() - interval '1 second'`, b)
			r.setClock(d)
			for range 50 {
				if h, err := b.Claim(t.Context(), "one"); err == nil && h.Here {
					t.Fatalf("b has the home: %+v", h)
				}
				b.Forget("one")
			}
			a.link.set(linkCut)
			r.until("the takeover", func() error {
				if h, err := b.Claim(t.Context(), "one"); err != nil || !h.Here {
					return errors.Join(err, errors.New("not here"))
				}
				return nil
			})
		})
	}
}

// The database's clock is set by less than a lease, so that only the lease of a node that
// has not renewed it for a while seems to have run out.
func TestClockOfTheDatabaseIsSetALittle(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.startAt(newLink(r), Options{Lease: testLease, Renew: testLease / 2})
	b := r.start()
	r.claim(a, "one")
	r.untilDatabase("the time after which b may fence others", `since < clock_timestamp() - interval '1 second'`, b)
	r.untilDatabase("the middle of a's lease", fmt.Sprintf(`expires < clock_timestamp() + interval '%d ms'`, testLease.Milliseconds()*5/8), a)
	r.setClock(testLease * 6 / 8)
	for range 20 {
		if h, err := b.Claim(t.Context(), "one"); err == nil && h.Here {
			t.Fatalf("b has the home: %+v", h)
		}
		b.Forget("one")
	}
	if h := r.claim(a, "one"); !h.Here || h.Fence != 1 {
		t.Errorf("afterwards: %+v", h)
	}
}

// A server that takes over for another one may not know the last claims. A node gives up
// the homes that it does not know, before it trusts its lease again.
func TestClaimsThatTheDatabaseLost(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, b := r.start(), r.start()
	lost, kept := r.claim(a, "lost").Lost, r.claim(a, "kept")
	a.link.set(linkCut)
	r.exec(`delete from cluster_homes where team = 'lost'`)
	if h := r.claim(b, "lost"); !h.Here {
		t.Fatalf("home %+v", h)
	}
	if err := b.Close(t.Context()); err != nil { // or it fences a
		t.Fatal(err)
	}
	r.until("the end of the lease", func() error {
		if a.Held() {
			return errors.New("held")
		}
		return nil
	})
	a.link.set(linkOpen)
	r.until("a's lease", a.Ready)
	<-lost
	if _, err := a.Act("lost"); !errors.Is(err, ErrElsewhere) {
		t.Errorf("act: %v", err)
	}
	if h := r.claim(a, "kept"); !h.Here || h.Lost != kept.Lost {
		t.Errorf("home %+v", h)
	}
}

// A node without a lease asks nobody: it says so at once, and where other teams were last.
func TestWithoutALease(t *testing.T) {
	r := newRig(t)
	a, b := r.start(), r.start()
	r.claim(a, "here")
	r.claim(b, "there")
	r.claim(a, "there")
	a.link.set(linkStalled)
	a.clock.ahead.Store(int64(time.Hour))
	reads := a.Counts().Reads
	if h, err := a.Claim(t.Context(), "there"); err != nil || h.Node != b.ID() {
		t.Errorf("home %+v, %v", h, err)
	}
	for _, name := range []string{"here", "new"} {
		if h, err := a.Claim(t.Context(), name); !errors.Is(err, ErrNoLease) {
			t.Errorf("%s: home %+v, %v", name, h, err)
		}
	}
	same(t, "reads", a.Counts().Reads, reads)
	if err := a.Ready(); !errors.Is(err, ErrNoLease) {
		t.Errorf("ready: %v", err)
	}
}
