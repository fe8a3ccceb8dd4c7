package sipgate

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// Each command takes at most 10 s and returns nil only after a 2xx response.
// Kind NoCall means that the call has ended, Invalid with status 409 that it
// is not established yet. With MayHaveArrived the outcome is unknown.

var errCallID = errors.New("invalid call id")

// command sends an action on a call. With an invalid id it sends nothing.
func (c *Client) command(ctx context.Context, method string, id CallID, in any, rest ...string) error {
	if !id.Valid() {
		r := request{method: method, path: append([]string{"calls", "?"}, rest...)}
		return r.failure(Invalid, errCallID)
	}
	return c.act(ctx, method, in, append([]string{"calls", string(id)}, rest...)...)
}

// value is the body of an action that switches something. Setting the current
// value is an action as well.
type value struct {
	Value bool `json:"value"`
}

// Hold puts all participants of the call on hold, or resumes the call.
func (c *Client) Hold(ctx context.Context, id CallID, on bool) error {
	return c.command(ctx, http.MethodPut, id, value{on}, "hold")
}

// Mute mutes or unmutes the microphone of the credentials' user in the call.
func (c *Client) Mute(ctx context.Context, id CallID, on bool) error {
	return c.command(ctx, http.MethodPut, id, value{on}, "muted")
}

// Record starts or stops recording the call. With announce, the participants
// hear an announcement of that. Kind Unsupported means that the account's platform
// records nothing without one.
func (c *Client) Record(ctx context.Context, id CallID, on, announce bool) error {
	err := c.command(ctx, http.MethodPut, id, struct {
		Value        bool `json:"value"`
		Announcement bool `json:"announcement"`
	}{on, announce}, "recording")
	if e, ok := errors.AsType[*Error](err); ok && on && !announce && e.RefusedField == RefusedSilence {
		e.Kind = Unsupported
	}
	return err
}

// Transfer describes a transfer of a call.
type Transfer struct {
	To       Number
	Attended bool   // the target is consulted first
	CallerID Number // number shown to the target; optional
}

// Transfer transfers the call to another party.
func (c *Client) Transfer(ctx context.Context, id CallID, t Transfer) error {
	if !t.To.Valid() || t.CallerID != "" && !t.CallerID.Valid() {
		return request{method: http.MethodPost, path: []string{"calls", "?", "transfer"}}.failure(Invalid, errNumber)
	}
	return c.command(ctx, http.MethodPost, id, struct {
		Attended bool   `json:"attended"`
		To       Number `json:"phoneNumber"`
		CallerID Number `json:"callerId,omitempty"`
	}{t.Attended, t.To, t.CallerID}, "transfer")
}

// SendDTMF plays keypad tones to all participants.
func (c *Client) SendDTMF(ctx context.Context, id CallID, d DTMF) error {
	if !d.Valid() {
		return request{method: http.MethodPost, path: []string{"calls", "?", "dtmf"}}.failure(Invalid, errTones)
	}
	return c.command(ctx, http.MethodPost, id, struct {
		Sequence DTMF `json:"sequence"`
	}{d}, "dtmf")
}

// Announce plays the file at address to all participants. sipgate fetches the
// file, which must be WAV: mono, 16 bit PCM, 8 kHz. A nil error does not prove
// that it was fetched.
func (c *Client) Announce(ctx context.Context, id CallID, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(address) > maxAddress {
		return request{method: http.MethodPost, path: []string{"calls", "?", "announcements"}}.
			failure(Invalid, errors.New("invalid file address"))
	}
	return c.command(ctx, http.MethodPost, id, struct {
		URL string `json:"url"`
	}{address}, "announcements")
}

// HangUp ends the call, even one that still rings.
func (c *Client) HangUp(ctx context.Context, id CallID) error {
	return c.command(ctx, http.MethodDelete, id, nil)
}

// NewCall describes a call to be started.
type NewCall struct {
	// Caller is the extension whose call it is, "e0" or "p0", or a number;
	// then DeviceID is required. Its telephone rings first.
	Caller string
	// Callee is the number to call.
	Callee string
	// DeviceID is the telephone to use, unless Caller determines it.
	DeviceID DeviceID
	// CallerID is the number shown to the callee; optional.
	CallerID string
	// Channel is the channel of the call on neo. Without one, sipgate takes the
	// device's default channel; if it has none, nothing rings.
	Channel string
}

// maxParty is the maximum length of the caller and the callee of a new call.
const maxParty = 64

// StartCall starts a call on a classic account: the caller's telephone rings
// and, once it is answered, the callee's. [Client.Dial] works on all accounts.
// It returns the id that events and commands use. A nil error does not prove
// that a telephone rang.
func (c *Client) StartCall(ctx context.Context, n NewCall) (CallID, error) {
	r := request{method: http.MethodPost, path: []string{"sessions", "calls"}, timeout: actionTimeout, body: struct {
		DeviceID DeviceID `json:"deviceId,omitempty"`
		Caller   string   `json:"caller"`
		Callee   string   `json:"callee"`
		CallerID string   `json:"callerId,omitempty"`
	}{n.DeviceID, n.Caller, n.Callee, n.CallerID}}
	if n.Caller == "" || n.Callee == "" || max(len(n.Caller), len(n.Callee), len(n.DeviceID), len(n.CallerID)) > maxParty {
		return "", r.failure(Invalid, errors.New("caller or callee missing or too long"))
	}
	return c.startCall(ctx, r)
}
