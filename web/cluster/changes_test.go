package cluster

import (
	"context"
	"fmt"
	"sync"
	"testing"
)

// heard are the changes that a watcher was told of.
type heard struct {
	mu  sync.Mutex
	all map[Change]int
}

func (h *heard) add(c Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all[c]++
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

// watch hears of changes by a link until the end of the test.
func (r *rig) watch(l *link) *heard {
	r.Helper()
	db, err := r.open(l.address(r.url))
	if err != nil {
		r.Fatal(err)
	}
	h := &heard{all: map[Change]int{}}
	ctx, cancel := context.WithCancel(r.Context())
	done := make(chan error, 1)
	go func() { done <- Watch(ctx, db, l.address(r.url), h.add) }()
	r.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			r.Error(err)
		}
	})
	return h
}

func TestChanges(t *testing.T) {
	r := newRig(t)
	r.exec(`create table roles (account text not null, role text not null, seen bigint not null)`)
	for _, columns := range [][]string{nil, {"role"}, {"role"}} { // the last one counts
		if err := Announce(t.Context(), r.db, Announced{Table: "roles", Key: "account", Columns: columns}); err != nil {
			t.Fatal(err)
		}
	}
	l := newLink(r)
	h := r.watch(l)
	r.until("the watcher", func() error { // it tells of nothing from before
		r.exec(`insert into roles values ('new', 'agent', 0)`)
		return h.has(Change{"roles", "new"})
	})
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
	for c, n := range h.all {
		if c.Key != "new" && n != 1 {
			t.Errorf("%v was told %d times", c, n)
		}
	}

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
