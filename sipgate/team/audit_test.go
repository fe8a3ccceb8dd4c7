package team

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

func auditOf(tb testing.TB, keep time.Duration) *Audit { return NewAudit(tables(tb), keep) }

// hold is the entry of somebody who puts a call on hold.
func hold(by Member, call string) AuditEntry {
	return AuditEntry{By: by, ByName: "Somebody", Deed: DeedHold, Call: call, Parties: "+491579 → e0",
		Parameters: "value=true", Address: "192.0.2.1"}
}

func begin(tb testing.TB, a *Audit, e AuditEntry) int64 {
	tb.Helper()
	id, err := a.Begin(tb.Context(), e)
	if err != nil {
		tb.Fatal(err)
	}
	return id
}

func list(tb testing.TB, a *Audit, account string, f AuditFilter) []AuditEntry {
	tb.Helper()
	all, err := a.List(tb.Context(), account, f)
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

// outcomes are those of all entries of ada's account, the oldest first.
func outcomes(tb testing.TB, a *Audit) string {
	tb.Helper()
	var s []string
	for _, e := range slices.Backward(list(tb, a, "111", AuditFilter{})) {
		s = append(s, e.Outcome)
	}
	return strings.Join(s, " ")
}

func TestAudit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := auditOf(t, 0)
		ctx := t.Context()
		want := hold(ada, "ROW")
		want.Account, want.Through = "111", mia
		start := time.Now().UTC()
		want.ID, want.At, want.Outcome = begin(t, a, want), start.Truncate(time.Millisecond), OutcomeBegun
		if got := list(t, a, "111", AuditFilter{}); len(got) != 1 || got[0] != want {
			t.Fatalf("%+v, want %+v", got, want)
		}
		if err := a.End(ctx, want.ID, OutcomeDone, 204, 83*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		want.Outcome, want.Status, want.Took = OutcomeDone, 204, 83*time.Millisecond
		if err := a.End(ctx, want.ID, OutcomeFailed, 500, time.Second); !errors.Is(err, ErrNoEntry) {
			t.Errorf("ended twice: %v", err)
		}
		if got := list(t, a, "111", AuditFilter{}); got[0] != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		refused := hold(tom, "ROW")
		refused.Parameters = ReasonNotYours
		if err := a.Refused(ctx, refused); err != nil {
			t.Fatal(err)
		}
		got := list(t, a, "111", AuditFilter{})
		if len(got) != 2 || got[0].Outcome != OutcomeRefused || got[0].Through != tom || got[0].ID <= want.ID {
			t.Errorf("%+v", got)
		}
		for _, err := range []error{
			a.End(ctx, got[0].ID, OutcomeDone, 204, 0), a.Proceed(ctx, got[0].ID),
			a.Proceed(ctx, want.ID), a.End(ctx, 1, OutcomeDone, 204, 0),
		} {
			if !errors.Is(err, ErrNoEntry) {
				t.Errorf("%v, want ErrNoEntry", err)
			}
		}
		for _, outcome := range []string{"", OutcomeBegun, OutcomeWaiting, OutcomeRefused, "fine"} {
			if err := a.End(ctx, want.ID, outcome, 0, 0); err == nil || errors.Is(err, ErrNoEntry) {
				t.Errorf("%q: %v", outcome, err)
			}
		}
	})
}

// TestAuditIncomplete shows that what names nobody is not recorded, and so not
// done; and that an entry never concerns two accounts.
func TestAuditIncomplete(t *testing.T) {
	a := auditOf(t, 0)
	for name, spoil := range map[string]func(*AuditEntry){
		"nobody":             func(e *AuditEntry) { e.By = Member{} },
		"no user":            func(e *AuditEntry) { e.By.User = "" },
		"no deed":            func(e *AuditEntry) { e.Deed = "" },
		"another account":    func(e *AuditEntry) { e.Account = "222" },
		"another's access":   func(e *AuditEntry) { e.Through = bob },
		"nobody's access":    func(e *AuditEntry) { e.Through = Member{User: "w1"} },
		"account only given": func(e *AuditEntry) { e.By.Account = ""; e.Account = "111" },
	} {
		e := hold(ada, "ROW")
		spoil(&e)
		if id, err := a.Begin(t.Context(), e); !errors.Is(err, ErrAuditUnavailable) || id != 0 {
			t.Errorf("%s: %d, %v", name, id, err)
		}
	}
	if got := outcomes(t, a); got != "" {
		t.Errorf("recorded %s", got)
	}
	if _, err := a.List(t.Context(), "", AuditFilter{}); err == nil {
		t.Error("all accounts at once")
	}
}

// TestGrace goes through the lives of an entry that waits first.
func TestGrace(t *testing.T) {
	a := auditOf(t, 0)
	ctx := t.Context()
	e := hold(ada, "ROW")
	e.Deed, e.Outcome = DeedHangUp, OutcomeWaiting
	undone, sent := begin(t, a, e), begin(t, a, e)
	begin(t, a, e)
	if err := a.End(ctx, undone, OutcomeCancelled, 0, 2*time.Second); err != nil {
		t.Error(err)
	}
	if err := a.Proceed(ctx, undone); !errors.Is(err, ErrNoEntry) {
		t.Errorf("an undone hang-up goes on: %v", err)
	}
	if err := a.Proceed(ctx, sent); err != nil {
		t.Error(err)
	}
	if err := a.Proceed(ctx, sent); !errors.Is(err, ErrNoEntry) {
		t.Errorf("sent twice: %v", err)
	}
	if got := outcomes(t, a); got != "cancelled begun waiting" {
		t.Errorf("%s", got)
	}
	e.Outcome = OutcomeDone // nothing begins as done
	begin(t, a, e)
	if got := outcomes(t, a); got != "cancelled begun waiting begun" {
		t.Errorf("%s", got)
	}
}

// TestT48 takes the disk away: no entry, no action; an ending that comes
// meanwhile is written afterwards (F31).
func TestT48(t *testing.T) {
	a := auditOf(t, 0)
	ctx := t.Context()
	e := hold(ada, "ROW")
	e.Outcome = OutcomeWaiting
	waiting, begun, other := begin(t, a, e), begin(t, a, hold(ada, "ROW")), begin(t, a, hold(ada, "ROW"))
	for _, event := range []string{"insert", "update", "delete"} {
		if _, err := a.db.Exec(fmt.Sprintf(
			`create trigger no_%s before %[1]s on audit begin select raise(abort, 'disk full'); end`, event)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := a.Begin(ctx, hold(ada, "ROW"))
	for _, err := range []error{
		err, a.Refused(ctx, hold(tom, "ROW")), a.Proceed(ctx, waiting),
		a.End(ctx, begun, OutcomeDone, 204, time.Second), a.End(ctx, begun, OutcomeFailed, 500, time.Second),
	} {
		if !errors.Is(err, ErrAuditUnavailable) || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("%v", err)
		}
	}
	if _, err := a.Purge(ctx); err != nil {
		t.Errorf("nothing to purge: %v", err)
	}
	if got := outcomes(t, a); got != "waiting begun begun" {
		t.Errorf("%s", got)
	}
	for _, event := range []string{"insert", "update", "delete"} {
		if _, err := a.db.Exec("drop trigger no_" + event); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.End(ctx, other, OutcomeFailed, 403, 0); err != nil {
		t.Error(err)
	}
	if got := outcomes(t, a); got != "waiting done failed" || len(a.owed) != 0 {
		t.Errorf("%s, owed %v", got, a.owed)
	}
}

// TestOwed shows that the endings kept in memory have a bound, and that Purge
// writes them.
func TestOwed(t *testing.T) {
	a := auditOf(t, 0)
	id := begin(t, a, hold(ada, "ROW"))
	for i := range 3 * maxOwed {
		a.owe(ending{id: int64(i)})
	}
	a.owe(ending{id, OutcomeUnknown, 0, time.Second})
	if len(a.owed) != maxOwed {
		t.Errorf("%d owed", len(a.owed))
	}
	if _, err := a.Purge(t.Context()); err != nil || len(a.owed) != 0 || outcomes(t, a) != OutcomeUnknown {
		t.Errorf("%v, %d owed, %s", err, len(a.owed), outcomes(t, a))
	}
}

// TestT48Closed has no database at all.
func TestT48Closed(t *testing.T) {
	a := auditOf(t, 0)
	a.db.Close()
	if _, err := a.Begin(t.Context(), hold(ada, "ROW")); !errors.Is(err, ErrAuditUnavailable) {
		t.Errorf("%v", err)
	}
}

// TestAuditCallerGone shows that who clicks and closes the tab is on record.
func TestAuditCallerGone(t *testing.T) {
	a := auditOf(t, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	id, err := a.Begin(ctx, hold(ada, "ROW"))
	if err == nil {
		err = a.End(ctx, id, OutcomeDone, 204, 0)
	}
	if err != nil || outcomes(t, a) != OutcomeDone {
		t.Errorf("%v, %s", err, outcomes(t, a))
	}
}

// auditCrash names the environment variable that makes TestF25Child the
// process to be killed. Its value is the database.
const auditCrash = "CALLBOARD_TEST_AUDIT"

// TestF25 kills a process between the entries and their ends.
func TestF25(t *testing.T) {
	a := auditOf(t, 0)
	var file string
	if err := a.db.QueryRow(`select file from pragma_database_list where name = 'main'`).Scan(&file); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestF25Child$")
	child.Env = append(os.Environ(), auditCrash+"="+filepath.Clean(file))
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && lines.Text() != "reached" {
		t.Log(lines.Text())
	}
	child.Process.Kill()
	child.Wait()

	if got := outcomes(t, a); got != "begun waiting begun done refused" {
		t.Fatalf("the dead process left %s", got)
	}
	left, err := a.Recover(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := outcomes(t, a); got != "unknown cancelled unknown done refused" {
		t.Errorf("recovered as %s", got)
	}
	var got []string
	for _, e := range left {
		got = append(got, e.Call+" "+e.Outcome)
	}
	if s := strings.Join(got, ", "); s != "A unknown, B cancelled, C unknown" {
		t.Errorf("left over: %s", s)
	}
	if left, err := a.Recover(t.Context()); len(left) != 0 || err != nil {
		t.Errorf("recovered twice: %v, %v", left, err)
	}
}

// TestF25Child is not a test of its own: TestF25 starts and kills it.
func TestF25Child(t *testing.T) {
	file := os.Getenv(auditCrash)
	if file == "" {
		t.Skip("only as a child of TestF25")
	}
	a := NewAudit(open(t, file), 0)
	begin(t, a, hold(ada, "A"))
	waiting := hold(ada, "B")
	waiting.Outcome = OutcomeWaiting
	begin(t, a, waiting)
	waiting.Call = "C"
	if err := a.Proceed(t.Context(), begin(t, a, waiting)); err != nil {
		t.Fatal(err)
	}
	if err := a.End(t.Context(), begin(t, a, hold(ada, "D")), OutcomeDone, 204, 0); err != nil {
		t.Fatal(err)
	}
	if err := a.Refused(t.Context(), hold(tom, "E")); err != nil {
		t.Fatal(err)
	}
	fmt.Println("reached")
	select {} // until it is killed
}

// TestB116 gives keypad digits to the audit in many ways and looks for them in
// the file.
func TestB116(t *testing.T) {
	a := auditOf(t, 0)
	const pin = "4711*0815#"
	for _, test := range []struct{ parameters, want string }{
		{TonesParameters(pin), "10 tones"},
		{TonesParameters("ABCD"), "4 tones"},
		{TonesParameters(sipgate.DTMF(strings.Repeat("1", 32))), "32 tones"},
		{pin, ""}, {"digits=" + pin, ""}, {"10 tones " + pin, ""}, {"ABCD", ""}, {"10 tones ABCD", ""},
		{"１２", ""}, {"4711", ""}, {"10 tones not_yours", "10 tones not_yours"}, {"not_yours", "not_yours"},
	} {
		e := hold(ada, "ROW")
		e.Deed, e.Parameters = DeedTones, test.parameters
		begin(t, a, e)
		if err := a.Refused(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		for _, e := range list(t, a, "111", AuditFilter{Limit: 2}) {
			if e.Parameters != test.want {
				t.Errorf("%q is stored as %q, want %q", test.parameters, e.Parameters, test.want)
			}
		}
	}
}

// TestAuditText shows that no text of an entry is longer or stranger than a
// line, which also PostgreSQL takes.
func TestAuditText(t *testing.T) {
	a := auditOf(t, 0)
	e := hold(ada, strings.Repeat("R", 10_000))
	e.ByName, e.Parties = "Mia\x00\r\n\u202e \xffMeier", strings.Repeat("ä", 1000)
	begin(t, a, e)
	got := list(t, a, "111", AuditFilter{})[0]
	if got.ByName != "Mia \ufffdMeier" || len(got.Call) != maxField || got.Parties != strings.Repeat("ä", maxField) {
		t.Errorf("%q, %d, %d", got.ByName, len(got.Call), len(got.Parties))
	}
}

// TestPurge lets 400 days pass with an entry a day (14.2.4).
func TestPurge(t *testing.T) {
	for _, keep := range []time.Duration{0, 30 * 24 * time.Hour} {
		a := auditOf(t, keep)
		now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
		a.now = func() time.Time { return now }
		var removed int64
		const days = 200
		for range days {
			begin(t, a, hold(ada, "ROW"))
			n, err := a.Purge(t.Context())
			if removed += n; err != nil {
				t.Fatal(err)
			}
			now = now.Add(24 * time.Hour)
		}
		if keep == 0 {
			keep = 180 * 24 * time.Hour
		}
		now = now.Add(-time.Nanosecond)
		n, err := a.Purge(t.Context())
		left := list(t, a, "111", AuditFilter{Limit: 1000})
		if err != nil || len(left) != int(keep.Hours()/24) || removed+n != int64(days-len(left)) {
			t.Errorf("keep %v: %d left, %d removed, %v", keep, len(left), removed+n, err)
		}
		if oldest := left[len(left)-1]; now.Sub(oldest.At) > keep {
			t.Errorf("keep %v: one of %v is left", keep, oldest.At)
		}
	}
}

// TestPurgeMany removes more than one step's worth.
func TestPurgeMany(t *testing.T) {
	a := auditOf(t, time.Hour)
	fill(t, a, 2*purgeStep+1)
	a.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	if n, err := a.Purge(t.Context()); n != 2*purgeStep+1 || err != nil {
		t.Errorf("removed %d, %v", n, err)
	}
}

// fill writes n entries at once.
func fill(tb testing.TB, a *Audit, n int) {
	tb.Helper()
	begin(tb, a, hold(ada, "ROW"))
	if _, err := a.db.Exec(`
		insert into audit select id + n.i, account, by_user, by_name, through, deed, call_id, parties,
			parameters, address, outcome, status, begun_at, took_ms
		from audit, (with recursive n(i) as (select 1 union all select i + 1 from n where i < $1) select i from n) n`,
		n-1); err != nil {
		tb.Fatal(err)
	}
}

// TestAuditIDs shows that ids grow although the clock jumps (F35) and
// many write at once, and that they do not tell how many there are.
func TestAuditIDs(t *testing.T) {
	a := auditOf(t, 0)
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	a.now = func() time.Time { return now }
	last := int64(0)
	for _, jump := range []time.Duration{0, 0, time.Hour, -time.Hour, -10 * 365 * 24 * time.Hour, 0, 20 * 365 * 24 * time.Hour, 0} {
		now = now.Add(jump)
		id := begin(t, a, hold(ada, "ROW"))
		if id <= last || id < 1e15 || id >= 1<<53 {
			t.Errorf("%d follows %d", id, last)
		}
		last = id
	}
	var all sync.WaitGroup
	var ids sync.Map
	for range 8 {
		all.Go(func() {
			for range 5 {
				id, err := a.Begin(t.Context(), hold(ada, "ROW"))
				if _, taken := ids.LoadOrStore(id, true); taken || err != nil {
					t.Errorf("%d twice, or %v", id, err)
				}
				if err := a.End(t.Context(), id, OutcomeDone, 204, 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// TestAuditFilter compares List with a filter written in Go, on entries of
// two accounts, page by page; no entry of another account is ever in it (I6).
func TestAuditFilter(t *testing.T) {
	a := auditOf(t, 0)
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	a.now = func() time.Time { return now }
	for i := range 60 {
		e := hold([]Member{ada, mia, bob}[i%3], []string{"A", "B"}[i/3%2])
		e.Deed = []Deed{DeedHold, DeedMute}[i/6%2]
		e.ByName = "canary " + e.By.Account
		begin(t, a, e)
		now = now.Add(time.Minute)
	}
	all := list(t, a, "111", AuditFilter{Limit: 1000})
	if len(all) != 40 {
		t.Fatalf("%d entries", len(all))
	}
	hour := now.Add(-30 * time.Minute)
	for _, f := range []AuditFilter{
		{}, {By: "w0"}, {By: "w1"}, {By: "w9"}, {Deed: DeedMute}, {Call: "A"}, {From: hour}, {To: hour},
		{From: hour.Add(-time.Minute), To: hour.Add(time.Minute)}, {By: "w0", Deed: DeedHold, Call: "B", From: hour},
		{By: "w0' or '1'='1"}, {Call: "A' --"}, {Before: all[10].ID}, {Before: 1}, {Before: -1},
	} {
		want := slices.DeleteFunc(slices.Clone(all), func(e AuditEntry) bool {
			return f.By != "" && e.By.User != f.By || f.Deed != "" && e.Deed != f.Deed || f.Call != "" && e.Call != f.Call ||
				e.At.Before(f.From) || !f.To.IsZero() && !e.At.Before(f.To) || f.Before > 0 && e.ID >= f.Before
		})
		var got []AuditEntry
		for f.Limit = 7; ; f.Before = got[len(got)-1].ID {
			page := list(t, a, "111", f)
			if got = append(got, page...); len(page) < f.Limit {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: %d entries, want %d", f, len(got), len(want))
		}
	}
	for _, e := range list(t, a, "222", AuditFilter{}) {
		if e.ByName != "canary 222" || e.By != bob {
			t.Errorf("%+v", e)
		}
	}
	fill(t, auditOf(t, 0), 3)
	if n := len(list(t, a, "111", AuditFilter{Limit: 1 << 40})); n != 40 {
		t.Errorf("%d", n)
	}
}

// TestAuditLimits shows how many entries one question brings.
func TestAuditLimits(t *testing.T) {
	a := auditOf(t, 0)
	fill(t, a, 1100)
	for limit, want := range map[int]int{0: 100, -5: 100, 1: 1, 1000: 1000, 5000: 1000} {
		if got := list(t, a, "111", AuditFilter{Limit: limit}); len(got) != want {
			t.Errorf("limit %d: %d", limit, len(got))
		}
	}
}

// BenchmarkAudit measures what the audit adds to an action: two commits, each
// of them synced.
func BenchmarkAudit(b *testing.B) {
	a := auditOf(b, 0)
	fill(b, a, 100_000)
	for b.Loop() {
		id := begin(b, a, hold(ada, "ROW"))
		if err := a.End(b.Context(), id, OutcomeDone, 204, 0); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAuditList reads a page of the 100,000 entries, as a call's page
// does.
func BenchmarkAuditList(b *testing.B) {
	a := auditOf(b, 0)
	fill(b, a, 100_000)
	begin(b, a, hold(ada, "ANOTHER"))
	for b.Loop() {
		if n := len(list(b, a, "111", AuditFilter{Call: "ANOTHER"})); n != 1 {
			b.Fatal(n)
		}
	}
}
