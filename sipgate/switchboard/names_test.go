package switchboard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// nameRead is one call of a member's Names.
type nameRead struct {
	by MemberID
	at time.Time
}

// nameReads records the reads of all members, and makes some fail.
type nameReads struct {
	mu   sync.Mutex
	all  []nameRead
	fail map[MemberID]bool
}

func (r *nameReads) member(u *fakeSipgate, id MemberID) Member {
	m := u.member(id)
	m.Names = func(context.Context) (map[string]string, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.all = append(r.all, nameRead{id, time.Now()})
		if r.fail[id] {
			return nil, errors.New("refused")
		}
		return map[string]string{"+" + jennifer: "name of " + string(id)}, nil
	}
	return m
}

func (r *nameReads) take() []nameRead {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.all
	r.all = nil
	return all
}

// Each of 200 members is read within 15 minutes, the newest first, and again
// every 15 minutes, with at most one read in four seconds; a member who joins
// meanwhile is read next.
func TestNamesOfAllMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r nameReads
		u := newFakeSipgate()
		b := newBoard(t, u)
		members := memberIDs(200)
		for _, m := range members {
			b.Join(r.member(u, m))
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); b.Run(ctx) }()
		defer func() { stop(); <-done }()
		begun := time.Now()
		check := func(what string, want []MemberID) {
			t.Helper()
			synctest.Wait()
			all := r.take()
			var who []MemberID
			for i, x := range all {
				who = append(who, x.by)
				if i > 0 && x.at.Sub(all[i-1].at) < namesSpacing {
					t.Errorf("%s: %s read %v after %s", what, x.by, x.at.Sub(all[i-1].at), all[i-1].by)
				}
			}
			if !slices.Equal(who, want) {
				t.Errorf("%s: %d readings: %v", what, len(who), who)
			}
		}
		slices.Reverse(members)
		time.Sleep(10 * time.Second)
		check("three at first", members[:3])
		b.Join(r.member(u, "new"))
		time.Sleep(namesSpacing)
		check("who joins meanwhile", []MemberID{"new"})
		b.Leave("new")
		time.Sleep(namesInterval - time.Since(begun) - time.Second)
		check("the rest of 15 minutes", members[3:])
		time.Sleep(namesInterval)
		check("the next 15 minutes", members)
	})
}

// Names that cannot be read are requested less and less often, those of other
// members as usual. The names come from the member read last.
func TestNameReadFailuresBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := nameReads{fail: map[MemberID]bool{"w1": true}}
		u := newFakeSipgate()
		u.add("A", jennifer, doc)
		b := runningBoard(t, u, "silent") // without Names
		b.Join(r.member(u, "w0"))
		time.Sleep(10 * time.Second)
		b.Join(r.member(u, "w1"))
		synctest.Wait()
		if c := onlyCall(t, b); c.Remote.Name != "name of w0" {
			t.Errorf("named %q", c.Remote.Name)
		}
		r.take()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		read := map[MemberID]int{}
		for _, x := range r.take() {
			read[x.by]++
		}
		if read["w0"] != 8 || read["w1"] < 8 || read["w1"] > 12 {
			t.Errorf("readings in two hours: %v", read)
		}
		r.mu.Lock()
		r.fail["w1"] = false
		r.mu.Unlock()
		b.Join(r.member(u, "w1")) // signs in again
		synctest.Wait()
		if c := onlyCall(t, b); c.Remote.Name != "name of w1" {
			t.Errorf("named %q", c.Remote.Name)
		}
	})
}

// A member who joins again during a read is read once more.
func TestRejoiningMemberIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		b := runningBoard(t, u)
		var tokens []string
		access := func(token string, takes time.Duration) Member {
			m := u.member("w0")
			m.Names = func(context.Context) (map[string]string, error) {
				time.Sleep(takes)
				tokens = append(tokens, token)
				return nil, nil
			}
			return m
		}
		b.Join(access("old", time.Second))
		time.Sleep(time.Second / 2)
		b.Join(access("new", 0))
		time.Sleep(time.Minute)
		synctest.Wait()
		if fmt.Sprint(tokens) != "[old new]" {
			t.Errorf("read with %v", tokens)
		}
	})
}
