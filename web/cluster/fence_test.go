package cluster

import (
	"database/sql"
	"errors"
	"testing"
	"time"
)

// What a node may write depends on where the team is at home.
func TestFence(t *testing.T) {
	r := newRig(t)
	a, b := r.start(), r.start()
	r.claim(a, "at a")
	r.claim(b, "at b")
	r.claim(a, "given up")
	if err := a.Release(t.Context(), "given up"); err != nil {
		t.Fatal(err)
	}
	gone := r.start()
	r.claim(gone, "of one that ended")
	if err := gone.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	const insert = `insert into written (account, node, fence) values ($1, '', 0)`
	const update = `update written set node = 'x' where account = $1`
	const remove = `delete from written where account = $1`
	const updateAll = `update written /* all teams */ set node = 'x' where account = $1`
	const removeAll = `delete from written /* all teams */ where account = $1`
	const no = int64(-1) // refused
	for _, c := range []struct {
		name           string
		db             *sql.DB
		team           string
		insert, update int64
		remove, all    int64 // of two rows; all: by a statement for all teams
	}{
		{"home here", a.db, "at a", 1, 2, 2, 2},
		{"home elsewhere", a.db, "at b", no, no, no, 0},
		{"home given up", a.db, "given up", no, no, no, 2},
		{"home of a node that ended", a.db, "of one that ended", no, no, no, 2},
		{"never a home", a.db, "new", 1, 2, 2, 2},
		{"a tool", r.db, "at a", 1, 2, 2, 2},
		{"a node that ended, its home", gone.db, "of one that ended", 1, 2, 2, 2},
		{"a node that ended", gone.db, "at a", no, no, no, no},
	} {
		for _, s := range []struct {
			sql  string
			want int64
		}{{insert, c.insert}, {update, c.update}, {remove, c.remove}, {updateAll, c.all}, {removeAll, c.all}} {
			r.exec(remove, c.team)
			r.exec(insert, c.team)
			r.exec(insert, c.team)
			result, err := c.db.ExecContext(t.Context(), s.sql, c.team)
			if s.want == no {
				if _, again := RetryAfter(err); !Refused(err) || !again {
					t.Errorf("%s: %s: %v", c.name, s.sql, err)
				}
				continue
			} else if err != nil {
				t.Errorf("%s: %s: %v", c.name, s.sql, err)
				continue
			}
			rows, _ := result.RowsAffected()
			same(t, c.name+": "+s.sql, rows, s.want)
		}
	}
	if Refused(nil) || Refused(errors.New("other")) {
		t.Error("other errors are refusals")
	}
	r.exec(insert, "at a")
	if _, err := a.db.ExecContext(t.Context(), `update written set account = 'new' where account = 'at a'`); !Refused(err) {
		t.Errorf("a row of another team: %v", err)
	}
}

// New tables get the trigger with the next call: those with the column, and those that
// refer to one of them.
func TestFenceOfNewTables(t *testing.T) {
	r := newRig(t)
	r.exec(`create table newer (id text primary key, account text not null)`)
	r.exec(`create table part (n bigint not null, of text not null references newer)`)
	r.exec(`create table shared (id text not null)`)
	for range 2 {
		if err := Fence(t.Context(), r.db); err != nil {
			t.Fatal(err)
		}
	}
	a, b := r.start(), r.start()
	r.claim(a, "one")
	r.claim(b, "two")
	r.exec(`insert into newer values ('x', 'one'), ('y', 'two')`)
	r.exec(`insert into part values (1, 'x')`)
	for _, c := range []struct {
		statement string
		a, b      bool // may
		rows      int64
	}{
		{`insert into newer values ('z', 'one')`, true, false, 1},
		{`insert into part values (2, 'x')`, true, false, 1},
		{`insert into part values (3, 'y')`, false, true, 1},
		{`update part set n = 4 where of = 'x' and n = 1`, true, false, 1},
		{`update part set of = 'y' where n = 4`, false, false, 0},
		{`delete from part where n = 2`, true, false, 1},
		{`update part /* all teams */ set n = n + 10`, true, true, 1},
		{`insert into shared values ('one')`, true, true, 1},
	} {
		for _, n := range []struct {
			db  *sql.DB
			may bool
		}{{b.db, c.b}, {a.db, c.a}} {
			result, err := n.db.ExecContext(t.Context(), c.statement)
			switch {
			case Refused(err) == n.may || err != nil && !Refused(err):
				t.Errorf("%s: %v", c.statement, err)
			case err == nil:
				if rows, _ := result.RowsAffected(); rows != c.rows {
					t.Errorf("%s: %d rows", c.statement, rows)
				}
			}
		}
	}
}

// A transaction that was begun at a home does not commit after the home has moved: either
// the move waits for it, or its writes are refused, at each isolation level.
func TestNoOldWriteCommits(t *testing.T) {
	t.Parallel()
	for _, level := range []sql.IsolationLevel{sql.LevelReadCommitted, sql.LevelRepeatableRead, sql.LevelSerializable} {
		t.Run(level.String(), func(t *testing.T) {
			r := newRig(t)
			a, b := r.start(), r.start()
			r.claim(a, "one")
			r.claim(a, "two")
			early, err := a.db.BeginTx(t.Context(), &sql.TxOptions{Isolation: level})
			if err != nil {
				t.Fatal(err)
			}
			defer early.Rollback()
			late, err := a.db.BeginTx(t.Context(), &sql.TxOptions{Isolation: level})
			if err != nil {
				t.Fatal(err)
			}
			defer late.Rollback()
			const insert = `insert into written (account, node, fence) values ($1, '', 0)`
			if _, err := early.Exec(insert, "one"); err != nil {
				t.Fatal(err)
			}
			if _, err := late.Exec(`select count(*) from written`); err != nil { // has a snapshot
				t.Fatal(err)
			}
			moved := make(chan error)
			go func() { moved <- a.HandOver(t.Context(), "one", b.ID()) }()
			r.until("the move waits", func() error {
				var waiting bool
				err := r.db.QueryRow(`select exists (select from pg_locks where not granted)`).Scan(&waiting)
				if err == nil && !waiting {
					err = errors.New("nobody waits")
				}
				return err
			})
			if err := early.Commit(); err != nil {
				t.Errorf("the write of before: %v", err)
			}
			if err := <-moved; err != nil {
				t.Fatal(err)
			}
			if err := a.HandOver(t.Context(), "two", b.ID()); err != nil {
				t.Fatal(err)
			}
			if _, err := late.Exec(insert, "two"); err == nil {
				t.Error("a write of after was not refused")
			} else if level == sql.LevelReadCommitted && !Refused(err) {
				t.Error(err)
			}
		})
	}
}

// A transaction of a node that was stopped does not hold up who takes over.
func TestTransactionOfAStoppedNode(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long until a lease ends")
	}
	r := newRig(t)
	l := newLink(r)
	a, b := r.startAt(l, Options{Lease: testLease, Renew: testRenew}), r.start()
	r.claim(a, "one")
	tx, err := a.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec(`set idle_in_transaction_session_timeout = 400`); err != nil { // less than the lease
		t.Fatal(err)
	}
	if _, err := tx.Exec(`insert into written (account, node, fence) values ('one', '', 0)`); err != nil {
		t.Fatal(err)
	}
	l.set(linkStalled)
	begun := time.Now()
	r.until("the takeover", func() error {
		if h, err := b.Claim(t.Context(), "one"); err != nil || !h.Here {
			return errors.Join(err, errors.New("not here"))
		}
		return nil
	})
	t.Logf("taken over after %v, with a lease of %v", time.Since(begun), testLease)
	l.set(linkOpen)
	if err := tx.Commit(); err == nil {
		t.Error("the transaction of before was committed")
	}
	var setting string
	if err := b.db.QueryRow(`show idle_in_transaction_session_timeout`).Scan(&setting); err != nil || setting != "5s" {
		t.Errorf("idle in transaction: %s, %v", setting, err)
	}
}
