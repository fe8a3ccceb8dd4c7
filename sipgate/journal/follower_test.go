package journal

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// merges is a board that knows only which rows were merged into which.
type merges map[switchboard.RowID]switchboard.RowID

func (m merges) SubscribePassive() (switchboard.Snapshot, *switchboard.Subscription) {
	panic("not followed")
}

func (m merges) Call(id switchboard.RowID) (switchboard.Call, bool) {
	into, ok := m[id]
	return switchboard.Call{ID: into}, ok
}

// A followed is a follower to which a test passes what a board shows.
type followed struct {
	*follower
	t *testing.T
}

func follow(t *testing.T, j *Journal, m merges) *followed {
	return &followed{newFollower(j, j.state(ours), m), t}
}

// show passes values of rows.
func (f *followed) show(calls ...*switchboard.Call) {
	f.t.Helper()
	for _, c := range calls {
		if err := f.apply(f.t.Context(), switchboard.Change{Call: c}); err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f *followed) remove(id switchboard.RowID) {
	f.t.Helper()
	if err := f.apply(f.t.Context(), switchboard.Change{Removed: id}); err != nil {
		f.t.Fatal(err)
	}
}

// readList passes the board's health after a list.
func (f *followed) readList(change ...func(*switchboard.Health)) {
	h := switchboard.Health{ListedAt: time.Now(), Members: 1}
	for _, c := range change {
		c(&h)
	}
	f.apply(f.t.Context(), switchboard.Change{Health: &h})
}

// wait lets time pass, with the sweeps that are due.
func (f *followed) wait(d time.Duration) {
	f.t.Helper()
	end := time.After(d)
	for {
		select {
		case <-f.sweepTimer:
			if err := f.sweep(f.t.Context()); err != nil {
				f.t.Log(err)
			}
		case <-end:
			return
		}
	}
}

// want compares the timeline of a row; times are seconds since its start.
func (f *followed) want(row switchboard.RowID, want string) {
	f.t.Helper()
	if err := f.flush(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	r, err := f.journal.Record(f.t.Context(), ours, row)
	if got := strings.Join(splitLines(timeline(r)), ", "); got != want || err != nil {
		f.t.Errorf("timeline of %s\n%s, %v\nwant\n%s", row, got, err, want)
	}
	if ended := containsKind(r.Entries, Ended); ended == r.Ended.IsZero() {
		f.t.Errorf("%s has ended %v", row, r.Ended)
	}
}

// talking returns a call of a row that was answered just now.
func talking(row switchboard.RowID, id sipgate.CallID, with ...edit) *switchboard.Call {
	c := call(switchboard.Connected, 0)
	c.ID, c.CallID, c.Started, c.Since = row, id, time.Now(), time.Now()
	for _, f := range with {
		f(c)
	}
	return c
}

// A call that leaves the board without an end has ended a minute later, if sipgate's
// list was read meanwhile; otherwise a minute after the next list.
func TestCallsThatLeaveTheBoardEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		f := follow(t, j, merges{})
		f.show(talking("one", "A"), talking("two", "B"))
		f.remove("one")
		f.wait(40 * time.Second)
		f.remove("two") // does not put off the end of the first
		f.remove("unknown")
		f.readList()
		f.wait(19 * time.Second)
		f.want("one", "0 answered by Doc")
		f.wait(2 * time.Second)
		f.want("one", "0 answered by Doc, ~60 ended")
		if n := len(f.rows); n > 1 {
			t.Errorf("%d rows are kept", n)
		}
		f.show(talking("three", "C"))
		f.remove("three")
		f.show(talking("three", "C")) // it is back
		f.wait(2 * time.Minute)
		f.want("three", "0 answered by Doc")
	})
	for name, stale := range map[string]func(*switchboard.Health){
		"nobody is signed in":  func(h *switchboard.Health) { h.Members = 0 },
		"the list fails":       func(h *switchboard.Health) { h.Failing = true },
		"the list is an older": func(h *switchboard.Health) { h.ListedAt = h.ListedAt.Add(-time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, j *Journal) {
				f := follow(t, j, merges{})
				f.show(talking("one", "A"))
				f.remove("one")
				f.wait(30 * time.Second)
				f.readList(stale)
				f.wait(10 * time.Minute)
				f.readList(stale)
				f.wait(10 * time.Minute)
				f.want("one", "0 answered by Doc")
				f.show(talking("two", "B"))
				f.remove("two") // it waits for the same list
				f.readList()
				f.wait(sweepDelay - time.Second)
				f.want("one", "0 answered by Doc")
				f.wait(2 * time.Second)
				f.want("one", "0 answered by Doc, ~1290 ended")
				f.want("two", "0 answered by Doc, ~60 ended")
			})
		})
	}
}

// The calls of an earlier process that the board does not show have ended, those that
// it shows have not; a failing database only puts that off.
func TestCallsOfAnEarlierProcessEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		f := follow(t, j, merges{})
		f.show(talking("gone", "A"), talking("there", "B"))
		f.want("gone", "0 answered by Doc")

		f = follow(t, j, merges{})
		f.scheduleSweep(sweepDelay)
		f.show(talking("there", "B"), talking("new", "C"))
		f.readList()
		if _, err := j.db.Exec("alter table journal_rows rename to renamed"); err != nil {
			t.Fatal(err)
		}
		f.wait(sweepDelay + time.Second)
		if _, err := j.db.Exec("alter table renamed rename to journal_rows"); err != nil {
			t.Fatal(err)
		}
		f.readList()
		f.wait(sweepDelay)
		f.want("gone", "0 answered by Doc, ~120 ended")
		f.want("there", "0 answered by Doc")
		f.want("new", "0 answered by Doc")
	})
}

// A removed row that goes on in another one becomes part of it, whether it had ended or
// not, and whether the board says so or the call's id.
func TestRemovedRowsGoOnInOthers(t *testing.T) {
	for name, test := range map[string]struct {
		board merges
		last  *switchboard.Call
		id    sipgate.CallID // under which the other row goes on
		part  bool
	}{
		"live":                {merges{"one": "two"}, nil, "B", true},
		"ended":               {merges{"one": "two"}, call(switchboard.Ended, 5, ended(5, switchboard.Connected, "")), "B", true},
		"live, by its id":     {merges{}, nil, "A", true},
		"live, still itself":  {merges{"one": "one"}, nil, "B", false},
		"ended, still itself": {merges{"one": "one"}, call(switchboard.Ended, 5, ended(5, switchboard.Connected, "")), "A", false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, j *Journal) {
				f := follow(t, j, test.board)
				f.show(talking("one", "A", held), talking("two", "B"))
				if test.last != nil {
					test.last.ID = "one"
					f.show(test.last)
				}
				f.remove("one")
				f.show(talking("two", test.id))
				f.flush(t.Context())
				r, err := j.Record(t.Context(), ours, "one")
				if err != nil || (r.Row == "two") != test.part {
					t.Errorf("it is part of %s, %v:\n%s", r.Row, err, timeline(r))
				}
			})
		})
	}
}

// What is shown again as it was is not written again, and is not read from the database
// before it was written there.
func TestNothingIsWrittenTwice(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		f := follow(t, j, merges{})
		c := talking("one", "A", func(c *switchboard.Call) { c.MemberIDs = []switchboard.MemberID{"w0"} })
		f.show(c)
		n := j.state(ours).pendingWrites()
		for range 3 {
			again := *c
			f.show(&again)
		}
		if after := j.state(ours).pendingWrites(); after != n {
			t.Errorf("%d writes, then %d", n, after)
		}
		hungUp := *c
		ended(9, switchboard.Connected, "busy")(&hungUp)
		hungUp.EndedAt = c.Started.Add(9 * time.Second)
		f.show(&hungUp)
		f.remove("one") // and forgotten
		f.show(&hungUp)
		f.want("one", "0 answered by Doc, 9 ended: busy")
	})
}

// A call has one end: the one that is known best.
func TestTheEndIsCorrected(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		f := follow(t, j, merges{})
		c := talking("one", "A")
		end := func(s int, cause, name string) *switchboard.Call {
			e := *c
			ended(s, switchboard.Connected, cause)(&e)
			e.EndedAt, e.Remote.Name = c.Started.Add(time.Duration(s)*time.Second), name
			return &e
		}
		f.show(c, end(5, "", "Jennifer"))
		f.want("one", "0 answered by Doc, 5 ended")
		f.show(end(5, "", "Jenny"))
		f.want("one", "0 answered by Doc, 5 ended")
		f.show(end(7, "busy", "Jenny"))
		f.want("one", "0 answered by Doc, 7 ended: busy")
		f.show(end(7, "", "Jenny"))
		f.want("one", "0 answered by Doc, 7 ended: busy")
	})
}

// Times that contradict the order in which things were seen are made to agree with it.
func TestTheOrderIsKept(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		f := follow(t, j, merges{})
		c := talking("one", "A", func(c *switchboard.Call) { c.Since = c.Started.Add(20 * time.Second) })
		early := *c
		early.Hold.On, early.Since = true, c.Started.Add(10*time.Second)
		late := early
		late.Hold.On, late.Since = false, c.Started.Add(30*time.Second)
		f.show(c, &early, &late)
		f.want("one", "0 rang, 20 answered by Doc, 20 held, 30 resumed")
		f = follow(t, j, merges{}) // the next process knows the time of the last entry, too
		again := late
		again.Mute.On = true
		f.show(&again)
		f.want("one", "0 rang, 20 answered by Doc, 20 held, 30 resumed, 30 muted")
	})
}

// Every outage of the database is logged once, also the second one of a process, and
// what could not be written at the end.
func TestOutagesAreLogged(t *testing.T) {
	file := tempFile(t)
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		db := openDB(t, file)
		j, err := New(t.Context(), db, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		x := openBoard(t, j, ours)
		logged := func(text string) int {
			synctest.Wait()
			return strings.Count(log.String(), text)
		}
		rename := func(from, to string) {
			if _, err := db.Exec("alter table " + from + " rename to " + to); err != nil {
				t.Fatal(err)
			}
		}
		for outage := 1; outage <= 2; outage++ {
			rename("journal_rows", "renamed")
			x.observe(newCall(sipgate.CallID(fmt.Sprint("C", outage)), sipgate.Incoming, jennifer, doc, "Doc"))
			time.Sleep(10 * time.Minute)
			if n := logged("write journal"); n != outage {
				t.Errorf("%d outages are logged %d times", outage, n)
			}
			rename("renamed", "journal_rows")
			time.Sleep(10 * time.Minute)
		}
		if n := logged("level="); n != 2 {
			t.Errorf("%d messages:\n%s", n, log.String())
		}
		x.observe(toDoc)
		rename("journal_rows", "renamed")
		x.observe(answer(toDoc, "Doc"))
		x.stop()
		if logged("write end of journal") != 1 {
			t.Errorf("at the end:\n%s", log.String())
		}
		rename("renamed", "journal_rows")
		before := log.Len()
		y := openBoard(t, j, ours)
		y.stop()
		if log.Len() != before {
			t.Errorf("a sound end:\n%s", log.String()[before:])
		}
	})
}

// What could not be written is written as soon as that is possible again, also if
// nothing else happens.
func TestFailedWritesAreRepeated(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		x := openBoard(t, j, ours)
		x.observe(toDoc)
		written := func() (n int) {
			synctest.Wait()
			if err := j.db.QueryRow("select count(*) from journal_entries").Scan(&n); err != nil {
				t.Error(err)
			}
			return n
		}
		if _, err := j.db.Exec("alter table journal_rows rename to renamed"); err != nil {
			t.Fatal(err)
		}
		x.observe(answer(toDoc, "Doc"))
		time.Sleep(time.Minute)
		if n := written(); n != 1 || j.state(ours).pendingWrites() != 2 {
			t.Errorf("%d entries, %d pending writes", n, j.state(ours).pendingWrites())
		}
		if _, err := j.db.Exec("alter table renamed rename to journal_rows"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(retryDelay)
		if n := written(); n != 2 || j.state(ours).pendingWrites() != 0 {
			t.Errorf("afterwards %d entries, %d pending writes", n, j.state(ours).pendingWrites())
		}
	})
}
