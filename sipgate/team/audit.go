package team

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"

	"callboard/sipgate"
)

// Outcomes of a deed, as the audit has them.
const (
	OutcomeWaiting   = "waiting"   // in its grace period: nothing is sent yet
	OutcomeBegun     = "begun"     // the request may have been sent
	OutcomeDone      = "done"      // sipgate said so
	OutcomeFailed    = "failed"    // nothing came of it
	OutcomeUnknown   = "unknown"   // sent, and no answer
	OutcomeRefused   = "refused"   // by the policy: nothing was sent
	OutcomeCancelled = "cancelled" // taken back, or lost with a restart, before it was sent
)

// DefaultKeep is for how long entries are kept if nothing else is said.
const DefaultKeep = 180 * 24 * time.Hour

const (
	maxField  = 500  // characters of each text of an entry
	maxOwed   = 1000 // endings kept while the store does not take them
	purgeStep = 1000 // entries removed at a time, so that others can write in between
)

// Errors of [Audit].
var (
	// ErrAuditUnavailable says that the store did not take the entry. What it
	// was to record must not be done.
	ErrAuditUnavailable = errors.New("the audit cannot be written")

	// ErrNoEntry says that there is no such entry, or that it has ended.
	ErrNoEntry = errors.New("no such audit entry is under way")
)

// An AuditEntry tells who did what.
type AuditEntry struct {
	ID         int64     // given by Begin; greater is later
	At         time.Time // given by Begin
	Account    string
	By         MemberID
	ByName     string   // as it was at the time
	Via        MemberID // whose access carried it; By if not given
	Action     Permission
	Call       string // the row on the board, "" if no call is concerned
	Parties    string // of the call, for people
	Parameters string // for people; of keypad tones only [TonesParameters]
	Address    string // from which the request came
	Outcome    string
	Status     int // sipgate's answer, 0 if there was none
	Took       time.Duration
}

// Audit is the record of all that was done or refused. An entry is in the
// store, on the disk, before the deed is; its end is written afterwards, and
// nothing else ever changes it.
//
// One process writes at a time.
type Audit struct {
	db   *sql.DB
	keep time.Duration
	now  func() time.Time

	mu   sync.Mutex
	owed []ending // the store did not take them when it was time
}

// An ending is what is known of a deed afterwards.
type ending struct {
	id      int64
	outcome string
	status  int
	took    time.Duration
}

// NewAudit keeps entries in db for as long as keep says, DefaultKeep if that is
// not positive. The table is that of [Migrations].
func NewAudit(db *sql.DB, keep time.Duration) *Audit {
	if keep <= 0 {
		keep = DefaultKeep
	}
	return &Audit{db: db, keep: keep, now: time.Now}
}

// Begin writes the entry of a deed that is about to be done, and returns its
// id for End. With an error, which is always ErrAuditUnavailable, the deed must
// not be done.
//
// The Outcome is OutcomeBegun unless it is given as OutcomeWaiting: then
// nothing may be sent before Proceed.
func (a *Audit) Begin(ctx context.Context, e AuditEntry) (id int64, err error) {
	if e.Outcome != OutcomeWaiting {
		e.Outcome = OutcomeBegun
	}
	return a.insert(ctx, e)
}

// Proceed turns a waiting entry into a begun one, just before the request is
// sent. With ErrAuditUnavailable or ErrNoEntry it must not be sent.
func (a *Audit) Proceed(ctx context.Context, id int64) error {
	n, err := a.exec(ctx, `update audit set outcome = 'begun' where id = $1 and outcome = 'waiting'`, id)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrAuditUnavailable, err)
	case n == 0:
		return ErrNoEntry
	}
	return nil
}

// End completes an entry: outcome is done, failed, unknown or cancelled, status
// sipgate's or 0. An entry that has ended stays as it is.
//
// An ending that the store does not take is kept in memory and written later;
// the error says so, and nobody needs to try again.
func (a *Audit) End(ctx context.Context, id int64, outcome string, status int, took time.Duration) error {
	switch outcome {
	case OutcomeDone, OutcomeFailed, OutcomeUnknown, OutcomeCancelled:
	default:
		return fmt.Errorf("%q is no outcome of a deed", outcome)
	}
	e := ending{id, outcome, status, took}
	n, err := a.end(ctx, e)
	switch {
	case err != nil:
		a.owe(e)
		return fmt.Errorf("%w: %w", ErrAuditUnavailable, err)
	case n == 0:
		return ErrNoEntry
	}
	a.settle(ctx)
	return nil
}

// Refused writes an entry of a deed that the policy did not allow. The reason
// belongs in Parameters.
func (a *Audit) Refused(ctx context.Context, e AuditEntry) error {
	e.Outcome = OutcomeRefused
	_, err := a.insert(ctx, e)
	return err
}

// Recover is for the start of the program, before anything is done. Entries
// that a process has left behind are ended: of those begun nobody knows what
// became of them, and those waiting are cancelled. It returns them, with their
// new outcome.
func (a *Audit) Recover(ctx context.Context) ([]AuditEntry, error) {
	left, err := a.query(ctx, `where outcome in ('begun', 'waiting') order by id`)
	if err != nil {
		return nil, fmt.Errorf("read what was under way: %w", err)
	}
	if len(left) == 0 {
		return nil, nil
	}
	for i := range left {
		if left[i].Outcome == OutcomeWaiting {
			left[i].Outcome = OutcomeCancelled
		} else {
			left[i].Outcome = OutcomeUnknown
		}
	}
	if _, err := a.exec(ctx, `
		update audit set outcome = case outcome when 'waiting' then 'cancelled' else 'unknown' end
		where outcome in ('begun', 'waiting')`); err != nil {
		return nil, fmt.Errorf("end what was under way: %w", err)
	}
	return left, nil
}

// Purge removes the entries that were kept long enough, and returns how many.
// It writes the endings that are still owed, too.
func (a *Audit) Purge(ctx context.Context) (removed int64, err error) {
	a.settle(ctx)
	before := a.now().Add(-a.keep).UnixMilli()
	for {
		n, err := a.exec(ctx, `
			delete from audit where id in (
				select id from audit where begun_at < $1 order by begun_at limit $2)`, before, purgeStep)
		removed += n
		if err != nil || n < purgeStep {
			return removed, err
		}
	}
}

// tonesOnly is what may stand in the Parameters of keypad tones: their number
// and words.
var tonesOnly = regexp.MustCompile(`^([0-9]{1,2} tones)?[ a-z_]*$`)

// TonesParameters is all that the audit says of keypad tones, which may be a
// PIN: how many. Whatever else contains digits is left out when it is written.
func TonesParameters(d sipgate.DTMF) string { return fmt.Sprintf("%d tones", len(d)) }

// check completes e and returns why it cannot be written.
func (e *AuditEntry) check() error {
	if e.Account == "" {
		e.Account = e.By.Account
	}
	if e.Via == (MemberID{}) {
		e.Via = e.By
	}
	switch {
	case e.Account == "" || e.By.User == "" || e.Action == "":
		return errors.New("an entry needs an account, a user and a deed")
	case e.By.Account != e.Account || e.Via.Account != e.Account:
		return errors.New("an entry is of one account")
	}
	for _, s := range []*string{&e.ByName, &e.Call, &e.Parties, &e.Parameters, &e.Address} {
		*s = tidy(*s, maxField)
	}
	if e.Action == SendTones && !tonesOnly.MatchString(e.Parameters) {
		e.Parameters = ""
	}
	return nil
}
