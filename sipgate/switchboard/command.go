package switchboard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"callboard/sipgate"
)

// The errors of [Board.Do]. With any of them but ErrUnknown nothing was sent.
var (
	ErrNoCall         = errors.New("switchboard: no such call")
	ErrEnded          = errors.New("switchboard: the call has ended")
	ErrNotEstablished = errors.New("switchboard: the call is not established yet")
	ErrNotVisible     = errors.New("switchboard: the member's own access does not show the call")
	ErrAlreadyInCall  = errors.New("switchboard: the number is in the call already")
	ErrRateLimited    = errors.New("switchboard: too many commands of this kind")
	ErrIDReused       = errors.New("switchboard: the id was used for another command")

	// ErrUnknown wraps the error of a request that may or may not have
	// arrived. It is not sent again; the next list tells what became of it.
	ErrOutcomeUnknown = errors.New("switchboard: sent, outcome not known")
)

// TooMany is the ErrTooMany of [Board.Do], with the time to wait.
type RateLimitError struct{ Wait time.Duration }

func (e *RateLimitError) Error() string { return ErrRateLimited.Error() }

// Is makes a TooMany an ErrTooMany.
func (e *RateLimitError) Is(target error) bool { return target == ErrRateLimited }

// A Command is what a member asks of a call.
type Command struct {
	// ID is the client's own name of this command, "" for none. A command is
	// carried out once however often it comes: the repeated one waits for and
	// returns the first one's result, for 24 hours.
	ID     string
	By     MemberID
	Call   RowID
	Action Action

	// Through is the member whose access to sipgate carries the command, ""
	// for By's own. That member must see the call, else it is ErrNotYours.
	// Whether By may use it is the caller's business.
	Via MemberID

	// Override acts although somebody else attends the call; without it that
	// is ErrAttended.
	Override bool

	// Begin, if not nil, is called when the command is known not to be a
	// repeated one, before it is checked and sent. With an error the command
	// fails with it, and may be given again under the same ID.
	Begin func() error

	// OnDone, if not nil, is called exactly once with the final outcome of a
	// command that has begun; not for a repeated one. The outcome is what
	// Execute returns, and OnDone is called before Execute returns; but for a
	// hang-up whose grace period has begun, it is called when that is over,
	// from another goroutine, with nil, the error, ErrUndone or ErrRestart. It
	// may call the board.
	OnDone func(error)

	// Before is called when it is the command's turn, just before it is sent.
	// With an error the command is not sent, and fails with it.
	BeforeSend func() error
}

// carrier is the member whose access carries the command.
func (c *Command) carrier() MemberID {
	if c.Via != "" {
		return c.Via
	}
	return c.By
}

// An Action is one of [Hold], [Mute], [Record], [TransferTo], [StopAsking],
// [Tones], [Announce] and [HangUp].
type Action interface {
	// Verb names the kind of action.
	Verb() Verb

	// print tells two commands apart. It is only kept hashed.
	fingerprint() string
	detail() string
	send(ctx context.Context, api API, id sipgate.CallID) error
}

// Hold puts all participants on hold, or retrieves them.
type Hold struct{ On bool }

// Mute makes the member's own side silent, or audible again.
type Mute struct{ On bool }

// Record starts or stops recording, with or without the spoken announcement.
type Record struct{ On, Announce bool }

// TransferTo gives the call to another number.
type TransferTo struct{ sipgate.Transfer }

// Tones sends keypad tones to all participants. They may be secrets: they are
// neither kept nor shown.
type Tones struct{ Digits sipgate.DTMF }

// Announce plays a sound file into the call.
type Announce struct {
	URL    string        // from where sipgate fetches it
	File   string        // names the file if it lies with us: it is the same file whatever the URL
	Title  string        // what the board shows
	Length time.Duration // 0 if not known

	// Fetched tells when sipgate has fetched the file, nil if that cannot be
	// seen.
	Fetched <-chan time.Time
}

// HangUp ends the call.
//
// With After above 0 (it counts as 8 s at most) it only does so after that
// grace: Do returns as soon as the grace has begun, [Call].Leaving shows it to
// everybody, and until then [Board.Undo] takes it back. The grace is the
// board's: no tab or request shortens or loses it. When it is over, the board
// sends the hang-up as the same member through the same access; if Run ends
// before, it is not sent (ErrRestart).
//
// While one waits, another one with a grace joins it and gets its outcome;
// one at once is carried out at once, by whoever gave it, and the one that
// waited gets that outcome.
type HangUp struct{ GracePeriod time.Duration }

// Verb implements Action.
func (Hold) Verb() Verb { return VerbHold }

// Verb implements Action.
func (Mute) Verb() Verb { return VerbMute }

// Verb implements Action.
func (Record) Verb() Verb { return VerbRecord }

// Verb implements Action.
func (TransferTo) Verb() Verb { return VerbTransfer }

// Verb implements Action.
func (Tones) Verb() Verb { return VerbTones }

// Verb implements Action.
func (Announce) Verb() Verb { return VerbAnnounce }

// Verb implements Action.
func (HangUp) Verb() Verb { return VerbHangUp }

func (a Hold) fingerprint() string       { return fmt.Sprint("hold ", a.On) }
func (a Mute) fingerprint() string       { return fmt.Sprint("mute ", a.On) }
func (a Record) fingerprint() string     { return fmt.Sprint("record ", a.On, a.Announce) }
func (a TransferTo) fingerprint() string { return fmt.Sprintf("transfer %+v", a.Transfer) }
func (a Tones) fingerprint() string      { return "tones " + string(a.Digits) }
func (a HangUp) fingerprint() string {
	if a.GracePeriod > 0 { // the grace is a setting, not the command's
		return "hangup later"
	}
	return "hangup"
}
func (a Announce) fingerprint() string {
	if a.File != "" {
		return "announce file " + a.File
	}
	return "announce url " + a.URL
}

func (Hold) detail() string         { return "" }
func (Mute) detail() string         { return "" }
func (Record) detail() string       { return "" }
func (Tones) detail() string        { return "" }
func (HangUp) detail() string       { return "" }
func (a TransferTo) detail() string { return string(a.To) }
func (a Announce) detail() string   { return a.Title }

func (a Hold) send(ctx context.Context, api API, id sipgate.CallID) error {
	return api.Hold(ctx, id, a.On)
}

func (a Mute) send(ctx context.Context, api API, id sipgate.CallID) error {
	return api.Mute(ctx, id, a.On)
}

func (a Record) send(ctx context.Context, api API, id sipgate.CallID) error {
	return api.Record(ctx, id, a.On, a.Announce)
}

func (a TransferTo) send(ctx context.Context, api API, id sipgate.CallID) error {
	return api.Transfer(ctx, id, a.Transfer)
}

func (a Tones) send(ctx context.Context, api API, id sipgate.CallID) error {
	return api.SendDTMF(ctx, id, a.Digits)
}

func (a Announce) send(ctx context.Context, api API, id sipgate.CallID) error {
	return api.Announce(ctx, id, a.URL)
}

func (HangUp) send(ctx context.Context, api API, id sipgate.CallID) error {
	return api.HangUp(ctx, id)
}
