package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// Two accounts have the same ids and different texts in every field. No method
// returns anything of the other account.
func TestAccountsAreIsolated(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		accounts := map[string]string{"Kanari": ours, "Zeisig": theirs}
		rows := map[string]switchboard.RowID{}
		for bird, account := range accounts {
			b := switchboard.New(switchboard.Options{RestoreRowID: func(sipgate.CallID) (switchboard.RowID, bool) { return "row", true }})
			x := openBoardWith(t, j, account, b, b)
			x.SetNames(map[string]string{"+" + jennifer: bird + " outside"})
			x.Join(switchboard.Member{ID: "w0", Name: bird + " member", API: x.fake})
			e := newCall("A", sipgate.Incoming, jennifer, doc, bird+" user")
			x.observe(e)
			x.add("A", jennifer, doc)
			x.observe(answer(e, bird+" user"))
			x.poll()
			rows[bird] = x.onlyCall().ID
			x.execute("w0", rows[bird], switchboard.Announce{URL: "u", Title: bird + " title"})
			if err := j.AddNote(t.Context(), account, rows[bird], bird+" author", bird+" text"); err != nil {
				t.Error(err)
			}
			x.observe(hangup(e, bird+" cause"))
		}
		for bird, other := range map[string]string{"Kanari": "Zeisig", "Zeisig": "Kanari"} {
			r, err := j.Record(t.Context(), accounts[bird], "row")
			text := fmt.Sprintf("%+v", r)
			if err != nil || strings.Contains(text, other) || strings.Count(text, bird) < 9 {
				t.Errorf("of %s: %v, %s", bird, err, text)
			}
		}
		for _, stranger := range []string{"", "0000000", ours + theirs, "%"} {
			if _, err := j.Record(t.Context(), stranger, "row"); !errors.Is(err, ErrNotFound) {
				t.Errorf("%q reads the record: %v", stranger, err)
			}
			if err := j.AddNote(t.Context(), stranger, "row", "x", "x"); !errors.Is(err, ErrNotFound) {
				t.Errorf("%q adds a note: %v", stranger, err)
			}
			if _, ok, err := j.RowByCall(t.Context(), stranger, "A"); ok || err != nil {
				t.Errorf("%q finds the row by call: %v", stranger, err)
			}
			if _, ok := j.RowLookup(stranger)("A"); ok {
				t.Errorf("%q finds the cached row", stranger)
			}
		}
	})
}

// Keypad digits are not in the database file, whatever the command's outcome.
func TestKeypadDigitsAreNotStored(t *testing.T) {
	file := tempFile(t)
	synctest.Test(t, func(t *testing.T) {
		db := openDB(t, file)
		x := openBoard(t, newJournal(t, db), ours, "mia")
		x.add("A", jennifer, doc)
		x.poll()
		for _, err := range []error{nil, timeout, refused} {
			x.fail(err)
			x.execute("mia", x.onlyCall().ID, switchboard.Tones{Digits: "90872163"})
		}
		x.stop()
		for _, f := range []string{file, file + "-wal"} {
			if data, _ := os.ReadFile(f); bytes.Contains(data, []byte("90872163")) {
				t.Errorf("%s contains the digits", f)
			}
		}
	})
}

// Calls are removed with their entries 90 days after their last change. A late note
// does not keep them.
func TestPurgeAfterRetention(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		x := openBoard(t, j, ours)
		x.observe(toDoc)
		row := x.onlyCall().ID
		x.observe(answer(toDoc, "Doc"), hangup(toDoc, "normalClearing"))
		time.Sleep(60 * 24 * time.Hour)
		later := newCall("L", sipgate.Incoming, marty, doc, "Doc")
		x.observe(later, hangup(later, "busy"))
		time.Sleep(30*24*time.Hour - time.Minute)
		if err := j.AddNote(t.Context(), ours, row, "MIA", "late"); err != nil {
			t.Error(err)
		}
		if err := j.Purge(t.Context()); err != nil {
			t.Error(err)
		}
		if n := len(x.record(row).Entries); n != 4 {
			t.Errorf("%d entries a minute before", n)
		}
		time.Sleep(2 * time.Minute)
		if err := j.Purge(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := j.Record(t.Context(), ours, row); !errors.Is(err, ErrNotFound) {
			t.Errorf("not removed: %v", err)
		}
		if _, ok, err := j.RowByCall(t.Context(), ours, "A"); ok || err != nil {
			t.Errorf("by call: %v, %v", ok, err)
		}
		if id, ok, _ := j.RowByCall(t.Context(), ours, "L"); !ok || len(x.record(id).Entries) != 2 {
			t.Error("the later call was removed, too")
		}
		for table, want := range map[string]int{"journal_rows": 1, "journal_entries": 2, "journal_calls": 1} {
			var n int
			if err := j.db.QueryRow("select count(*) from " + table).Scan(&n); err != nil || n != want {
				t.Errorf("%s has %d, %v", table, n, err)
			}
		}
	})
}

// Notes can be kept for a shorter time than the calls that they are on.
func TestNotesArePurgedBeforeCalls(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		j.notes = 30 * 24 * time.Hour
		x := openBoard(t, j, ours)
		x.observe(toDoc)
		row := x.onlyCall().ID
		x.observe(answer(toDoc, "Doc"), hangup(toDoc, "normalClearing"))
		for _, after := range []time.Duration{0, 29 * 24 * time.Hour, 2 * 24 * time.Hour} {
			time.Sleep(after)
			if err := j.AddNote(t.Context(), ours, row, "MIA", "after "+after.String()); err != nil {
				t.Error(err)
			}
			if err := j.Purge(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if got := timeline(x.record(row)); strings.Contains(got, "after 0s") || !strings.Contains(got, "after 696h") || !strings.Contains(got, "after 48h") || !strings.Contains(got, "answered") {
			t.Errorf("the timeline is\n%s", got)
		}
	})
}

func TestManyCallsArePurgedInSteps(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		var ws []write
		for i := range 2*purgeStep + 3 {
			id := switchboard.RowID(fmt.Sprint(i))
			ws = append(ws, saveRow{id: id, heardAt: time.Now(), state: "{}"})
			if i%10 == 0 {
				ws = append(ws, addEntry{id, Entry{At: time.Now(), Kind: Rang}})
			}
		}
		if err := j.commit(t.Context(), ours, ws...); err != nil {
			t.Fatal(err)
		}
		time.Sleep(DefaultRetention + time.Second)
		if err := j.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := j.db.QueryRow("select (select count(*) from journal_rows) + (select count(*) from journal_entries)").Scan(&n); err != nil || n != 0 {
			t.Errorf("%d are left, %v", n, err)
		}
	})
}

// While the database fails the board goes on. Afterwards the journal writes what
// follows from the board's state.
func TestDatabaseFailure(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		x := openBoard(t, j, ours, "mia")
		x.observe(toDoc)
		row := x.onlyCall().ID
		if _, err := j.db.Exec("alter table journal_rows rename to renamed"); err != nil {
			t.Fatal(err)
		}
		x.observe(answer(toDoc, "Doc")) // 3
		if _, err := j.Record(t.Context(), ours, row); err == nil {
			t.Error("read without a table")
		}
		if err := j.AddNote(t.Context(), ours, row, "MIA", "x"); err == nil {
			t.Error("noted without a table")
		}
		other := newCall("B", sipgate.Incoming, marty, doc, "Doc")
		x.observe(other)
		x.observe(answer(other, "Doc")) // the journal has no subscription
		for range 400 {                 // more than a subscription buffers
			x.SetNames(map[string]string{"+" + marty: fmt.Sprint(x.Snapshot().Seq)})
		}
		x.observe(hangup(other, "busy"))
		if n := j.state(ours).pendingWrites(); n > 20 {
			t.Errorf("%d pending writes", n)
		}
		if _, err := j.db.Exec("alter table renamed rename to journal_rows"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		x.observe(hangup(toDoc, "normalClearing")) // 17
		x.wantTimeline(row, `
			0 rang by Doc
			3 answered by Doc
			17 ended: normalClearing
			`)
		id, ok, err := j.RowByCall(t.Context(), ours, "B")
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		x.wantTimeline(id, `
			0 rang
			~0 answered by Doc
			6 ended: busy
			`)
	})
}

// A journal that falls behind loses its subscription and compares the whole board. It
// writes no entry twice.
func TestLostSubscription(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		x := openBoard(t, j, ours)
		x.observe(toDoc)
		row := x.onlyCall().ID
		for range 3 {
			for i := range 400 { // without a pause: too fast to follow
				x.SetNames(map[string]string{"+" + jennifer: fmt.Sprint("Jennifer ", i)})
			}
			x.Observe(answer(toDoc, "Doc"))
			time.Sleep(3 * time.Second)
		}
		x.observe(hangup(toDoc, "busy"))
		x.wantTimeline(row, `
			0 rang by Doc
			3 answered by Doc
			12 ended: busy
			`)
	})
}

// Changes within flushDelay are written together, unless there are too many.
func TestChangesAreBatched(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		x := openBoard(t, j, ours)
		for i := range 50 {
			e := newCall(sipgate.CallID(fmt.Sprint("C", i)), sipgate.Incoming, jennifer, doc, "Doc")
			x.Observe(e)
			x.Observe(answer(e, "Doc"))
			synctest.Wait()
		}
		if n := j.state(ours).pendingWrites(); n != 50*5 {
			t.Errorf("%d pending writes, want 50 × (2 rows, 2 entries, 1 call)", n)
		}
		time.Sleep(flushDelay)
		synctest.Wait()
		if n := j.state(ours).pendingWrites(); n != 0 {
			t.Errorf("%d pending writes after the delay", n)
		}
		for i := range 60 { // many at once are not held back
			e := newCall(sipgate.CallID(fmt.Sprint("D", i)), sipgate.Incoming, jennifer, doc, "Doc")
			for range maxPendingWrites / 100 {
				x.Observe(e)
				x.Observe(answer(e, "Doc"))
				e.CallID += "+"
				e.OrigCallID = e.CallID
			}
			synctest.Wait()
			if n := j.state(ours).pendingWrites(); n >= maxPendingWrites {
				t.Fatalf("%d pending writes", n)
			}
		}
	})
}

func TestSecondFollowIsRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		x := openBoard(t, j, ours)
		if err := j.Follow(t.Context(), ours, x.Board); !errors.Is(err, ErrAlreadyFollowed) {
			t.Errorf("followed twice: %v", err)
		}
		x.stop()
		openBoard(t, j, ours)
	})
}

// The cache of rows is bounded, and calls that last are not evicted.
func TestRowCacheIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		x := openBoard(t, j, ours)
		x.observe(toDoc, answer(toDoc, "Doc"))
		for i := range 30 {
			e := newCall(sipgate.CallID(fmt.Sprint("C", i)), sipgate.Incoming, marty, doc, "Doc")
			x.observe(e, hangup(e, "busy"), answer(toDoc, "Doc")) // of the call that lasts: no list contains it
			time.Sleep(time.Hour)
		}
		lookup := j.RowLookup(ours)
		for id, want := range map[sipgate.CallID]bool{"A": true, "C0": false, "C2": false, "C20": true, "C29": true} {
			if _, ok := lookup(id); ok != want {
				t.Errorf("%s is cached: %v", id, ok)
			}
			if _, ok, _ := j.RowByCall(t.Context(), ours, id); !ok {
				t.Errorf("%s is not in the database", id)
			}
		}
		if n := j.state(ours).rows.Len(); n > 100 {
			t.Errorf("%d cached calls", n)
		}
		next := newJournal(t, j.db)
		if _, ok := next.RowLookup(ours)("A"); !ok {
			t.Error("the next process does not cache the call that lasts")
		}
		time.Sleep(rowCacheRefresh + time.Minute) // on no board, so it may have ended
		next.state(ours).cacheRow("new", "row", time.Now())
		for id, want := range map[sipgate.CallID]bool{"A": false, "C5": false, "C20": true, "C29": true, "new": true} {
			if _, ok := next.RowLookup(ours)(id); ok != want {
				t.Errorf("the next process caches %s: %v", id, ok)
			}
		}
		a := j.state("flood")
		for i := range 2 * maxCachedCalls {
			a.cacheRow(sipgate.CallID(fmt.Sprint(i)), "row", time.Now())
		}
		if n := a.rows.Len(); n != maxCachedCalls {
			t.Errorf("%d cached calls", n)
		}
	})
}

// Waiting for a write can be cancelled without stopping the write.
func TestWaitingCanBeCancelled(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		x := openBoard(t, j, ours)
		x.observe(toDoc)
		row := x.onlyCall().ID
		release, _ := j.state(ours).lock(t.Context())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := j.Record(ctx, ours, row); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("read while another writes: %v", err)
		}
		if err := j.AddNote(ctx, ours, row, "MIA", "x"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("noted while another writes: %v", err)
		}
		release()
		x.wantTimeline(row, "0 rang by Doc\n")
	})
}
