package journal

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/web/database/databasetest"
)

// After a restart the timeline goes on: no entry is repeated, changes in between are
// added, and a pending hang-up is cancelled.
func TestTimelineGoesOnAfterRestart(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		x := openBoard(t, j, ours, "mia")
		x.observe(toDoc)
		x.add("A", jennifer, doc)
		x.observe(answer(toDoc, "Doc"))
		x.poll()
		row := x.onlyCall().ID
		x.execute("mia", row, switchboard.Hold{On: true}) // 8
		if err := j.AddNote(t.Context(), ours, row, "MIA", "wants her money back"); err != nil {
			t.Error(err)
		}
		x.execute("mia", row, switchboard.HangUp{GracePeriod: 4 * time.Second})
		x.stop()

		j = newJournal(t, j.db) // at 10
		if got, ok := j.RowLookup(ours)("A"); !ok || got != row {
			t.Errorf("the call is of row %q, %v", got, ok)
		}
		if _, ok := j.RowLookup(theirs)("A"); ok {
			t.Error("the other account has the call too")
		}
		y := openBoard(t, j, ours, "mia")
		y.add("A", jennifer, doc)
		y.calls[0].Muted = true
		y.poll()
		if c := y.onlyCall(); c.ID != row || !c.Approximate {
			t.Errorf("on the new board %+v", c)
		}
		y.execute("mia", row, switchboard.Hold{On: true}) // 12: it is no longer on hold
		y.observe(answer(toDoc, "Doc"))                   // late
		y.observe(hangup(toDoc, "normalClearing"))        // 16
		y.wantTimeline(row, `
			0 rang by Doc
			3 answered by Doc
			8 held by MIA
			9 noted by MIA: wants her money back
			10 cancelled by MIA: hangup
			10 resumed
			10 muted
			12 held by MIA
			16 ended: normalClearing
			`)
		if r := y.record(row); r.Approximate || r.Remote.Name != "Jennifer" || r.Direction != sipgate.Incoming {
			t.Errorf("record %+v", r)
		}
		y.stop()

		// A repeated event does not make an ended call ring.
		z := openBoard(t, newJournal(t, j.db), ours)
		z.observe(toDoc)
		if c := z.onlyCall(); c.ID != row {
			t.Errorf("row %q", c.ID)
		}
		if r := z.record(row); r.Ended.IsZero() || len(r.Entries) != 9 {
			t.Errorf("after a replay: %s", timeline(r))
		}
	})
}

// What has happened when following ends is written, however little time before.
func TestTheLastChangesAreWritten(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		for range 20 {
			j.Forget(ours)
			x := openBoard(t, j, ours)
			e := toDoc
			e.CallID = sipgate.CallID(rand.Text())
			x.Observe(e)
			x.stop()
			if _, known, err := j.RowByCall(t.Context(), ours, e.CallID); err != nil || !known {
				t.Errorf("a call is not in the journal, %v", err)
			}
		}
	})
}

// A command that was pending when the process died is unknown. A call that ended
// meanwhile has an approximate end.
func TestPendingCommandsAfterRestart(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		x := openBoard(t, j, ours, "mia")
		x.add("A", jennifer, doc)
		x.add("B", marty, doc)
		x.poll()
		rows := map[sipgate.CallID]switchboard.RowID{}
		for _, c := range x.Snapshot().Calls {
			rows[c.CallID] = c.ID
		}
		x.slow = time.Hour
		go x.Execute(t.Context(), switchboard.Command{By: "mia", Call: rows["A"], Action: switchboard.Tones{Digits: "1"}})
		time.Sleep(time.Second)
		x.stop()

		y := openBoard(t, newJournal(t, j.db), ours)
		time.Sleep(10 * time.Minute) // no member has signed in yet
		y.Join(switchboard.Member{ID: "mia", Name: "MIA", API: y.fake})
		y.add("A", jennifer, doc)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); y.Run(ctx) }()
		time.Sleep(3 * time.Minute)
		cancel()
		<-done
		y.wantTimeline(rows["A"], `
			~0 answered
			603 unknown by MIA: tones
			`)
		r := y.record(rows["B"])
		if r.Ended.IsZero() || len(r.Entries) != 2 || !r.Entries[1].Approximate || r.Ended.Sub(r.Started) < 10*time.Minute {
			t.Errorf("of the call that went:\n%s", timeline(r))
		}
		time.Sleep(time.Hour) // the slow command
	})
}

// If a call turns out not to have ended, its end is removed from the timeline.
func TestRevokedEndIsRemoved(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		x := openBoard(t, j, ours, "mia")
		x.add("A", jennifer, doc)
		x.poll()
		row := x.onlyCall().ID
		x.remove("A")
		x.poll()
		x.poll()
		if r := x.record(row); r.Ended.IsZero() {
			t.Fatalf("not ended: %s", timeline(r))
		}
		x.add("A", jennifer, doc)
		x.poll()
		x.poll()
		x.wantTimeline(row, "~0 answered\n")
		if r := x.record(row); !r.Ended.IsZero() {
			t.Errorf("ended %v", r.Ended)
		}
	})
}

// A merged row is found by both ids, with or without the board's method Call. The
// notes and commands of both rows are kept.
func TestMergedRows(t *testing.T) {
	for _, callable := range []bool{true, false} {
		t.Run(fmt.Sprintf("with Call %v", callable), func(t *testing.T) {
			inBubble(t, func(t *testing.T, j *Journal) {
				b := switchboard.New(switchboard.Options{})
				var l Board = b
				if !callable {
					l = subscribeOnly{l}
				}
				x := openBoardWith(t, j, ours, b, l, "mia")
				x.add("A", jennifer, doc)
				x.poll()
				first := x.onlyCall().ID
				if err := x.execute("mia", first, switchboard.Tones{Digits: "1"}); err != nil { // 2
					t.Error(err)
				}
				x.add("B", jennifer, marty)
				x.poll() // 3
				calls := x.Snapshot().Calls
				if len(calls) != 2 {
					t.Fatalf("%d rows", len(calls))
				}
				second := calls[1].ID
				for _, err := range []error{
					j.AddNote(t.Context(), ours, first, "MIA", "one"),
					j.AddNote(t.Context(), ours, second, "MIA", "two"), // 5
					x.execute("mia", second, switchboard.Tones{Digits: "2"}),
					x.execute("mia", second, switchboard.Record{On: true}), // 6
				} {
					if err != nil {
						t.Error(err)
					}
				}
				x.remove("A")
				x.observe( // these events relate the two calls, 7 and 10
					answer(newCall("A", sipgate.Incoming, jennifer, doc), "Doc"),
					origin(newCall("B", sipgate.Incoming, jennifer, marty, "Marty"), "A", ""),
					hangup(newCall("A", sipgate.Incoming, jennifer, doc), "normalClearing"))
				x.poll()
				if c := x.onlyCall(); c.ID != first || c.CallID != "B" {
					t.Fatalf("row %+v", c)
				}
				for _, row := range []switchboard.RowID{first, second} {
					x.wantTimeline(row, `
						~0 answered
						2 tones by MIA: 1
						5 noted by MIA: one
						5 noted by MIA: two
						5 tones by MIA: 1
						6 recording by MIA
						10 moved: Marty
						13 unconfirmed by MIA: record
						`)
					if r := x.record(row); r.Row != first || len(r.CallIDs) != 2 {
						t.Errorf("record %+v", r)
					}
				}
				if err := j.AddNote(t.Context(), ours, second, "MIA", "three"); err != nil {
					t.Error(err)
				}
				if got, ok, err := j.RowByCall(t.Context(), ours, "B"); got != first || !ok || err != nil {
					t.Errorf("B is of %q, %v, %v", got, ok, err)
				}
			})
		})
	}
}

// childFile is an environment variable. With it, the test binary follows a busy board
// and writes to the database file that it names, until it is killed.
const childFile = "CALLBOARD_TEST_JOURNAL"

const childCalls = 40

// runChild makes calls ring, be answered and held one after the other, prints the id
// of each that got a note, and waits to be killed.
func runChild(file string) {
	db, err := openFile(file)
	if err != nil {
		panic(err)
	}
	j, err := New(context.Background(), db, Options{})
	if err != nil {
		panic(err)
	}
	b := switchboard.New(switchboard.Options{RestoreRowID: j.RowLookup(ours)})
	f := &fake{}
	b.Join(switchboard.Member{ID: "mia", Name: "MIA", API: f})
	go j.Follow(context.Background(), ours, b)
	for i := range childCalls {
		id := sipgate.CallID(fmt.Sprintf("C%03d", i))
		e := newCall(id, sipgate.Incoming, jennifer, doc, "Doc")
		b.Observe(e)
		time.Sleep(time.Millisecond)
		b.Observe(answer(e, "Doc"))
		f.add(id, jennifer, doc)
		b.Poll(context.Background())
		row := b.Snapshot().Calls[i].ID
		b.Execute(context.Background(), switchboard.Command{By: "mia", Call: row, Action: switchboard.Hold{On: true}})
		for {
			err := j.AddNote(context.Background(), ours, row, "MIA", "note "+string(id))
			if err == nil {
				break
			}
			if !errors.Is(err, ErrNotFound) { // the row was just made
				panic(err)
			}
			time.Sleep(time.Millisecond)
		}
		fmt.Println(id)
	}
	time.Sleep(time.Hour)
}

// A process is killed while it writes. Everything before the last flush is in the
// file, and the next process goes on with the same rows and repeats no entry.
func TestKilledProcess(t *testing.T) {
	databasetest.NeedsSQLite(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, after := range []int{1, 7, 20} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			t.Parallel()
			file := tempFile(t)
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), childFile+"="+file)
			cmd.Stderr = os.Stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var noted []string
			for s := bufio.NewScanner(out); len(noted) < after && s.Scan(); {
				noted = append(noted, s.Text())
			}
			cmd.Process.Kill()
			cmd.Wait()
			if len(noted) < after {
				t.Fatalf("the child noted only %v", noted)
			}
			synctest.Test(t, func(t *testing.T) { continueAfterKill(t, file, noted) })
		})
	}
}

func continueAfterKill(t *testing.T, file string, noted []string) {
	j := newJournal(t, openDB(t, file))
	x := openBoard(t, j, ours, "mia")
	for _, id := range noted {
		x.add(sipgate.CallID(id), jennifer, doc)
		x.calls[len(x.calls)-1].Hold = true
	}
	x.poll()
	for _, id := range noted {
		row, ok := j.RowLookup(ours)(sipgate.CallID(id))
		if _, shown := x.Call(row); !ok || !shown {
			t.Fatalf("%s is of row %q, which is not on the board", id, row)
		}
		got := timeline(x.record(row))
		for _, kind := range []string{" rang", " answered", " held", " noted by MIA: note " + id} {
			if strings.Count(got, kind) != 1 {
				t.Errorf("%s:\n%s", id, got)
			}
		}
	}
}
