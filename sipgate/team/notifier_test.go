package team

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestOnChange shows which changes listeners are notified of.
func TestOnChange(t *testing.T) {
	p, _ := newTestTeam(t)
	ctx := t.Context()
	var notified []string
	p.OnChange(func(who Member) {
		if now, _ := p.Get(who.MemberID); now != who {
			t.Errorf("notified of %+v, but Get returns %+v", who, now)
		}
		notified = append(notified, fmt.Sprintf("%v %s %v %v %v", who, who.Name, who.SharesCalls, who.AllowsLeads, who.Removed))
	})
	for _, err := range []error{
		p.SetRole(ctx, ada, mia, Lead),
		p.SetRole(ctx, ada, mia, Lead), // no change
		p.SetConsent(ctx, mia, true, true),
		p.SetConsent(ctx, mia, false, true),
		p.Remove(ctx, ada, tom),
		p.Restore(ctx, ada, tom),
		p.MarkActive(ctx, tom),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	signIn(t, p, tom, "Tom", false) // changes LastActive only
	signIn(t, p, tom, "Tom Turm", false)
	signIn(t, p, MemberID{"111", "w9"}, "", false)
	p.SetRole(ctx, ada, ada, Viewer) // denied
	want := `111/w1 (lead) Mia true true false
111/w1 (lead) Mia false true false
111/w2 (agent) Tom true true true
111/w2 (agent) Tom true true false
111/w2 (agent) Tom Turm true true false
111/w9 (agent) w9 true true false`
	if got := strings.Join(notified, "\n"); got != want {
		t.Errorf("notified of\n%s\nwant\n%s", got, want)
	}
}

// TestOnChangeOrder makes changes from many goroutines and from within a
// listener, which is notified of all of them, one at a time and in their order.
func TestOnChangeOrder(t *testing.T) {
	p, db := newTestTeam(t)
	ctx := t.Context()
	var (
		inside bool // without a lock, so that the race detector reports a concurrent call
		last   = map[MemberID]Member{}
		n      int
	)
	p.OnChange(func(who Member) {
		if inside {
			t.Error("notified of two changes at once")
		}
		inside = true
		if old := last[who.MemberID]; old == who {
			t.Errorf("notified twice of %+v", who)
		}
		last[who.MemberID] = who
		n++
		if who.MemberID == tom && who.SharesCalls && who.AllowsLeads { // a listener may make changes
			if err := p.SetConsent(ctx, mia, n%2 == 0, n%4 < 2); err != nil {
				t.Error(err)
			}
		}
		inside = false
	})
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for j := range 8 {
				if err := p.SetConsent(ctx, tom, (i+j)%2 == 0, (i+j)%4 < 2); err != nil {
					t.Error(err)
				}
				p.Get(tom)
				p.List("111")
			}
		})
	}
	all.Wait()
	for m, who := range last {
		if now, _ := p.Get(m); now != who {
			t.Errorf("notified last of %+v, but Get returns %+v", who, now)
		}
	}
	if len(last) != 2 {
		t.Errorf("notified of %d members", len(last))
	}
	wantStored(t, p, db)
}

// TestListenerPanics shows that listeners are notified after one has panicked.
func TestListenerPanics(t *testing.T) {
	p, _ := newTestTeam(t)
	calls := 0
	p.OnChange(func(who Member) {
		if calls++; calls == 1 {
			panic("listener")
		}
	})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was recovered")
			}
		}()
		p.SetConsent(t.Context(), mia, false, false)
	}()
	if err := p.SetConsent(t.Context(), mia, true, true); err != nil || calls != 2 {
		t.Errorf("notified %d times, %v", calls, err)
	}
}

// TestReadDuringBlockedChange reads while a change waits for a locked database,
// and shows that waiting for another change ends with the caller's context.
func TestReadDuringBlockedChange(t *testing.T) {
	p, db := newTestTeam(t)
	tx, err := db.Begin() // takes the write lock
	if err != nil {
		t.Fatal(err)
	}
	blocked := make(chan error)
	go func() { blocked <- p.SetRole(t.Context(), ada, mia, Lead) }()
	for len(p.writing) == 0 {
		time.Sleep(time.Millisecond)
	}
	if who, ok := p.Get(mia); !ok || who.Role != Agent || len(p.List("111")) != 3 {
		t.Errorf("%v, %v", who, ok)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.SignIn(ctx, mia, "", false); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for another change: %v", err)
	}
	tx.Rollback()
	if err := <-blocked; err != nil {
		t.Error(err)
	}
	if who, _ := p.Get(mia); who.Role != Lead {
		t.Errorf("%v", who)
	}
}

// TestChangeOutlivesItsCaller cancels the caller of a change that has begun.
func TestChangeOutlivesItsCaller(t *testing.T) {
	p, db := newTestTeam(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := p.update(ctx, mia, func(s *snapshot) (*snapshot, error) {
		cancel()
		member := s.members[mia]
		member.Role = Viewer
		return p.put(ctx, s, member)
	})
	if who, _ := p.Get(mia); err != nil || who.Role != Viewer {
		t.Errorf("%v, %v", who, err)
	}
	wantStored(t, p, db)
}

// TestMarkActive shows that the time is stored every five minutes, and that no
// listener is notified.
func TestMarkActive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, db := newTestTeam(t)
		p.OnChange(func(who Member) { t.Errorf("notified of %+v", who) })
		start := time.Now()
		for range 60 {
			if err := p.MarkActive(t.Context(), mia); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second)
		}
		if who, _ := p.Get(mia); who.LastActive.Sub(start).Round(time.Second) != 5*time.Minute {
			t.Errorf("active after %v", who.LastActive.Sub(start))
		}
		if err := p.MarkActive(t.Context(), MemberID{"111", "w9"}); err != nil {
			t.Error(err)
		}
		wantStored(t, p, db)
	})
}

func BenchmarkMembersGet(b *testing.B) {
	p, _ := newTestTeam(b)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, ok := p.Get(mia); !ok {
				b.Error("no such member")
			}
		}
	})
}
