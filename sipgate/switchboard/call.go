package switchboard

import (
	"time"

	"callboard/sipgate"
)

// RowID is our own name for a call on the board. It stays the same when a
// transfer or a forward gives the call a new id at sipgate.
type RowID string

// MemberID names the person at the board through whose account access a call
// is seen, or who gives a command.
type MemberID string

// Phase is where a call is in its life.
type Phase int

// The phases, in the only order in which a call passes through them.
const (
	Ringing   Phase = iota
	Connected       // established, on hold or not
	Ended
)

// A Toggle is a state that people switch: hold, mute, recording.
type Toggle struct {
	On        bool // what sipgate confirmed last
	Requested bool // what was asked for, if Pending
	Pending   bool // a command is on its way
}

// Outcome says what became of a command.
type Outcome int

// The outcomes of a command. Unknown means that sipgate may or may not have
// carried it out: it is never sent again, the next list tells.
const (
	Pending Outcome = iota
	Confirmed
	Failed
	Unknown
)

// Order is the last command given on a call, as everybody at the board sees it.
type LastCommand struct {
	Verb    Verb
	By      MemberID
	Name    string   // of that member
	Via     MemberID // whose access carried it, if not By's own; else ""
	Outcome Outcome
	Reason  sipgate.Kind // why it failed or is unknown
	At      time.Time    // when Outcome became what it is
	Detail  string       // the transfer's target, the announcement's title; never keypad digits
}

// Verb names a kind of command: "hold", "mute", "record", "transfer", "unask",
// "tones", "announce", "hangup".
type Verb string

// The verbs.
const (
	VerbHold               Verb = "hold"
	VerbMute               Verb = "mute"
	VerbRecord             Verb = "record"
	VerbTransfer           Verb = "transfer"
	VerbCancelConsultation Verb = "unask" // stop asking whoever should take the call
	VerbTones              Verb = "tones"
	VerbAnnounce           Verb = "announce"
	VerbHangUp             Verb = "hangup"
)

// Valid reports whether v is one of the verbs.
func (v Verb) Valid() bool {
	switch v {
	case VerbHold, VerbMute, VerbRecord, VerbTransfer, VerbCancelConsultation, VerbTones, VerbAnnounce, VerbHangUp:
		return true
	}
	return false
}

// Playing is an announcement that was sent into a call.
type Playback struct {
	Title  string
	Since  time.Time     // when sipgate accepted it
	Length time.Duration // 0 if not known (played by URL)

	// Watched tells that the file lies with us, so that its fetching can be
	// seen. FetchedAfter is how long after the command sipgate fetched it, 0
	// until then; Missed is set when it had not done so after ten seconds.
	Hosted       bool
	FetchedAfter time.Duration
	Missed       bool
}

// Party is one side of a call.
type Party struct {
	Number string // as sipgate sent it, normalised to a leading "+" where it is E.164; empty if anonymous
	Name   string // from the team's contacts or members, or empty
}

// Call is one row of the board: what sipgate confirmed, overlaid with what
// people asked for and was not answered yet. It is a value; the slices are
// shared and must not be changed.
type Call struct {
	ID              RowID
	CallID          sipgate.CallID // its id at sipgate now
	Phase           Phase
	PreviousPhase   Phase // the phase before it ended, so that an ended row stays where it was; else Phase
	Direction       sipgate.Direction
	Remote          Party
	Local           Party      // our own number or member
	UserNames       []string   // whose telephones ring, or who answered, by name
	MemberIDs       []MemberID // the same users, where events tell their ids; nil if not known
	VisibleTo       []MemberID // through whose access the call is seen
	PreviousParties []Party    // whom the call was with before transfers, oldest first

	Hold, Mute, Recording Toggle

	Started     time.Time // when it began to ring, or was seen first
	Since       time.Time // when the present state (ringing, talking, on hold, ended) began
	Approximate bool      // Started and Since were not told by sipgate: "about"

	LastCommand  *LastCommand  // nil before the first command
	Consultation *Consultation // that somebody is asked to take it; nil if nobody is
	Playback     *Playback

	Claim         *Claim         // who is about to act; nil if nobody, or ended
	PendingHangup *PendingHangup // that it will be hung up in a moment; nil if not, or ended

	Cause   string    // why it ended: sipgate's word ("normalClearing", "busy", …), or empty if not told
	EndedAt time.Time // when it ended

	// Seq is the number of the change that made this value, and Memo caches
	// what is rendered of it: one per change, shared by all who show it.
	Seq  uint64
	Memo *Memo
}

// Whose tells whose call it is: those on whose telephones it is or, where nobody
// is known to have it, those through whose access it is seen.
func (c *Call) Owners() []MemberID {
	if len(c.MemberIDs) > 0 {
		return c.MemberIDs
	}
	return c.VisibleTo
}

// Section is the part of the board where a row stands.
type Section int

// The sections, from top to bottom.
const (
	SectionRinging Section = iota
	SectionActive
	SectionHeld
)

// Section tells where the row stands. An ended row stays where it was.
func (c *Call) Section() Section {
	switch {
	case c.PreviousPhase == Ringing:
		return SectionRinging
	case c.Hold.On:
		return SectionHeld
	}
	return SectionActive
}
