package team

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"callboard/sipgate"
)

// Outcomes of an action, as the audit stores them.
const (
	OutcomeWaiting   = "waiting"   // in its grace period: no request was sent yet
	OutcomeBegun     = "begun"     // the request may have been sent
	OutcomeDone      = "done"      // sipgate confirmed it
	OutcomeFailed    = "failed"    // it had no effect
	OutcomeUnknown   = "unknown"   // sent, but not answered
	OutcomeDenied    = "refused"   // denied by the policy: no request was sent
	OutcomeCancelled = "cancelled" // undone, or lost with a restart, before it was sent
)

// DefaultRetention is the time for which entries are kept by default.
const DefaultRetention = 180 * 24 * time.Hour

const (
	maxField   = 500  // characters of each text of an entry
	maxRetries = 1000 // completions kept while the database does not take them
	// maxIDAttempts is more than the writers that all processes have at once.
	maxIDAttempts = 200

	purgeStep = 1000 // entries removed at a time, so that others can write in between
)

// Errors of [Audit].
var (
	// ErrAuditUnavailable is returned if the entry could not be stored. The
	// action must not be done then.
	ErrAuditUnavailable = errors.New("the audit cannot be written")

	// ErrNoEntry is returned if there is no such entry, or it is complete.
	ErrNoEntry = errors.New("no such audit entry in progress")
)

// An AuditEntry records who did what.
type AuditEntry struct {
	ID         int64     // assigned when stored; greater is later
	At         time.Time // assigned when stored
	Account    string    // default: the account of By
	By         MemberID  // who acted
	ByName     string    // the name of By at that time
	Via        MemberID  // whose access to sipgate was used; default: By
	Action     Permission
	Call       string // the row on the board, "" if the action concerns no call
	Parties    string // of the call, to be read by people
	Parameters string // to be read by people; of keypad tones only [TonesParameters]
	Address    string // from which the request came
	Outcome    string
	Status     int // of sipgate's response, 0 if there was none
	Took       time.Duration
}

// Audit records every action, and every denied one. The entry of an action is
// on the disk before the action is done; its outcome is added afterwards, and
// no entry is changed in any other way. All methods may be called concurrently.
type Audit struct {
	db        *sql.DB
	retention time.Duration
	now       func() time.Time

	failures atomic.Uint64

	mu         sync.Mutex // guards retryQueue; not held while the database is written
	retryQueue []completion
}

// NewAudit records in db, which has the tables of [Migrations]. Entries are kept
// for the given time, or DefaultRetention if that is not positive.
func NewAudit(db *sql.DB, retention time.Duration) *Audit {
	if retention <= 0 {
		retention = DefaultRetention
	}
	return &Audit{db: db, retention: retention, now: time.Now}
}

// Failures returns how often the audit could not be written since the program
// started.
func (a *Audit) Failures() uint64 { return a.failures.Load() }

// unavailable counts a failure and returns it as ErrAuditUnavailable.
func (a *Audit) unavailable(err error) error {
	a.failures.Add(1)
	return fmt.Errorf("%w: %w", ErrAuditUnavailable, err)
}

// Begin stores the entry of an action that is about to be done, and returns its
// id for End. On an error, which is always ErrAuditUnavailable, the action must
// not be done.
//
// The Outcome is OutcomeBegun unless it is given as OutcomeWaiting: then no
// request may be sent before Proceed.
func (a *Audit) Begin(ctx context.Context, e AuditEntry) (id int64, err error) {
	if e.Outcome != OutcomeWaiting {
		e.Outcome = OutcomeBegun
	}
	return a.insert(ctx, e)
}

// Proceed turns a waiting entry into a begun one, just before the request is
// sent. On ErrAuditUnavailable or ErrNoEntry it must not be sent.
func (a *Audit) Proceed(ctx context.Context, id int64) error {
	n, err := execute(ctx, a.db, `update audit set outcome = 'begun' where id = $1 and outcome = 'waiting'`, id)
	switch {
	case err != nil:
		return a.unavailable(err)
	case n == 0:
		return ErrNoEntry
	}
	return nil
}

// End completes an entry. Outcome is done, failed, unknown or cancelled; status
// is that of sipgate's response, or 0. It returns ErrNoEntry for an entry that
// is complete, and leaves that as it is.
//
// If the database fails, End returns ErrAuditUnavailable, keeps the completion
// in memory and stores it later: the caller need not try again.
func (a *Audit) End(ctx context.Context, id int64, outcome string, status int, took time.Duration) error {
	switch outcome {
	case OutcomeDone, OutcomeFailed, OutcomeUnknown, OutcomeCancelled:
	default:
		return fmt.Errorf("invalid outcome %q of an action", outcome)
	}
	c := completion{id, outcome, status, took}
	n, err := a.complete(ctx, c)
	switch {
	case err != nil:
		a.retryLater(c)
		return a.unavailable(err)
	case n == 0:
		return ErrNoEntry
	}
	a.flushRetries(ctx)
	return nil
}

// Refused stores the entry of an action that the policy denied. Its Parameters
// say why.
func (a *Audit) Refused(ctx context.Context, e AuditEntry) error {
	e.Outcome = OutcomeDenied
	_, err := a.insert(ctx, e)
	return err
}

// Recover completes the entries of an account, of all for "", that an earlier process
// left in progress: the outcome of begun ones is unknown, waiting ones are cancelled.
// It returns them, with their new outcome. It is to be called before the first action.
func (a *Audit) Recover(ctx context.Context, account string) ([]AuditEntry, error) {
	entries, err := a.query(ctx, `where outcome in ('begun', 'waiting') and $1 in ('', account) order by id`, account)
	if err != nil {
		return nil, fmt.Errorf("read audit entries in progress: %w", err)
	}
	if len(entries) == 0 {
		return nil, nil
	}
	for i := range entries {
		if entries[i].Outcome == OutcomeWaiting {
			entries[i].Outcome = OutcomeCancelled
		} else {
			entries[i].Outcome = OutcomeUnknown
		}
	}
	if _, err := execute(ctx, a.db, `
		update audit set outcome = case outcome when 'waiting' then 'cancelled' else 'unknown' end
		where outcome in ('begun', 'waiting') and $1 in ('', account)`, account); err != nil {
		return nil, fmt.Errorf("complete audit entries in progress: %w", err)
	}
	return entries, nil
}

// Purge removes the entries that are older than they are kept, and returns how
// many. It also stores the completions that are in memory.
func (a *Audit) Purge(ctx context.Context) (removed int64, err error) {
	a.flushRetries(ctx)
	before := a.now().Add(-a.retention).UnixMilli()
	for {
		n, err := execute(ctx, a.db, `
			delete from audit /* all teams */ where id in (
				select id from audit where begun_at < $1 order by begun_at limit $2)`, before, purgeStep)
		removed += n
		if err != nil || n < purgeStep {
			return removed, err
		}
	}
}

// TonesParameters returns the Parameters of an entry of keypad tones: only their
// number, since they may be a PIN.
func TonesParameters(d sipgate.DTMF) string { return fmt.Sprintf("%d tones", len(d)) }

// tonesParameters matches the Parameters that an entry of keypad tones may have:
// their number, and words.
var tonesParameters = regexp.MustCompile(`^([0-9]{1,2} tones)?[ a-z_]*$`)

// prepare fills in the defaults of e and cleans its texts. It returns an error
// if e is incomplete or concerns more than one account. It drops the Parameters
// of keypad tones that could contain digits.
func (e *AuditEntry) prepare() error {
	if e.Account == "" {
		e.Account = e.By.Account
	}
	if e.Via == (MemberID{}) {
		e.Via = e.By
	}
	switch {
	case e.Account == "" || e.By.User == "" || e.Action == "":
		return errors.New("an entry needs an account, a user and an action")
	case e.By.Account != e.Account || e.Via.Account != e.Account:
		return errors.New("an entry concerns one account")
	}
	for _, s := range []*string{&e.ByName, &e.Call, &e.Parties, &e.Parameters, &e.Address} {
		*s = cleanText(*s, maxField)
	}
	if e.Action == SendTones && !tonesParameters.MatchString(e.Parameters) {
		e.Parameters = ""
	}
	return nil
}
