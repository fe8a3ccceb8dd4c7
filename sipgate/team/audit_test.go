package team

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/web/database/databasetest"
)

func newTestAudit(tb testing.TB, keep time.Duration) *Audit { return NewAudit(newTeamDB(tb), keep) }

// holdEntry returns the entry of a member who puts a call on hold.
func holdEntry(by MemberID, call string) AuditEntry {
	return AuditEntry{By: by, ByName: "Ada", Action: Hold, Call: call, Parties: "+491579 → e0",
		Parameters: "value=true", Address: "192.0.2.1"}
}

func beginEntry(tb testing.TB, a *Audit, e AuditEntry) int64 {
	tb.Helper()
	id, err := a.Begin(tb.Context(), e)
	if err != nil {
		tb.Fatal(err)
	}
	return id
}

func listEntries(tb testing.TB, a *Audit, account string, f AuditFilter) []AuditEntry {
	tb.Helper()
	all, err := a.List(tb.Context(), account, f)
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

// outcomes returns the outcomes of all entries of ada's account, the oldest first.
func outcomes(tb testing.TB, a *Audit) string {
	tb.Helper()
	var s []string
	for _, e := range slices.Backward(listEntries(tb, a, "111", AuditFilter{})) {
		s = append(s, e.Outcome)
	}
	return strings.Join(s, " ")
}

func TestAudit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newTestAudit(t, 0)
		ctx := t.Context()
		want := holdEntry(ada, "ROW")
		want.Account, want.Via = "111", mia
		start := time.Now().UTC()
		want.ID, want.At, want.Outcome = beginEntry(t, a, want), start.Truncate(time.Millisecond), OutcomeBegun
		if got := listEntries(t, a, "111", AuditFilter{}); len(got) != 1 || got[0] != want {
			t.Fatalf("%+v, want %+v", got, want)
		}
		if err := a.End(ctx, want.ID, OutcomeDone, 204, 83*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		want.Outcome, want.Status, want.Took = OutcomeDone, 204, 83*time.Millisecond
		if err := a.End(ctx, want.ID, OutcomeFailed, 500, time.Second); !errors.Is(err, ErrNoEntry) {
			t.Errorf("ended twice: %v", err)
		}
		if got := listEntries(t, a, "111", AuditFilter{}); got[0] != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		refused := holdEntry(tom, "ROW")
		refused.Parameters = ReasonNotOwner
		if err := a.Refused(ctx, refused); err != nil {
			t.Fatal(err)
		}
		got := listEntries(t, a, "111", AuditFilter{})
		if len(got) != 2 || got[0].Outcome != OutcomeDenied || got[0].Via != tom || got[0].ID <= want.ID {
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
		for _, outcome := range []string{"", OutcomeBegun, OutcomeWaiting, OutcomeDenied, "fine"} {
			if err := a.End(ctx, want.ID, outcome, 0, 0); err == nil || errors.Is(err, ErrNoEntry) {
				t.Errorf("%q: %v", outcome, err)
			}
		}
	})
}

// TestInvalidAuditEntries shows that incomplete entries and entries of two
// accounts are rejected, so that their actions are not done.
func TestInvalidAuditEntries(t *testing.T) {
	a := newTestAudit(t, 0)
	for name, spoil := range map[string]func(*AuditEntry){
		"no member":          func(e *AuditEntry) { e.By = MemberID{} },
		"no user":            func(e *AuditEntry) { e.By.User = "" },
		"no action":          func(e *AuditEntry) { e.Action = "" },
		"another account":    func(e *AuditEntry) { e.Account = "222" },
		"other accounts":     func(e *AuditEntry) { e.Account, e.Via = "222", bob },
		"another's access":   func(e *AuditEntry) { e.Via = bob },
		"access of no user":  func(e *AuditEntry) { e.Via = MemberID{User: "w1"} },
		"account only given": func(e *AuditEntry) { e.By.Account = ""; e.Account = "111" },
	} {
		e := holdEntry(ada, "ROW")
		spoil(&e)
		if id, err := a.Begin(t.Context(), e); !errors.Is(err, ErrAuditUnavailable) || id != 0 {
			t.Errorf("%s: %d, %v", name, id, err)
		}
	}
	if got := outcomes(t, a); got != "" {
		t.Errorf("recorded %s", got)
	}
	if _, err := a.List(t.Context(), "", AuditFilter{}); err == nil {
		t.Error("List returned the entries of all accounts")
	}
}

// TestWaitingEntries shows what can become of an entry in its grace period.
func TestWaitingEntries(t *testing.T) {
	a := newTestAudit(t, 0)
	ctx := t.Context()
	e := holdEntry(ada, "ROW")
	e.Action, e.Outcome = HangUp, OutcomeWaiting
	undone, sent := beginEntry(t, a, e), beginEntry(t, a, e)
	beginEntry(t, a, e)
	if err := a.End(ctx, undone, OutcomeCancelled, 0, 2*time.Second); err != nil {
		t.Error(err)
	}
	if err := a.Proceed(ctx, undone); !errors.Is(err, ErrNoEntry) {
		t.Errorf("an undone hang-up proceeds: %v", err)
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
	e.Outcome = OutcomeDone // ignored: no entry begins as done
	beginEntry(t, a, e)
	if got := outcomes(t, a); got != "cancelled begun waiting begun" {
		t.Errorf("%s", got)
	}
}

// TestAuditCannotBeWritten lets each write fail, by a trigger: no action may begin,
// and completions are stored later.
func TestAuditCannotBeWritten(t *testing.T) {
	a := newTestAudit(t, 0)
	ctx := t.Context()
	e := holdEntry(ada, "ROW")
	e.Outcome = OutcomeWaiting
	waiting, begun, other := beginEntry(t, a, e), beginEntry(t, a, holdEntry(ada, "ROW")), beginEntry(t, a, holdEntry(ada, "ROW"))
	allow := databasetest.Refuse(t, a.db, "disk full", "audit", "insert", "update", "delete")
	_, err := a.Begin(ctx, holdEntry(ada, "ROW"))
	for _, err := range []error{
		err, a.Refused(ctx, holdEntry(tom, "ROW")), a.Proceed(ctx, waiting),
		a.End(ctx, begun, OutcomeDone, 204, time.Second), a.End(ctx, begun, OutcomeFailed, 500, time.Second),
	} {
		if !errors.Is(err, ErrAuditUnavailable) || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("%v", err)
		}
	}
	if n := a.Failures(); n != 5 {
		t.Errorf("%d failures are counted", n)
	}
	if _, err := a.Purge(ctx); err != nil {
		t.Errorf("nothing to purge: %v", err)
	}
	if got := outcomes(t, a); got != "waiting begun begun" {
		t.Errorf("%s", got)
	}
	allow()
	if err := a.End(ctx, other, OutcomeFailed, 403, 0); err != nil {
		t.Error(err)
	}
	if got := outcomes(t, a); got != "waiting done failed" || len(a.retryQueue) != 0 {
		t.Errorf("%s, to retry: %v", got, a.retryQueue)
	}
}

// TestRetryQueue shows that the queue of completions is limited, and that Purge
// stores them.
func TestRetryQueue(t *testing.T) {
	a := newTestAudit(t, 0)
	id := beginEntry(t, a, holdEntry(ada, "ROW"))
	for i := range 3 * maxRetries {
		a.retryLater(completion{id: int64(i)})
	}
	a.retryLater(completion{id, OutcomeUnknown, 0, time.Second})
	if len(a.retryQueue) != maxRetries {
		t.Errorf("%d to retry", len(a.retryQueue))
	}
	if _, err := a.Purge(t.Context()); err != nil || len(a.retryQueue) != 0 || outcomes(t, a) != OutcomeUnknown {
		t.Errorf("%v, %d to retry, %s", err, len(a.retryQueue), outcomes(t, a))
	}
}

// TestAuditWithoutDatabase begins an entry after the database was closed.
func TestAuditWithoutDatabase(t *testing.T) {
	a := newTestAudit(t, 0)
	a.db.Close()
	if _, err := a.Begin(t.Context(), holdEntry(ada, "ROW")); !errors.Is(err, ErrAuditUnavailable) {
		t.Errorf("%v", err)
	}
}

// TestAuditOutlivesItsCaller records an action whose caller has gone away.
func TestAuditOutlivesItsCaller(t *testing.T) {
	a := newTestAudit(t, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	id, err := a.Begin(ctx, holdEntry(ada, "ROW"))
	if err == nil {
		err = a.End(ctx, id, OutcomeDone, 204, 0)
	}
	if err != nil || outcomes(t, a) != OutcomeDone {
		t.Errorf("%v, %s", err, outcomes(t, a))
	}
}

// TestKeypadDigitsAreNotRecorded shows that entries of keypad tones have no digits
// but their number.
func TestKeypadDigitsAreNotRecorded(t *testing.T) {
	a := newTestAudit(t, 0)
	const pin = "4711*0815#"
	for _, test := range []struct{ parameters, want string }{
		{TonesParameters(pin), "10 tones"},
		{TonesParameters("ABCD"), "4 tones"},
		{TonesParameters(sipgate.DTMF(strings.Repeat("1", 32))), "32 tones"},
		{pin, ""}, {"digits=" + pin, ""}, {"10 tones " + pin, ""}, {"ABCD", ""}, {"10 tones ABCD", ""},
		{"１２", ""}, {"4711", ""}, {"10 tones not_yours", "10 tones not_yours"}, {"not_yours", "not_yours"},
	} {
		e := holdEntry(ada, "ROW")
		e.Action, e.Parameters = SendTones, test.parameters
		beginEntry(t, a, e)
		if err := a.Refused(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		for _, e := range listEntries(t, a, "111", AuditFilter{Limit: 2}) {
			if e.Parameters != test.want {
				t.Errorf("%q is stored as %q, want %q", test.parameters, e.Parameters, test.want)
			}
		}
	}
}

// TestAuditTextsAreClean shows that the texts of an entry are short lines of valid
// UTF-8 without NUL bytes, which PostgreSQL requires.
func TestAuditTextsAreClean(t *testing.T) {
	a := newTestAudit(t, 0)
	e := holdEntry(ada, strings.Repeat("R", 10_000))
	e.ByName, e.Parties = "Mia\x00\r\n\u202e \xffMeier", strings.Repeat("ä", 1000)
	beginEntry(t, a, e)
	got := listEntries(t, a, "111", AuditFilter{})[0]
	if got.ByName != "Mia \ufffdMeier" || len(got.Call) != maxField || got.Parties != strings.Repeat("ä", maxField) {
		t.Errorf("%q, %d, %d", got.ByName, len(got.Call), len(got.Parties))
	}
}
