package switchboard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"callboard/sipgate"
)

// The errors of [Board.Execute]. Except with ErrOutcomeUnknown, nothing was
// sent.
var (
	ErrNoCall         = errors.New("switchboard: no such call")
	ErrEnded          = errors.New("switchboard: call has ended")
	ErrNotEstablished = errors.New("switchboard: call not established yet")
	ErrNotVisible     = errors.New("switchboard: call not in the member's list")
	ErrAlreadyInCall  = errors.New("switchboard: number already in the call")
	ErrRateLimited    = errors.New("switchboard: too many commands of this kind")
	ErrIDReused       = errors.New("switchboard: id reused for another command")

	// ErrOutcomeUnknown wraps the error of a request that may or may not have
	// arrived. The command is not sent again; the next list shows whether it
	// was executed.
	ErrOutcomeUnknown = errors.New("switchboard: outcome unknown")
)

// RateLimitError is the ErrRateLimited of [Board.Execute], with the time to
// wait.
type RateLimitError struct{ Wait time.Duration }

// Error implements error.
func (e *RateLimitError) Error() string { return ErrRateLimited.Error() }

// Is reports that a RateLimitError is ErrRateLimited.
func (e *RateLimitError) Is(target error) bool { return target == ErrRateLimited }

// A Command is an action that a member requests on a call.
type Command struct {
	// ID is the idempotency key that the client chose, "" for none. For 24
	// hours, a command with the same By and ID is not executed again: it waits
	// for the first one's result and returns that.
	ID     string
	By     MemberID
	Call   RowID
	Action Action

	// Via is the member whose sipgate access sends the command, "" for By's
	// own. If the call is not in that member's list, the error is
	// ErrNotVisible. The caller checks whether By may use it.
	Via MemberID

	// Override executes the command although another member claims the call.
	// Without it the error is ErrClaimed.
	Override bool

	// AtOnce sends the command without waiting for commands of other members
	// that are in progress.
	AtOnce bool

	// Begin, if not nil, is called before the command is checked and sent, but
	// not for a repeated one. If it returns an error, the command fails with
	// it and may be given again under the same ID.
	Begin func() error

	// OnDone, if not nil, is called exactly once with the final outcome of a
	// command that has begun, and not for a repeated one. The outcome is the
	// error that Execute returns, and OnDone is called before Execute returns.
	// There is one exception: once the grace period of a hang-up has begun,
	// OnDone is called when the period is over, from another goroutine, with
	// nil, the error, ErrUndone or ErrBoardClosed. It may call the board.
	OnDone func(error)

	// BeforeSend, if not nil, is called when it is the command's turn,
	// immediately before it is sent. If it returns an error, the command is
	// not sent and fails with it.
	BeforeSend func() error
}

// carrier returns the member whose access sends the command.
func (c *Command) carrier() MemberID {
	if c.Via != "" {
		return c.Via
	}
	return c.By
}

// An Action is one of [Hold], [Mute], [Record], [TransferTo],
// [CancelConsultation], [Tones], [Announce] and [HangUp].
type Action interface {
	// Verb returns the kind of action.
	Verb() Verb

	// fingerprint identifies the action and its parameters. Only its hash is
	// kept.
	fingerprint() string
	detail() string
	send(ctx context.Context, api API, id sipgate.CallID) error
}

// Hold puts all participants on hold, or resumes the call.
type Hold struct{ On bool }

// Mute mutes or unmutes the member's own side.
type Mute struct{ On bool }

// Record starts or stops recording, with or without the spoken announcement.
type Record struct{ On, Announce bool }

// TransferTo transfers the call to another number.
type TransferTo struct{ sipgate.Transfer }

// Tones sends keypad tones to all participants. They may be secrets and are
// neither stored nor shown.
type Tones struct{ Digits sipgate.DTMF }

// Announce plays an audio file into the call.
type Announce struct {
	URL    string        // address at which sipgate fetches the file
	File   string        // identifies a file that Callboard serves, whatever its URL; "" for others
	Title  string        // shown on the board
	Length time.Duration // 0 if unknown

	// Fetched receives the time at which sipgate fetched the file; nil if that
	// cannot be observed.
	Fetched <-chan time.Time
}

// HangUp ends the call.
//
// With a GracePeriod above 0 (capped at 8 s) it ends the call after that
// period: Execute returns as soon as the period has begun,
// [Call].PendingHangup shows it to all members, and until the period is over
// [Board.Undo] cancels it. The board keeps the period: no tab or request
// shortens or loses it. Then the board sends the hang-up as the same member
// with the same access. If Run ends before, the hang-up is not sent
// (ErrBoardClosed).
//
// While a hang-up is pending, another one with a grace period joins it and
// gets its outcome. One without is sent immediately, whichever member gives
// it, and the pending one gets its outcome.
type HangUp struct{ GracePeriod time.Duration }

// Verb returns VerbHold.
func (Hold) Verb() Verb { return VerbHold }

// Verb returns VerbMute.
func (Mute) Verb() Verb { return VerbMute }

// Verb returns VerbRecord.
func (Record) Verb() Verb { return VerbRecord }

// Verb returns VerbTransfer.
func (TransferTo) Verb() Verb { return VerbTransfer }

// Verb returns VerbTones.
func (Tones) Verb() Verb { return VerbTones }

// Verb returns VerbAnnounce.
func (Announce) Verb() Verb { return VerbAnnounce }

// Verb returns VerbHangUp.
func (HangUp) Verb() Verb { return VerbHangUp }

func (a Hold) fingerprint() string       { return fmt.Sprint("hold ", a.On) }
func (a Mute) fingerprint() string       { return fmt.Sprint("mute ", a.On) }
func (a Record) fingerprint() string     { return fmt.Sprint("record ", a.On, a.Announce) }
func (a TransferTo) fingerprint() string { return fmt.Sprintf("transfer %+v", a.Transfer) }
func (a Tones) fingerprint() string      { return "tones " + string(a.Digits) }
func (a HangUp) fingerprint() string {
	if a.GracePeriod > 0 { // its length is a user's setting, not part of the command
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
