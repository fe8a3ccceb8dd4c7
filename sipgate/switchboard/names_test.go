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

// A reading is that a member's names were read.
type reading struct {
	who  MemberID
	when time.Time
}

// readings are all that were made of several members, and fail as told.
type readings struct {
	mu   sync.Mutex
	all  []reading
	fail map[MemberID]bool
}

func (r *readings) member(u *upstream, id MemberID) Member {
	m := u.member(id)
	m.Names = func(context.Context) (map[string]string, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.all = append(r.all, reading{id, time.Now()})
		if r.fail[id] {
			return nil, errors.New("refused")
		}
		return map[string]string{"+" + jennifer: "as " + string(id) + " has it"}, nil
	}
	return m
}

func (r *readings) take() []reading {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.all
	r.all = nil
	return all
}

// Each of 200 members is read within 15 minutes, the newest first, and again
// every 15 minutes, with never more than a request in four seconds; who joins
// meanwhile does not wait for the others.
func TestNamesOfAllMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r readings
		u := newUpstream()
		b := open(t, u)
		members := crew(200)
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
				who = append(who, x.who)
				if i > 0 && x.when.Sub(all[i-1].when) < namesSpacing {
					t.Errorf("%s: %s is asked %v after %s", what, x.who, x.when.Sub(all[i-1].when), all[i-1].who)
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

// Names that cannot be read are asked for more and more rarely, other members'
// as ever; and whoever answered last tells the team's.
func TestNamesThatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := readings{fail: map[MemberID]bool{"w1": true}}
		u := newUpstream()
		u.add("A", jennifer, doc)
		b := running(t, u, "silent") // has no names to tell
		b.Join(r.member(u, "w0"))
		time.Sleep(10 * time.Second)
		b.Join(r.member(u, "w1"))
		synctest.Wait()
		if c := only(t, b); c.Remote.Name != "as w0 has it" {
			t.Errorf("named %q", c.Remote.Name)
		}
		r.take()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		read := map[MemberID]int{}
		for _, x := range r.take() {
			read[x.who]++
		}
		if read["w0"] != 8 || read["w1"] < 8 || read["w1"] > 12 {
			t.Errorf("readings in two hours: %v", read)
		}
		r.mu.Lock()
		r.fail["w1"] = false
		r.mu.Unlock()
		b.Join(r.member(u, "w1")) // signs in again
		synctest.Wait()
		if c := only(t, b); c.Remote.Name != "as w1 has it" {
			t.Errorf("named %q", c.Remote.Name)
		}
	})
}

// Who joins anew while being read is read once more.
func TestNamesWhileJoiningAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream()
		b := running(t, u)
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
