package simulator

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	numberFormat = regexp.MustCompile(`^\+?[1-9][0-9]{6,14}$`)
	toneFormat   = regexp.MustCompile(`^[0-9A-D#*]+$`)
	deviceFormat = regexp.MustCompile(`^[exyp][0-9]+$`)
)

// maxTones is the maximum length of a tone sequence.
const maxTones = 32

type callJSON struct {
	CallID       string            `json:"callId"`
	Muted        bool              `json:"muted"`
	Recording    bool              `json:"recording"`
	Hold         bool              `json:"hold"`
	Participants []participantJSON `json:"participants"`
}

type participantJSON struct {
	ParticipantID string `json:"participantId"`
	PhoneNumber   string `json:"phoneNumber"`
	Muted         bool   `json:"muted"`
	Hold          bool   `json:"hold"`
	Owner         bool   `json:"owner"`
}

// json returns the side id of the call as GET /calls shows it to u.
func (c *call) json(u *user, id string) callJSON {
	j := callJSON{CallID: id, Muted: c.partyOf(u).muted, Recording: c.recording, Hold: c.hold}
	for _, p := range c.parties {
		owner := p.owner == (id == c.id) // of an internal call, each side has its own
		j.Participants = append(j.Participants, participantJSON{p.id, withoutPlus(p.number), p.muted, p.hold, owner})
	}
	return j
}

// canSee reports whether the call is visible to p.
func (s *Simulator) canSee(p *principal, c *call) bool {
	return c.account == p.account && (s.opts.Visibility == VisibilityAccount || c.involves(p.user))
}

// hasSide reports whether the side id of an established call is p's: of a call
// between users, nobody can act on the other's.
func (s *Simulator) hasSide(p *principal, c *call, id string) bool {
	return c.phase != established || c.other == nil || id == c.deviceCall || slices.Contains(c.sides(p.user, s.opts.Visibility == VisibilityAccount), id)
}

func (s *Simulator) listCalls(q *apiRequest) response {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []callJSON{}
	at := s.now().Add(-s.listLag)
	for _, c := range s.pbx.order {
		shown, ok := c.listedAt(at)
		if !ok || !s.canSee(q.auth, c) {
			continue
		}
		for _, id := range c.sides(q.auth.user, s.opts.Visibility == VisibilityAccount) {
			list = append(list, shown.json(q.auth.user, id))
		}
	}
	return okJSON(map[string]any{"data": list})
}

// onCall decodes the body into in, unless in is nil, and applies command to the
// call in the path.
func (s *Simulator) onCall(q *apiRequest, in any, command func(x *pbx, now time.Time, c *call) error) response {
	if in != nil {
		if err := decodeStrict(q.body, in); err != nil {
			return invalid(err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.pbx.calls[q.args["callId"]]
	if c == nil || c.phase == ended || !s.canSee(q.auth, c) || !s.hasSide(q.auth, c, q.args["callId"]) {
		return callNotFound
	}
	now := s.now()
	err := command(s.pbx, now, c)
	if err == nil {
		c.noteCommand(now)
	}
	return outcomeOf(err)
}

// noteCommand records that the API acted on the call and on its successor. The
// script leaves such calls alone.
func (c *call) noteCommand(now time.Time) {
	c.lastCommand = now
	if c.successor != nil {
		c.successor.lastCommand = now
	}
}

func outcomeOf(err error) response {
	switch {
	case err == nil:
		return noContent
	case errors.Is(err, errNoCall):
		return callNotFound
	case errors.Is(err, errNotEstablished), errors.Is(err, errTransferring):
		return refuse(http.StatusConflict, err.Error())
	}
	return invalid(err)
}

type booleanRequest struct {
	Value bool `json:"value"`
}

func (s *Simulator) holdCall(q *apiRequest) response {
	var in booleanRequest
	return s.onCall(q, &in, func(x *pbx, now time.Time, c *call) error {
		return x.setHold(now, c, in.Value)
	})
}

func (s *Simulator) muteCall(q *apiRequest) response {
	var in booleanRequest
	if p := q.auth.account.platform.Load(); p.Name == PlatformNeo && p.Muted != http.StatusNoContent {
		return response{status: p.Muted}
	}
	return s.onCall(q, &in, func(x *pbx, now time.Time, c *call) error {
		return x.setMuted(now, c, q.auth.user, in.Value)
	})
}

func (s *Simulator) recordCall(q *apiRequest) response {
	var in struct {
		Value        bool `json:"value"`
		Announcement bool `json:"announcement"`
	}
	return s.onCall(q, &in, func(x *pbx, now time.Time, c *call) error {
		if p := c.account.platform.Load(); p.Name == PlatformNeo && !p.SilentRecording && in.Value && !in.Announcement {
			return errors.New("announcement cannot be false for sipgate neo")
		}
		return x.setRecording(now, c, in.Value, in.Announcement)
	})
}

func (s *Simulator) sendTonesToCall(q *apiRequest) response {
	var in struct {
		Sequence string `json:"sequence"`
	}
	return s.onCall(q, &in, func(x *pbx, now time.Time, c *call) error {
		if !toneFormat.MatchString(in.Sequence) || len(in.Sequence) > maxTones {
			return errors.New("sequence is not 1 to 32 of 0-9A-D#*")
		}
		return x.sendTones(now, c, in.Sequence)
	})
}

func (s *Simulator) hangUpCall(q *apiRequest) response {
	return s.onCall(q, nil, func(x *pbx, now time.Time, c *call) error {
		cause := normalClearing
		if c.phase == ringing && c.direction == in {
			cause = busy
		} else if c.phase == ringing {
			cause = cancelled
		}
		x.end(now, c, cause)
		return nil
	})
}

func (s *Simulator) transferCall(q *apiRequest) response {
	var in struct {
		Attended    bool   `json:"attended"`
		PhoneNumber string `json:"phoneNumber"`
		CallerID    string `json:"callerId,omitempty"`
	}
	return s.onCall(q, &in, func(x *pbx, now time.Time, c *call) error {
		if !numberFormat.MatchString(in.PhoneNumber) {
			return errors.New("phoneNumber is not a number in the form of E.164")
		}
		if in.CallerID != "" && !numberFormat.MatchString(in.CallerID) {
			return errors.New("callerId is not a number in the form of E.164")
		}
		n, err := x.transferTo(now, c, transfer{To: e164(in.PhoneNumber), Attended: in.Attended, CallerID: in.CallerID})
		if err == nil {
			s.pickUpLater(n)
		}
		return err
	})
}

// e164 returns the number with "+".
func e164(number string) string { return "+" + strings.TrimPrefix(number, "+") }

// startCall responds as soon as the caller's device rings, before it is picked
// up.
func (s *Simulator) startCall(q *apiRequest) response {
	var in struct {
		Caller   string `json:"caller"`
		Callee   string `json:"callee"`
		DeviceID string `json:"deviceId,omitempty"`
		CallerID string `json:"callerId,omitempty"`
	}
	if err := decodeStrict(q.body, &in); err != nil {
		return invalid(err)
	}
	extension := deviceFormat.MatchString(in.Caller)
	device, from := in.Caller, in.CallerID
	switch {
	case !numberFormat.MatchString(in.Callee):
		return refuse(http.StatusBadRequest, "User supplied invalid callee number")
	case !extension && !numberFormat.MatchString(in.Caller):
		return refuse(http.StatusBadRequest, "User supplied invalid caller number")
	case !extension && in.DeviceID == "":
		return refuse(http.StatusBadRequest, "DeviceId is required if caller is a phone number")
	case in.CallerID != "" && !numberFormat.MatchString(in.CallerID):
		return refuse(http.StatusBadRequest, "User supplied invalid caller id")
	}
	if !extension {
		device, from = in.DeviceID, in.Caller
	}
	return s.dial(q.auth, dialSpec{device: device, from: from, to: e164(in.Callee)})
}

// dialSpec describes a call that the API starts.
type dialSpec struct {
	device   string // or a phone line
	from, to string
	channel  *channel // on neo
	silent   bool     // succeeds, but nothing rings
}

// dial begins a call with a device or phone line of p, or of any user of the
// account if p is an admin.
func (s *Simulator) dial(p *principal, n dialSpec) response {
	owner := p.account.ownerOfExtension(n.device)
	if owner == nil || owner != p.user && !p.user.admin {
		return refuse(http.StatusForbidden, "User is not allowed to initiate call with given parameters")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.account.balance <= 0 {
		return refuse(http.StatusPaymentRequired, "Insufficient funds")
	}
	d := p.account.deviceFor(n.device)
	if n.from == "" && d != nil {
		n.from = d.callerID
	}
	if n.from == "" {
		n.from = owner.number()
	}
	now := s.now()
	if d == nil || !d.online || n.silent {
		return okJSON(map[string]string{"sessionId": s.pbx.callID(idOutgoing)})
	}
	c := s.pbx.dial(now, owner, e164(n.from), n.to, n.channel)
	c.noteCommand(now)
	s.pickUpLater(c)
	return okJSON(map[string]string{"sessionId": c.id})
}

// deviceFor returns the device that rings first in a call of the extension: the
// device itself, or the first online device of a phone line, or nil.
func (a *account) deviceFor(extension string) *device {
	if d := a.device(extension); d != nil {
		return d
	}
	owner := a.ownerOfExtension(extension)
	i := slices.IndexFunc(owner.devices, func(d *device) bool { return d.online })
	if i < 0 {
		return nil
	}
	return owner.devices[i]
}

// ownerOfExtension returns the user of a device or phone line, or nil.
func (a *account) ownerOfExtension(extension string) *user {
	if d := a.device(extension); d != nil {
		return d.owner
	}
	for _, u := range a.users {
		if u.phoneline == extension {
			return u
		}
	}
	return nil
}
