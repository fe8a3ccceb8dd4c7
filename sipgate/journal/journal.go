// Package journal keeps the timeline of each call: when it rang, who answered,
// what was done to it and by whom, with whom it went on, how it ended, and the
// notes of the team on it.
//
// A [Journal] learns everything by comparing successive values of the rows of a
// switchboard's board; it asks nobody and hinders nobody. What is written
// survives the process being killed but for the last tenth of a second, and
// what the journal missed while it was not running it finds by comparing the
// board with what it knew. Nothing is written twice.
//
// All is kept by account: no method returns anything of another one (I6). The
// numbers and names of a call and its notes are removed 90 days after the call
// (14.2.4). Keypad digits never come here; the board does not tell them.
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

// Migrations make the package's tables.
var Migrations fs.FS = must(fs.Sub(migrations, "migrations"))

func must(fsys fs.FS, err error) fs.FS {
	if err != nil {
		panic(err)
	}
	return fsys
}

// Kind says what an entry tells.
type Kind string

// The kinds of entries. Who is the member, or the user of a telephone, by
// name; it is empty if nobody knows, as when a call is put on hold by the
// telephone itself.
const (
	Rang        Kind = "rang"        // Who: whose telephones rang, or who dialled
	Answered    Kind = "answered"    // Who: by whom
	Held        Kind = "held"        //
	Resumed     Kind = "resumed"     //
	Muted       Kind = "muted"       //
	Unmuted     Kind = "unmuted"     //
	Recording   Kind = "recording"   // began
	Recorded    Kind = "recorded"    // stopped
	Tones       Kind = "tones"       // Detail: how often tones were sent in a row, "3"
	Announced   Kind = "announced"   // Detail: the announcement's title
	Transferred Kind = "transferred" // Detail: to which number
	Moved       Kind = "moved"       // the call goes on under a new id; Detail: with whom now
	Ended       Kind = "ended"       // Who: who hung up here; Detail: sipgate's cause, "" if not told
	Noted       Kind = "noted"       // Detail: the note, several lines perhaps
	Failed      Kind = "failed"      // Who: who gave the command; Detail: its verb, "hold"
	Unknown     Kind = "unknown"     // the same; sipgate may or may not have carried it out
	Cancelled   Kind = "cancelled"   // the same; taken back, or lost with a restart, before it was sent
)

// Kinds are all of them, for those who need a word for each.
var Kinds = []Kind{
	Rang, Answered, Held, Resumed, Muted, Unmuted, Recording, Recorded, Tones,
	Announced, Transferred, Moved, Ended, Noted, Failed, Unknown, Cancelled,
}

// An Entry is one line of a timeline.
type Entry struct {
	At          time.Time
	Approximate bool // nobody told when it was: At is when it was noticed
	Kind        Kind
	Name        string
	// Detail is said with the kinds.
	Detail string
}

// A Record is one call with its timeline.
type Record struct {
	Account         string
	Row             switchboard.RowID // the call's own; it may have been asked for by that of a part of it
	CallIDs         []sipgate.CallID  // its ids at sipgate, the first one first
	Direction       sipgate.Direction
	Remote          switchboard.Party
	Local           switchboard.Party
	Users           []string
	Members         []switchboard.MemberID // who was part of it, in the order of their ids
	PreviousParties []switchboard.Party    // whom it was with before transfers and forwards, ours too
	Started         time.Time
	Ended           time.Time // zero as long as it lasts
	Approximate     bool      // Started was not told by sipgate
	Cause           string    // why it ended, "" if not told
	Entries         []Entry   // in their order; never more than the last 2,000
}

// DefaultKeep is for how long calls are kept if nothing else is said.
const DefaultRetention = 90 * 24 * time.Hour

// Options of a Journal. The zero value is what a team needs.
type Options struct {
	Retention time.Duration    // after the end of a call; 0: DefaultKeep
	Now       func() time.Time // nil: time.Now
	Log       *slog.Logger     // nil: nothing is logged
}

var (
	// ErrNotFound says that the account has no such call, or no longer.
	ErrNotFound = errors.New("journal: no such call")

	// ErrFollowed says that the account's board is followed already.
	ErrAlreadyFollowed = errors.New("journal: the account's board is followed already")
)

// A Journal is the timelines of all accounts. It is safe for concurrent use.
// One process writes at a time.
type Journal struct {
	db        *sql.DB
	retention time.Duration
	now       func() time.Time
	log       *slog.Logger

	mu       sync.Mutex
	accounts map[string]*accountState
}

// New returns the journal in db, whose tables are those of [Migrations]. It
// reads which rows the calls of the last day had.
func New(ctx context.Context, db *sql.DB, o Options) (*Journal, error) {
	j := &Journal{db: db, retention: o.Retention, now: o.Now, log: o.Log, accounts: map[string]*accountState{}}
	if j.retention <= 0 {
		j.retention = DefaultRetention
	}
	if j.now == nil {
		j.now = time.Now
	}
	if j.log == nil {
		j.log = slog.New(slog.DiscardHandler)
	}
	if err := j.loadRecentRows(ctx); err != nil {
		return nil, err
	}
	return j, nil
}

// RowOf tells which row a call of the last day belongs to, for the board's
// option of that name: so rows keep their ids over a restart. It answers from
// memory, at once.
func (j *Journal) RowLookup(account string) func(sipgate.CallID) (switchboard.RowID, bool) {
	return j.state(account).row
}

// ByCall returns the row that a call of sipgate's belongs to, and false if the
// account's journal has none.
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

// Record returns a call of the account with its timeline as it is at this
// moment, or ErrNotFound. The id of a row that became a part of another finds
// that one.
func (j *Journal) Record(ctx context.Context, account string, row switchboard.RowID) (Record, error) {
	if err := j.flush(ctx, j.state(account)); err != nil {
		return Record{}, err
	}
	return j.readRecord(ctx, account, row)
}
