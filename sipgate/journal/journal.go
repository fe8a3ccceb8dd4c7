// Package journal stores the timeline of each call: when it rang, who answered, the
// commands of members, transfers, its end, and the team's notes.
//
// A [Journal] compares successive values of the rows of a switchboard's board. It
// sends no requests and never blocks the board. If the process is killed, it loses at
// most the last tenth of a second; what happened while it was not running follows
// from comparing the board with the stored rows. No entry is written twice.
//
// Every method takes an account and returns data of that account only. Calls, with
// their numbers, names and notes, are removed 90 days after their end, or as long as
// [Settings] say. Keypad digits
// are never stored; the board does not expose them.
package journal

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations creates the package's tables.
var Migrations fs.FS = must(fs.Sub(migrations, "migrations"))

func must(fsys fs.FS, err error) fs.FS {
	if err != nil {
		panic(err)
	}
	return fsys
}

// Kind says what happened.
type Kind string

// The kinds of entries. Name is the name of the member or of the phone's user. It is
// empty if that is not known, as when a call is put on hold on the phone.
const (
	Rang        Kind = "rang"     // Name: whose phones rang, or who dialled
	Answered    Kind = "answered" // Name: who answered
	Held        Kind = "held"
	Resumed     Kind = "resumed"
	Muted       Kind = "muted"
	Unmuted     Kind = "unmuted"
	Recording   Kind = "recording"   // started
	Recorded    Kind = "recorded"    // stopped
	Tones       Kind = "tones"       // Detail: the number of times in a row, "3"
	Announced   Kind = "announced"   // Detail: the announcement's title
	Transferred Kind = "transferred" // Detail: the target's number
	Moved       Kind = "moved"       // the call goes on under a new id; Detail: the new party
	Ended       Kind = "ended"       // Name: the member who hung up; Detail: sipgate's cause, "" if not known
	Noted       Kind = "noted"       // Detail: the note, which may have several lines
	Failed      Kind = "failed"      // Name: who gave the command; Detail: its verb, "hold"
	Unknown     Kind = "unknown"     // as Failed; sipgate may have executed the command
	Unconfirmed Kind = "unconfirmed" // as Failed; sipgate accepted the command, but no list showed its effect
	Cancelled   Kind = "cancelled"   // as Failed; undone, or lost in a restart, before it was sent
)

// Kinds lists all kinds.
var Kinds = []Kind{
	Rang, Answered, Held, Resumed, Muted, Unmuted, Recording, Recorded, Tones,
	Announced, Transferred, Moved, Ended, Noted, Failed, Unknown, Unconfirmed, Cancelled,
}

// An Entry is one line of a timeline.
type Entry struct {
	At          time.Time
	Approximate bool // At is when it was noticed
	Kind        Kind
	Name        string
	Detail      string // see the kinds
}

// A Record is a call with its timeline.
type Record struct {
	Account         string
	Row             switchboard.RowID // may differ from the requested one, if that was merged
	CallIDs         []sipgate.CallID  // at sipgate, in the order in which they were seen
	Direction       sipgate.Direction
	Remote          switchboard.Party
	Local           switchboard.Party
	Users           []string
	Members         []switchboard.MemberID // who took part, in ascending order
	PreviousParties []switchboard.Party    // of both sides, before transfers and forwards
	Started         time.Time
	Ended           time.Time // zero while it lasts
	Approximate     bool      // Started is when the call was noticed
	Cause           string    // why it ended, "" if not known
	Entries         []Entry   // in order, at most the last 2,000
}

// DefaultRetention is the default of [Options.Retention].
const DefaultRetention = 90 * 24 * time.Hour

// Options configure a Journal. The zero value has useful defaults.
type Options struct {
	Retention     time.Duration    // of calls after their end; default DefaultRetention
	NoteRetention time.Duration    // of notes; default: as long as the calls
	Now           func() time.Time // default time.Now
	Log           *slog.Logger     // default: no log
	OnDemand      bool             // an account's rows are read by Reload only
}

var (
	// ErrNotFound is returned if the account has no such call, or no longer.
	ErrNotFound = errors.New("journal: no such call")

	// ErrAlreadyFollowed is returned if the account's board is followed already.
	ErrAlreadyFollowed = errors.New("journal: the account's board is followed already")
)

// A Journal stores the timelines of all accounts. It is safe for concurrent use by
// one process.
type Journal struct {
	db        *sql.DB
	retention time.Duration
	notes     time.Duration // retention of notes; 0: as long as the calls
	now       func() time.Time
	log       *slog.Logger

	mu       sync.Mutex
	accounts map[string]*accountState
}

// New returns the journal in db, which has the tables of [Migrations]. It reads the
// rows of the last day's calls into memory, unless o.OnDemand.
func New(ctx context.Context, db *sql.DB, o Options) (*Journal, error) {
	j := &Journal{db: db, retention: o.Retention, notes: o.NoteRetention, now: o.Now, log: o.Log, accounts: map[string]*accountState{}}
	if j.retention <= 0 {
		j.retention = DefaultRetention
	}
	if j.now == nil {
		j.now = time.Now
	}
	if j.log == nil {
		j.log = slog.New(slog.DiscardHandler)
	}
	if o.OnDemand {
		return j, nil
	}
	if err := j.loadRecentRows(ctx, ""); err != nil {
		return nil, err
	}
	return j, nil
}

// Reload reads the rows of an account's last day into memory again: another process may
// have written them. The account's board is opened afterwards.
func (j *Journal) Reload(ctx context.Context, account string) error {
	j.Forget(account)
	return j.loadRecentRows(ctx, account)
}

// Forget drops what is in memory of an account whose board is not followed.
func (j *Journal) Forget(account string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.accounts, account)
}

// RowLookup returns a function that returns the row of a call of the last day, so
// that a board keeps its row ids over a restart. The function uses memory only.
func (j *Journal) RowLookup(account string) func(sipgate.CallID) (switchboard.RowID, bool) {
	return j.state(account).row
}

// RowByCall returns the row of a call id at sipgate, and false if the account has
// none.
func (j *Journal) RowByCall(ctx context.Context, account string, id sipgate.CallID) (switchboard.RowID, bool, error) {
	if row, ok := j.state(account).row(id); ok {
		return row, true, nil
	}
	row, err := j.readRowByCall(ctx, account, id)
	if errors.Is(err, ErrNotFound) {
		return "", false, nil
	}
	return row, err == nil, err
}

// Record returns a call of the account with its current timeline, or ErrNotFound. For
// a row that was merged it returns the row that it is part of.
func (j *Journal) Record(ctx context.Context, account string, row switchboard.RowID) (Record, error) {
	if err := j.flush(ctx, j.state(account)); err != nil {
		return Record{}, err
	}
	return j.readRecord(ctx, account, row)
}
