package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
)

// heard are the changes that a watcher was told of.
type heard struct {
	mu  sync.Mutex
	all map[Change]int
}

func (h *heard) add(_ context.Context, c Change) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all[c]++
	return nil
}

// has returns an error unless a change was heard.
func (h *heard) has(c Change) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all[c] == 0 {
		return fmt.Errorf("not heard: %v of %v", c, h.all)
	}
	return nil
}

// watch starts a node that hears of changes, and returns what it hears.
func (r *rig) watch(l *link) (*heard, *testNode) {
	r.Helper()
	h := &heard{all: map[Change]int{}}
	n := r.startAt(l, Options{Lease: testLease, Renew: testRenew, Database: l.address(r.url), Changed: h.add})
	return h, n
}

func TestChanges(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.exec(`create table roles (account text not null, role text not null, seen bigint not null)`)
	for _, on := range []string{"insert", "insert or delete or update of role", "insert or delete or update of role"} { // the last one counts
		if err := Announce(t.Context(), r.db, Announced{Table: "roles", Key: "account", On: on}); err != nil {
			t.Fatal(err)
		}
	}
	r.exec(`insert into roles values ('before', 'agent', 0)`)
	l := newLink(r)
	h, _ := r.watch(l)
	for _, c := range []struct{ key, statement string }{
		{"added", `insert into roles values ('added', 'agent', 0)`},
		{"changed", `update roles set account = 'changed', role = 'lead' where account = 'added'`},
		{"gone", `delete from roles where account = 'gone'`},
	} {
		if c.key == "gone" {
			r.exec(`update roles set account = 'gone' where account = 'changed'`) // not announced: the role is the same
		}
		r.exec(c.statement)
		r.until(c.key, func() error { return h.has(Change{"roles", c.key}) })
	}
	r.exec(`update roles set seen = seen + 1`)
	r.exec(`insert into roles values ('last', 'agent', 0)`)
	r.until("the last one", func() error { return h.has(Change{"roles", "last"}) })
	h.mu.Lock()
	for c, n := range h.all {
		if n != 1 || c.Key == "before" {
			t.Errorf("%v was told %d times", c, n)
		}
	}
	h.mu.Unlock()

	// A transaction that was begun before others, and ends after them.
	tx, err := r.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec(`insert into roles values ('long', 'agent', 0)`); err != nil {
		t.Fatal(err)
	}
	r.exec(`insert into roles values ('short', 'agent', 0)`)
	r.until("the short one", func() error { return h.has(Change{"roles", "short"}) })
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	r.until("the long one", func() error { return h.has(Change{"roles", "long"}) })

	// Nothing is missed while connections fail, or notifications do not come.
	l.set(linkCut)
	r.exec(`insert into roles values ('cut', 'agent', 0)`)
	l.set(linkOpen)
	r.until("what was changed meanwhile", func() error { return h.has(Change{"roles", "cut"}) })
	r.exec(`create function hook.pg_notify(text, text) returns void language sql as 'select'`)
	r.exec(`insert into roles values ('quiet', 'agent', 0)`)
	r.until("what was not announced", func() error { return h.has(Change{"roles", "quiet"}) })
}

// After the database was away, anything may have changed.
func TestChangesWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if err := Announce(t.Context(), r.db); err != nil {
		t.Fatal(err)
	}
	l := newLink(r)
	h, n := r.watch(l)
	l.set(linkCut)
	r.untilDatabase("the lease runs out", "expires < clock_timestamp()", n)
	if h.has(Change{}) == nil {
		t.Error("told while the database was away")
	}
	l.set(linkOpen)
	r.until("anything", func() error { return h.has(Change{}) })
}

// moves are what a node was told last of each team.
type moves struct {
	mu  sync.Mutex
	now map[string]string
}

func (m *moves) add(team, address string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now[team] = address
}

func (m *moves) is(team, address string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if got, ok := m.now[team]; !ok || got != address {
		return fmt.Errorf("told %q %v, want %q", got, ok, address)
	}
	return nil
}

// Every node is told when a team's home changes, and forgets where it was: with
// notifications and without, when homes are given up, and when a node dies and nobody asks
// for its teams.
func TestNodesAreToldOfHomes(t *testing.T) {
	t.Parallel()
	for name, listens := range map[string]bool{"by notifications": true, "by renewals": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			if err := Announce(t.Context(), r.db); err != nil {
				t.Fatal(err)
			}
			a, b := r.start(), r.start()
			m, o := &moves{now: map[string]string{}}, Options{Lease: testLease, Renew: testRenew}
			o.Moved = m.add
			if listens {
				o.Database = r.url
			}
			c := r.startAt(newLink(r), o)
			forgotten := func(team string) func() error {
				return func() error {
					c.mu.Lock()
					defer c.mu.Unlock()
					if h, ok := c.away[team]; ok {
						return fmt.Errorf("remembers %+v", h)
					}
					return nil
				}
			}
			if listens {
				r.until("it listens", func() error {
					var listens bool
					err := r.db.QueryRow(`select exists (select from pg_stat_activity where datname = current_database() and query ilike 'listen%')`).Scan(&listens)
					if err == nil && !listens {
						err = errors.New("not yet")
					}
					return err
				})
			}
			r.claim(a, "t")
			r.claim(b, "u")
			r.until("the first home", func() error { return m.is("t", a.o.Address) })
			r.claim(c, "t")
			if err := a.HandOver(t.Context(), "t", b.ID()); err != nil {
				t.Fatal(err)
			}
			r.until("the next home", func() error { return m.is("t", b.o.Address) })
			r.until("the first home is forgotten", forgotten("t"))
			r.claim(b, "t")
			if err := b.Release(t.Context(), "t"); err != nil {
				t.Fatal(err)
			}
			r.until("no home", func() error { return m.is("t", "") })
			r.claim(c, "u")
			b.link.set(linkDead)
			r.until("the node is dead", func() error { return m.is("u", "") })
			r.until("its home is forgotten", forgotten("u"))
			same(t, "homes of the one that was told", c.Homes(), 0)
		})
	}
}

// What was read of a home before the node learned of the next one does not count.
func TestOldNewsOfAHome(t *testing.T) {
	for _, c := range []struct {
		name     string
		known    string // the node that was known
		fence    int64
		h        Home
		is, kept bool
	}{
		{"the next home", "a", 1, Home{Node: "b", Fence: 2}, true, false},
		{"the same home", "a", 1, Home{Node: "a", Fence: 1}, true, true},
		{"its node is fenced", "a", 1, Home{Fence: 1}, true, false},
		{"the home before", "b", 2, Home{Node: "a", Fence: 1}, false, true},
	} {
		n := &Node{away: map[string]away{"t": {Home: Home{Node: c.known, Fence: c.fence}}}}
		c.h.Team = "t"
		is := n.learn(c.h)
		if _, kept := n.away["t"]; is != c.is || kept != c.kept {
			t.Errorf("%s: told %v, remembered %v", c.name, is, kept)
		}
	}
	n := &Node{homes: map[string]*home{"t": {Home: Home{Fence: 3}}}}
	if n.learn(Home{Team: "t", Node: "b", Fence: 2}) {
		t.Error("told of the home before the one here")
	}
}
