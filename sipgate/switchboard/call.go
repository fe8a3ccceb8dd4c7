package switchboard

import (
	"time"

	"callboard/sipgate"
)

// RowID identifies a row of the board. It stays the same when a transfer or a
// forward gives the call a new callId at sipgate.
type RowID string

// MemberID identifies a member of the team: a user whose sipgate access shows
// calls to the board, or who gives commands.
type MemberID string

// Phase is the phase of a call.
type Phase int

// The phases of a call, in the only order in which they follow each other.
const (
	Ringing   Phase = iota
	Connected       // answered; on hold or not
	Ended
)

// A Toggle is something that can be switched on and off: hold, mute,
// recording.
type Toggle struct {
	On        bool // last state that sipgate accepted or listed
	Requested bool // requested state, if Pending
	Pending   bool // a command was sent and is not answered yet
}

// Outcome is the outcome of a command.
type Outcome int

// The outcomes of a command. Unknown means that sipgate may or may not have
// executed the command; it is not sent again, and the next list decides.
// Accepted means that sipgate said so and no list has shown the effect yet;
// what the command requested is shown meanwhile. It becomes Confirmed or, after
// 5 s without such a list, Unconfirmed. Commands whose effect no list shows are
// Confirmed at once.
const (
	Pending Outcome = iota
	Confirmed
	Failed
	Unknown
	Accepted
	Unconfirmed
)

// LastCommand is the last command given on a call, as every member sees it.
type LastCommand struct {
	Verb    Verb
	By      MemberID
	Name    string   // of By
	Via     MemberID // member whose access sent the command, "" if By's own
	Outcome Outcome
	Reason  sipgate.Kind // for Failed and Unknown
	At      time.Time    // time of the last change of Outcome
	Detail  string       // transfer target or announcement title; never keypad digits
}

// Verb names a kind of command. Its values are stored in the audit log and
// used in addresses.
type Verb string

// The verbs of all commands.
const (
	VerbHold               Verb = "hold"
	VerbMute               Verb = "mute"
	VerbRecord             Verb = "record"
	VerbTransfer           Verb = "transfer"
	VerbCancelConsultation Verb = "unask" // end the call to the consulted party
	VerbTones              Verb = "tones"
	VerbAnnounce           Verb = "announce"
	VerbHangUp             Verb = "hangup"
)

// Valid reports whether v is one of the declared verbs.
func (v Verb) Valid() bool {
	switch v {
	case VerbHold, VerbMute, VerbRecord, VerbTransfer, VerbCancelConsultation, VerbTones, VerbAnnounce, VerbHangUp:
		return true
	}
	return false
}

// Playback is an announcement that is played into a call.
type Playback struct {
	Title  string
	Since  time.Time     // when sipgate accepted the command
	Length time.Duration // 0 if unknown, as for a file played by URL

	// Hosted reports that Callboard serves the file and therefore sees sipgate
	// fetch it. FetchedAfter is the time from the command to the fetch, 0
	// before it. Missed is set if there was no fetch within 10 s.
	Hosted       bool
	FetchedAfter time.Duration
	Missed       bool
}

// Party is one side of a call.
type Party struct {
	Number string // E.164 with a leading "+" where possible, else as sent by sipgate; "" if anonymous
	Name   string // from contacts, members or the event; "" if unknown
}

// Call is the value of one row of the board: what sipgate confirmed, overlaid
// with pending commands. Its slices and pointers are shared and must not be
// modified.
type Call struct {
	ID              RowID
	CallID          sipgate.CallID // current callId at sipgate
	Phase           Phase
	PreviousPhase   Phase // phase before the end, so that an ended row keeps its place; else equal to Phase
	Direction       sipgate.Direction
	Internal        bool // between members: Local is the caller, Remote the callee
	Voicemail       bool // a voicemail took the call
	Remote          Party
	Local           Party      // the team's own number or user
	UserNames       []string   // names of the users who are ringing or, once answered, who answered
	MemberIDs       []MemberID // persons whose call it is, see Owners
	OwnersPending   bool       // it has no owners, and whose all extensions are is not known yet
	RingsAt         []MemberID // persons at whose telephones it, or a consultation about it, rings: not the caller of an internal call
	VisibleTo       []MemberID // members in whose lists the call is; it need not be theirs
	PreviousParties []Party    // parties before transfers, oldest first

	Hold, Mute, Recording Toggle

	Started     time.Time // when it began to ring or was first seen
	Since       time.Time // when the current state (ringing, connected, on hold, ended) began
	Approximate bool      // no event gave the start time: Started and Since are estimates; of an ended call: the end may be too late

	LastCommand  *LastCommand  // nil before the first command
	Consultation *Consultation // nil unless an attended transfer is in progress
	Playback     *Playback

	Claim         *Claim         // nil if no member claims the call, or it ended
	PendingHangup *PendingHangup // nil if no hang-up is pending, or the call ended

	Cause   string    // sipgate's cause of the end ("normalClearing", "busy", …); "" if unknown
	EndedAt time.Time // zero while the call is live

	// Doubtful reports that nothing tells whether the call still goes on: sipgate
	// refuses the list of calls, and no event or command has shown it for long.
	Doubtful bool

	// EndApproximate reports that nothing tells when the call ended: it may
	// have ended long before EndedAt.
	EndApproximate bool

	// No counts the calls in the order in which they came to the board. It does
	// not change as long as the row is there.
	No uint64

	// Seq is the number of the change that published this value. ShownSeq is
	// that of the first change since which rows look the same: values differ
	// then in VisibleTo and Claim.Until only. They share Memo, which caches what
	// is rendered from them.
	Seq, ShownSeq uint64
	Memo          *Memo
}

// Owners returns the members whose call it is: the persons at whom it rings
// or who take part in it, by the events or by their numbers, devices and lines.
// A call of a voicemail, a queue or an unknown telephone has none. Through
// whose access the call was seen does not matter.
func (c *Call) Owners() []MemberID { return c.MemberIDs }

// Section is a section of the board.
type Section int

// The sections of the board, from top to bottom.
const (
	SectionRinging Section = iota
	SectionActive
	SectionHeld
)

// Section returns the section that shows the call. An ended call stays in its
// last one.
func (c *Call) Section() Section {
	switch {
	case c.PreviousPhase == Ringing:
		return SectionRinging
	case c.Hold.On:
		return SectionHeld
	}
	return SectionActive
}

// CountLive counts the calls that have not ended.
func CountLive(calls []Call) (ringing, connected int) {
	for _, c := range calls {
		switch c.Phase {
		case Ringing:
			ringing++
		case Connected:
			connected++
		}
	}
	return ringing, connected
}
