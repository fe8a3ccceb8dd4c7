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
	m, _ := newTestTeam(t)
	ctx := t.Context()
	var notified []string
	m.OnChange(func(member Member) {
		if now, _ := m.Get(member.MemberID); now != member {
			t.Errorf("notified of %+v, but Get returns %+v", member, now)
		}
		notified = append(notified, fmt.Sprintf("%v %s %v %v %v", member, member.Name, member.SharesCalls, member.AllowsLeads, member.Removed))
	})
	for _, err := range []error{
		m.SetRole(ctx, ada, mia, Lead),
		m.SetRole(ctx, ada, mia, Lead),              // no change
		m.SetConsent(ctx, mia, Consent{true, true}), // now stated
		m.SetConsent(ctx, mia, Consent{false, true}),
		m.Remove(ctx, ada, tom),
		m.Restore(ctx, ada, tom),
		m.MarkActive(ctx, tom),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	signIn(t, m, tom, "Tom", false) // changes LastActive only
	signIn(t, m, tom, "Tom Turm", false)
	signIn(t, m, MemberID{"111", "w9"}, "", false)
	m.SetRole(ctx, ada, ada, Viewer) // denied
	want := `111/w1 (lead) Mia true true false
111/w1 (lead) Mia true true false
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
	m, db := newTestTeam(t)
	ctx := t.Context()
	var (
		inside bool // without a lock, so that the race detector reports a concurrent call
		last   = map[MemberID]Member{}
		n      int
	)
	m.OnChange(func(member Member) {
		if inside {
			t.Error("notified of two changes at once")
		}
		inside = true
		if old := last[member.MemberID]; old == member {
			t.Errorf("notified twice of %+v", member)
		}
		last[member.MemberID] = member
		n++
		if member.MemberID == tom && member.SharesCalls && member.AllowsLeads { // a listener may make changes
			if err := m.SetConsent(ctx, mia, Consent{n%2 == 0, n%4 < 2}); err != nil {
				t.Error(err)
			}
		}
		inside = false
	})
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for j := range 8 {
				if err := m.SetConsent(ctx, tom, Consent{(i+j)%2 == 0, (i+j)%4 < 2}); err != nil {
					t.Error(err)
				}
				m.Get(tom)
				m.List("111")
			}
		})
	}
	all.Wait()
	for id, member := range last {
		if now, _ := m.Get(id); now != member {
			t.Errorf("notified last of %+v, but Get returns %+v", member, now)
		}
	}
	if len(last) != 2 {
		t.Errorf("notified of %d members", len(last))
	}
	wantStored(t, m, db)
}

// TestListenerPanics shows that listeners are notified after one has panicked.
func TestListenerPanics(t *testing.T) {
	m, _ := newTestTeam(t)
	calls := 0
	m.OnChange(func(member Member) {
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
		m.SetConsent(t.Context(), mia, Consent{false, false})
	}()
	if err := m.SetConsent(t.Context(), mia, Consent{true, true}); err != nil || calls != 2 {
		t.Errorf("notified %d times, %v", calls, err)
	}
}

// TestReadDuringBlockedChange reads while a change waits for a locked database,
// and shows that waiting for another change ends with the caller's context.
func TestReadDuringBlockedChange(t *testing.T) {
	m, db := newTestTeam(t)
	tx, err := db.Begin() // takes the write lock
	if err != nil {
		t.Fatal(err)
	}
	blocked := make(chan error)
	go func() { blocked <- m.SetRole(t.Context(), ada, mia, Lead) }()
	for len(m.writing) == 0 {
		time.Sleep(time.Millisecond)
	}
	if member, ok := m.Get(mia); !ok || member.Role != Agent || len(m.List("111")) != 3 {
		t.Errorf("%v, %v", member, ok)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.SignIn(ctx, mia, "", false); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for another change: %v", err)
	}
	tx.Rollback()
	if err := <-blocked; err != nil {
		t.Error(err)
	}
	if member, _ := m.Get(mia); member.Role != Lead {
		t.Errorf("%v", member)
	}
}

// TestChangeOutlivesItsCaller cancels the caller of a change that has begun.
func TestChangeOutlivesItsCaller(t *testing.T) {
	m, db := newTestTeam(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := m.update(ctx, mia, func(s *snapshot) (*snapshot, error) {
		cancel()
		member := s.members[mia]
		member.Role = Viewer
		return m.put(ctx, s, member)
	})
	if member, _ := m.Get(mia); err != nil || member.Role != Viewer {
		t.Errorf("%v, %v", member, err)
	}
	wantStored(t, m, db)
}

// TestMarkActive shows that the time is stored every five minutes, and that no
// listener is notified.
func TestMarkActive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, db := newTestTeam(t)
		m.OnChange(func(member Member) { t.Errorf("notified of %+v", member) })
		start := time.Now()
		for range 60 {
			if err := m.MarkActive(t.Context(), mia); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second)
		}
		if member, _ := m.Get(mia); member.LastActive.Sub(start).Round(time.Second) != 5*time.Minute {
			t.Errorf("active after %v", member.LastActive.Sub(start))
		}
		if err := m.MarkActive(t.Context(), MemberID{"111", "w9"}); err != nil {
			t.Error(err)
		}
		wantStored(t, m, db)
	})
}

func BenchmarkMembersGet(b *testing.B) {
	m, _ := newTestTeam(b)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, ok := m.Get(mia); !ok {
				b.Error("no such member")
			}
		}
	})
}
