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

// TestOnChange shows what is told and what is not.
func TestOnChange(t *testing.T) {
	p, _ := crew(t)
	ctx := t.Context()
	var told []string
	p.OnChange(func(who Member) {
		if now, _ := p.Get(who.MemberID); now != who {
			t.Errorf("told of %+v, which is %+v", who, now)
		}
		told = append(told, fmt.Sprintf("%v %s %v %v %v", who, who.Name, who.SharesCalls, who.AllowsLeads, who.Removed))
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
	enter(t, p, tom, "Tom", false) // nothing but Seen
	enter(t, p, tom, "Tom Turm", false)
	enter(t, p, MemberID{"111", "w9"}, "", false)
	p.SetRole(ctx, ada, ada, Viewer) // refused
	want := `111/w1 (lead) Mia true true false
111/w1 (lead) Mia false true false
111/w2 (agent) Tom true true true
111/w2 (agent) Tom true true false
111/w2 (agent) Tom Turm true true false
111/w9 (agent) w9 true true false`
	if got := strings.Join(told, "\n"); got != want {
		t.Errorf("told of\n%s\nwant\n%s", got, want)
	}
}

// TestOnChangeOrder makes changes from many goroutines and from within what
// hears of them. All are told, one at a time, and the last one told is how it
// is.
func TestOnChangeOrder(t *testing.T) {
	p, db := crew(t)
	ctx := t.Context()
	var (
		inside bool // not protected: the race detector sees a second caller
		last   = map[MemberID]Member{}
		n      int
	)
	p.OnChange(func(who Member) {
		if inside {
			t.Error("told of two changes at once")
		}
		inside = true
		if old := last[who.MemberID]; old == who {
			t.Errorf("told twice of %+v", who)
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
			t.Errorf("told last of %+v, which is %+v", who, now)
		}
	}
	if len(last) != 2 {
		t.Errorf("told of %d people", len(last))
	}
	wantStored(t, p, db)
}

// TestListenerPanics shows that one panic does not silence the rest.
func TestListenerPanics(t *testing.T) {
	p, _ := crew(t)
	heard := 0
	p.OnChange(func(who Member) {
		if heard++; heard == 1 {
			panic("listener")
		}
	})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		p.SetConsent(t.Context(), mia, false, false)
	}()
	if err := p.SetConsent(t.Context(), mia, true, true); err != nil || heard != 2 {
		t.Errorf("heard %d times, %v", heard, err)
	}
}

// TestGetNeedsNothing reads while a change is stuck in a locked database, and
// shows that a caller does not wait for its turn longer than it likes.
func TestGetNeedsNothing(t *testing.T) {
	p, db := crew(t)
	tx, err := db.Begin() // takes the write lock
	if err != nil {
		t.Fatal(err)
	}
	if err := p.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	who, _ := p.Get(mia)
	who.Role = Lead
	stuck := make(chan error)
	go func() { stuck <- p.store(context.WithoutCancel(t.Context()), who, true) }()
	if who, ok := p.Get(mia); !ok || who.Role != Agent || len(p.List("111")) != 3 {
		t.Errorf("%v, %v", who, ok)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.SignIn(ctx, mia, "", false); !errors.Is(err, context.Canceled) {
		t.Errorf("waited for the turn: %v", err)
	}
	tx.Rollback()
	if err := <-stuck; err != nil {
		t.Error(err)
	}
	if who, _ := p.Get(mia); who.Role != Lead {
		t.Errorf("%v", who)
	}
}

// TestCallerGone shows that a change is made although nobody waits for it any
// more.
func TestCallerGone(t *testing.T) {
	p, db := crew(t)
	ctx, cancel := context.WithCancel(t.Context())
	if err := p.take(ctx); err != nil {
		t.Fatal(err)
	}
	who, _ := p.Get(mia)
	who.Role = Viewer
	cancel()
	if err := p.store(ctx, who, true); err != nil {
		t.Error(err)
	}
	wantStored(t, p, db)
}

func TestTouch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, db := crew(t)
		p.OnChange(func(who Member) { t.Errorf("told of %+v", who) })
		start := time.Now()
		for range 60 {
			if err := p.MarkActive(t.Context(), mia); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second)
		}
		if who, _ := p.Get(mia); who.LastActive.Sub(start).Round(time.Second) != 5*time.Minute {
			t.Errorf("seen after %v", who.LastActive.Sub(start))
		}
		if err := p.MarkActive(t.Context(), MemberID{"111", "w9"}); err != nil {
			t.Error(err)
		}
		wantStored(t, p, db)
	})
}

func BenchmarkPeopleGet(b *testing.B) {
	p, _ := crew(b)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, ok := p.Get(mia); !ok {
				b.Error("not there")
			}
		}
	})
}
