package simulator

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

type phase string

const (
	ringing     phase = "ringing"
	established phase = "established"
	ended       phase = "ended"
)

const (
	in  = "in"
	out = "out"
)

// The causes with which a call ends, as push events name them.
const (
	normalClearing = "normalClearing"
	busy           = "busy"
	cancelled      = "cancel"
	noAnswer       = "noAnswer"
	forwarded      = "forwarded"
)

var causes = []string{normalClearing, busy, cancelled, noAnswer, "congestion", "notFound", forwarded}

var (
	errNoCall         = errors.New("Call not found")
	errNotEstablished = errors.New("Call is not established")
	errTransferring   = errors.New("Call is being transferred")
	errEnded          = errors.New("call has ended")
)

// call is one call, ringing, established or ended.
//
// The near party belongs to the account: the callee of an incoming call, the
// caller of an outgoing one, or the target of a transfer. The far party is the
// other one.
type call struct {
	id, origID, xcid string
	account          *account
	direction        string // in, out
	phase            phase
	origin           string // "control", "api", "script"
	from, to         string // E.164 with "+", or "anonymous"
	near, far        string // numbers of the near and far party
	diversion        string // number that transferred or forwarded the call
	users            []*user
	owner            *user // the user who talks; nil until an incoming call is answered
	voicemail        bool  // answered by the voicemail; GET /calls does not show it
	channel          *channel

	startedAt, answeredAt, endedAt time.Time
	cause                          string
	hold, recording                bool
	parties                        []*party // the owner first; empty until established

	// A call made by POST /sessions/calls rings the caller's device first;
	// sipgate reports that as a separate incoming call.
	deviceCall     string
	devicePickedUp bool

	other         *otherSide // of a call between users, else nil
	voicemailCall *call      // the voicemail that took a call between users
	elsewhere     string     // number of the telephone of no user that answers
	past          []listedState

	successor   *call // the call that replaces or replaced this one
	predecessor *call
	attended    bool // by an attended transfer

	lastCommand     time.Time // of the API
	audio           *audioTimeline
	tones           []string
	announcements   []*playback
	transfers       []transfer
	recordingStarts []recordingStart
	historyEntry    *historyEntry
}

// playback is an announcement that an API call requested.
type playback struct {
	URL      string    `json:"url"`
	At       time.Time `json:"at"`
	Accepted bool      `json:"accepted"`
	Error    string    `json:"error,omitempty"`
	Seconds  float64   `json:"seconds"`
}

type transfer struct {
	To       string    `json:"to"`
	Attended bool      `json:"attended"`
	CallerID string    `json:"callerId,omitempty"`
	CallID   string    `json:"callId"` // of the new call
	At       time.Time `json:"at"`
}

// recordingStart is the start of a recording.
type recordingStart struct {
	At        time.Time `json:"at"`
	Announced bool      `json:"announced"`
}

// pbx is the telephone model of all accounts. Its methods take the current
// time, never block and do no I/O; they pass push events to publish.
// Simulator.mu protects it.
type pbx struct {
	rng           *rand.Rand
	calls         map[string]*call // by callId and deviceCall
	order         []*call          // oldest first
	publish       func(event)
	internalCalls string       // Options.InternalCalls
	recordings    []*recording // oldest first
	lastEntry     int          // number of the newest history entry
}

// maxEnded is the number of ended calls that are kept.
const maxEnded = 1000

func newPBX(seed uint64, internalCalls string) *pbx {
	return &pbx{
		internalCalls: internalCalls,
		rng:           rand.New(rand.NewPCG(seed, 0x7e1e)),
		calls:         map[string]*call{},
		publish:       func(event) {},
	}
}

// callID returns an id in sipgate's form: 76 upper-case hex digits.
func (x *pbx) callID(prefix string) string { return prefix + hexDigits(x.rng, 76-len(prefix)) }

const (
	idIncoming = "54566B150B0C0D3A"
	idOutgoing = "52546B150B0C0D3A"
)

// callSpec describes a call to begin.
type callSpec struct {
	account   *account
	direction string
	from, to  string
	users     []*user // called users, or the calling user
	origin    string
	diversion string
	previous  *call // the call from which it came, if any
	voicemail bool
	click     bool // by POST /sessions/calls: the callee is called later
	channel   *channel
}

// begin begins a ringing call.
func (x *pbx) begin(now time.Time, p callSpec) *call {
	prefix := idIncoming
	if p.direction == out {
		prefix = idOutgoing
	}
	c := &call{
		id: x.callID(prefix), account: p.account, direction: p.direction, phase: ringing,
		origin: p.origin, from: p.from, to: p.to, diversion: p.diversion, users: p.users, voicemail: p.voicemail,
		channel:   p.channel,
		startedAt: now, near: p.to, far: p.from, audio: newAudioTimeline(x.rng.Uint64()),
	}
	c.origID, c.xcid = c.id, strings.ToLower(hexDigits(x.rng, 16))
	if p.previous != nil {
		c.origID, c.xcid = p.previous.origID, p.previous.xcid
	}
	if p.direction == out && p.previous == nil {
		c.near, c.far = p.from, p.to
		c.owner = p.users[0]
	}
	if c.channel == nil {
		c.channel = c.defaultChannel()
	}
	x.calls[c.id] = c
	x.order = append(x.order, c)
	x.dropOldCalls()
	x.publish(newCallEvent(c, c.id, c.direction, c.from, c.to))
	if p.direction == out && p.previous == nil && !p.click {
		x.addOtherSide(c)
	}
	return c
}

// dial begins an outgoing call for the API: the device of u rings first. On neo,
// the call is in a channel, by default in that of u.
func (x *pbx) dial(now time.Time, u *user, from, to string, inbox *channel) *call {
	c := x.begin(now, callSpec{account: u.account, direction: out, from: from, to: to, users: []*user{u}, origin: "api", click: true, channel: inbox})
	c.deviceCall = x.callID(idIncoming)
	x.calls[c.deviceCall] = c
	x.publish(newCallEvent(c, c.deviceCall, in, to, from))
	return c
}

// pickUpDevice picks up the caller's device of a dialed call.
func (x *pbx) pickUpDevice(c *call) {
	if c.deviceCall == "" || c.devicePickedUp || c.phase != ringing {
		return
	}
	c.devicePickedUp = true
	x.publish(answerEvent(c, c.deviceCall, in, c.to, c.from, c.users[0], c.from))
	x.addOtherSide(c)
}

// answer establishes a ringing call. An incoming call is answered by u, or by
// the first called user if u is nil. Answering an established call changes
// nothing.
func (x *pbx) answer(now time.Time, c *call, u *user) error {
	switch c.phase {
	case ended:
		return errEnded
	case established:
		return nil
	}
	x.pickUpDevice(c)
	if c.other != nil && !c.other.ended {
		x.answerOtherSide(c, u)
	}
	if c.owner == nil && c.elsewhere == "" {
		if u == nil && len(c.users) > 0 {
			u = c.users[0]
		}
		c.owner = u
	}
	c.phase, c.answeredAt = established, now
	x.addParties(now, c)
	x.publish(answerEvent(c, c.id, c.direction, c.from, c.to, c.owner, c.answeringNumber()))
	if p := c.predecessor; p != nil && p.phase != ended {
		x.end(now, p, normalClearing)
	}
	return nil
}

// answeringNumber returns the number that answered: the callee of an outgoing
// call, the owner of an incoming one.
func (c *call) answeringNumber() string {
	switch {
	case c.elsewhere != "":
		return c.elsewhere
	case c.direction == out || c.owner == nil:
		return c.to
	}
	return c.owner.number()
}

// end ends a call; ending it again changes nothing. The target of an attended
// transfer that still rings ends with it, the target of a blind one goes on.
func (x *pbx) end(now time.Time, c *call, cause string) {
	if c.phase == ended {
		return
	}
	was := c.phase
	c.remember(now)
	c.phase, c.endedAt, c.cause = ended, now, cause
	c.audio.stopRecording(now)
	x.addToHistory(now, c, was)
	c.audio, c.recording, c.hold = nil, false, false
	if c.deviceCall != "" {
		x.publish(hangupEvent(c, c.deviceCall, in, c.to, c.from, c.devicePickedUp))
	}
	x.endOtherSide(c, cause)
	x.publish(hangupEvent(c, c.id, c.direction, c.from, c.to, was == established))
	if c.voicemail || c.voicemailCall != nil {
		for _, o := range x.live() {
			if o == c.voicemailCall || o.voicemailCall == c {
				x.end(now, o, cause)
			}
		}
	}
	if n := c.successor; n != nil && n.phase == ringing && n.attended {
		x.end(now, n, cancelled)
	}
	if p := c.predecessor; p != nil && p.phase != ended && was == ringing {
		p.successor = nil // the transfer failed: the old call goes on
	}
}

// dropOldCalls drops the oldest ended calls beyond maxEnded, 100 or more at a
// time.
func (x *pbx) dropOldCalls() {
	excess := len(x.order) - maxEnded
	if excess < 100 {
		return
	}
	x.order = slices.DeleteFunc(x.order, func(c *call) bool {
		if excess <= 0 || c.phase != ended {
			return false
		}
		excess--
		delete(x.calls, c.id)
		delete(x.calls, c.deviceCall)
		if c.other != nil {
			delete(x.calls, c.other.id)
		}
		return true
	})
}

// live returns the calls that have not ended, oldest first.
func (x *pbx) live() []*call {
	var calls []*call
	for _, c := range x.order {
		if c.phase != ended {
			calls = append(calls, c)
		}
	}
	return calls
}
