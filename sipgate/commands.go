package sipgate

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// Every command waits at most 10 s and answers nil only if sipgate said 2xx.
// Kind NoCall means that the call has ended, Invalid with status 409 that it is
// not established yet; with MayHaveArrived the outcome is unknown.

var errCallID = errors.New("not the id of a call")

// command sends an action on a call. An id that cannot be one is not sent.
func (c *Client) command(ctx context.Context, method string, id CallID, in any, rest ...string) error {
	if !id.Valid() {
		r := request{method: method, path: append([]string{"calls", "?"}, rest...)}
		return r.failure(Invalid, errCallID)
	}
	return c.act(ctx, method, in, append([]string{"calls", string(id)}, rest...)...)
}

// value is the body of a switch. Setting what is set already is an action too.
type value struct {
	Value bool `json:"value"`
}

// Hold puts all participants of the call on hold, or retrieves them.
func (c *Client) Hold(ctx context.Context, id CallID, on bool) error {
	return c.command(ctx, http.MethodPut, id, value{on}, "hold")
}

// Mute mutes or unmutes the microphone of the credential's user in the call.
func (c *Client) Mute(ctx context.Context, id CallID, on bool) error {
	return c.command(ctx, http.MethodPut, id, value{on}, "muted")
}

// Record starts or stops the recording of the call. announce tells whether the
// participants hear that it does.
func (c *Client) Record(ctx context.Context, id CallID, on, announce bool) error {
	return c.command(ctx, http.MethodPut, id, struct {
		Value        bool `json:"value"`
		Announcement bool `json:"announcement"`
	}{on, announce}, "recording")
}

// Transfer says where a call goes.
type Transfer struct {
	To       Number
	Attended bool   // with consultation: the target is asked first
	CallerID Number // optional: the number that the target sees
}

// Transfer hands the call over to another party.
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

// Announce plays the file at the address, which sipgate fetches, to all
// participants. It must be WAV, mono, 16 bit PCM, 8 kHz. An answer without an
// error does not prove that the file was fetched.
func (c *Client) Announce(ctx context.Context, id CallID, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(address) > maxAddress {
		return request{method: http.MethodPost, path: []string{"calls", "?", "announcements"}}.
			failure(Invalid, errors.New("not an address of a file"))
	}
	return c.command(ctx, http.MethodPost, id, struct {
		URL string `json:"url"`
	}{address}, "announcements")
}

// HangUp ends the call. It works on a ringing call, too.
func (c *Client) HangUp(ctx context.Context, id CallID) error {
	return c.command(ctx, http.MethodDelete, id, nil)
}

// NewCall says who calls whom.
type NewCall struct {
	// Caller is the extension whose call it is, "e0", "p0", or a number, and
	// then DeviceID is required. Its telephone rings first.
	Caller string
	// Callee is the number to be called.
	Callee string
	// DeviceID is the telephone to be used, if Caller does not say it.
	DeviceID DeviceID
	// CallerID is the number that the callee sees, optional.
	CallerID string
}

// maxParty bounds the names of the parties of a new call.
const maxParty = 64

// StartCall calls the caller's own telephone and, once it is answered, the
// callee, on a classic account; [Client.Dial] does it on any. The id is that of
// the call in events and in commands. An answer without an error does not prove
// that a telephone rang.
func (c *Client) StartCall(ctx context.Context, n NewCall) (CallID, error) {
	r := request{method: http.MethodPost, path: []string{"sessions", "calls"}, timeout: actionTimeout, body: struct {
		DeviceID DeviceID `json:"deviceId,omitempty"`
		Caller   string   `json:"caller"`
		Callee   string   `json:"callee"`
		CallerID string   `json:"callerId,omitempty"`
	}{n.DeviceID, n.Caller, n.Callee, n.CallerID}}
	if n.Caller == "" || n.Callee == "" || max(len(n.Caller), len(n.Callee), len(n.DeviceID), len(n.CallerID)) > maxParty {
		return "", r.failure(Invalid, errors.New("caller or callee is missing or too long"))
	}
	return c.startCall(ctx, r)
}
