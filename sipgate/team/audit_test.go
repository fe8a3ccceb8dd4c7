package team

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

func auditOf(tb testing.TB, keep time.Duration) *Audit { return NewAudit(tables(tb), keep) }

// hold is the entry of somebody who puts a call on hold.
func hold(by MemberID, call string) AuditEntry {
	return AuditEntry{By: by, ByName: "Somebody", Action: Hold, Call: call, Parties: "+491579 → e0",
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
		want.Account, want.Via = "111", mia
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
		if len(got) != 2 || got[0].Outcome != OutcomeRefused || got[0].Via != tom || got[0].ID <= want.ID {
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
		"nobody":             func(e *AuditEntry) { e.By = MemberID{} },
		"no user":            func(e *AuditEntry) { e.By.User = "" },
		"no deed":            func(e *AuditEntry) { e.Action = "" },
		"another account":    func(e *AuditEntry) { e.Account = "222" },
		"others only":        func(e *AuditEntry) { e.Account, e.Via = "222", bob },
		"another's access":   func(e *AuditEntry) { e.Via = bob },
		"nobody's access":    func(e *AuditEntry) { e.Via = MemberID{User: "w1"} },
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
	e.Action, e.Outcome = HangUp, OutcomeWaiting
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
		e.Action, e.Parameters = SendTones, test.parameters
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
