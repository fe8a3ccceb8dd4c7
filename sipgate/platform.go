package sipgate

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// Platform is the sipgate telephone system of an account. The two differ in
// their functions and in how calls are started.
type Platform string

// The platforms.
const (
	UnknownPlatform Platform = ""
	Classic         Platform = "classic"
	Neo             Platform = "neo" // since September 2025
)

// PlatformOf returns the platform in an access token, if that is a JWT with
// sipgate's claim featureScope. The token is not verified: its content
// determines only what is offered, and sipgate what is permitted.
func PlatformOf(access string) Platform {
	parts := strings.Split(access, ".")
	if len(parts) != 3 || len(access) > maxTokens {
		return UnknownPlatform
	}
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return UnknownPlatform
	}
	var claims struct {
		FeatureScope string `json:"featureScope"`
	}
	if json.Unmarshal(data, &claims) != nil {
		return UnknownPlatform
	}
	switch claims.FeatureScope {
	case "CLASSIC_PBX", "CLASSIC":
		return Classic
	case "NEO_PBX":
		return Neo
	}
	return UnknownPlatform
}

// PlatformDetection is a detected Platform and the evidence for it.
type PlatformDetection struct {
	Platform Platform
	Evidence string // "token", "groups", "account" or "", see [Client.DetectPlatform]
}

// DetectPlatform detects the platform of the account: by the access token
// ("token"), else by sipgate's response to a request that only classic
// accounts may send ("groups"), else by the account's product ("account"): one
// of those in the documentation, which is older than neo, indicates a classic
// account. It changes nothing. If there is no evidence, the platform is
// unknown, without an error if sipgate responded.
func (c *Client) DetectPlatform(ctx context.Context) (PlatformDetection, error) {
	auth, err := c.Auth.Authorization(ctx)
	if err != nil {
		return PlatformDetection{}, request{method: http.MethodGet, path: []string{"account"}}.failure(credentialKind(err), err)
	}
	if p := PlatformOf(strings.TrimPrefix(auth, "Bearer ")); p != UnknownPlatform {
		return PlatformDetection{p, "token"}, nil
	}
	if found, err := c.PlatformByAnswer(ctx); err == nil {
		return found, nil
	}
	a, err := c.Account(ctx)
	if classicProducts[a.MainProductType] {
		return PlatformDetection{Classic, "account"}, err
	}
	if KindOf(err) == Forbidden {
		err = nil // a missing permission is a response, too
	}
	return PlatformDetection{}, err
}

// PlatformByAnswer detects the platform of the account by sipgate's response to a
// request that only classic accounts may send, whatever the access token says: an
// account may have been migrated since it was issued.
func (c *Client) PlatformByAnswer(ctx context.Context) (PlatformDetection, error) {
	err := c.readGroups(ctx)
	switch {
	case err == nil:
		return PlatformDetection{Classic, "groups"}, nil
	case KindOf(err) == Unsupported:
		return PlatformDetection{Neo, "groups"}, nil
	}
	return PlatformDetection{}, err
}

func (c *Client) readGroups(ctx context.Context) error {
	_, _, err := getList[struct{}](ctx, c, nil, nil, "groups")
	return err
}

// HasGroups reports whether the account has phone lines and groups.
func (c *Client) HasGroups(ctx context.Context) (bool, error) {
	err := c.readGroups(ctx)
	if Lacks(err) {
		return false, nil
	}
	return err == nil, err
}

// classicProducts lists the values of mainProductType of the classic platform.
var classicProducts = map[string]bool{"BASIC": true, "SIMQUADRAT": true, "TEAM": true, "TRUNKING": true}

// unsupported reports whether a refusal means that the account's platform
// lacks the operation: status 501, or 403 with the text that neo returns for
// operations of classic accounts.
func unsupported(status int, body []byte) bool {
	return status == http.StatusNotImplemented ||
		status == http.StatusForbidden && strings.Contains(string(body[:min(len(body), maxErrorText)]), "Classic PBX")
}

// DialMethod is how calls are started for an account, as far as that is known.
type DialMethod struct {
	Platform Platform
	// PlusSign reports that a neo account requires numbers with a plus sign.
	// Reports differ; most say that neo refuses them.
	PlusSign bool
}

// Dial starts a call with the given method, and returns the method that
// worked, to be used for the next call. It asks for the call's channel, if channel
// is not nil, only if it tries the method of neo.
//
// It sends a second request only if sipgate definitely refused the first, so
// that no call was started: if the platform may be classic and lacks the
// operation, with that of neo; if neo responds 400, and not because of the
// telephone, with the other spelling of the numbers. The error is that of the
// last request, except for numbers refused in both spellings: then it is that
// of the first.
func (c *Client) Dial(ctx context.Context, n NewCall, w DialMethod, channel func(context.Context) string) (CallID, DialMethod, error) {
	if w.Platform != Neo {
		id, err := c.StartCall(ctx, n)
		if err == nil {
			return id, DialMethod{Platform: Classic}, nil
		}
		if KindOf(err) != Unsupported || MayHaveArrived(err) {
			return "", w, err
		}
		w = DialMethod{Platform: Neo, PlusSign: w.PlusSign}
	}
	if channel != nil {
		n.Channel = channel(ctx)
	}
	id, err := c.startNeoCall(ctx, n, w.PlusSign)
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusBadRequest && e.RefusedField != RefusedDevice {
		other := DialMethod{Platform: Neo, PlusSign: !w.PlusSign}
		id, again := c.startNeoCall(ctx, n, other.PlusSign)
		if again == nil || MayHaveArrived(again) {
			return id, other, again
		}
	}
	return id, w, err
}

// neoCall is the body of POST /calls.
type neoCall struct {
	DeviceID DeviceID `json:"deviceId"`
	Target   string   `json:"targetNumber"`
	CallerID string   `json:"callerId,omitempty"`
	Channel  string   `json:"channelId,omitempty"`
}

// startNeoCall is StartCall for accounts on neo. It sends numbers with or
// without their plus sign.
func (c *Client) startNeoCall(ctx context.Context, n NewCall, plus bool) (CallID, error) {
	spell := func(number string) string {
		if number = strings.TrimPrefix(number, "+"); plus && number != "" {
			return "+" + number
		}
		return number
	}
	device := n.DeviceID
	if device == "" {
		device = DeviceID(n.Caller)
	}
	r := request{method: http.MethodPost, path: []string{"calls"}, timeout: actionTimeout,
		body: neoCall{device, spell(n.Callee), spell(n.CallerID), n.Channel}}
	if device == "" || n.Callee == "" || max(len(n.Callee), len(device), len(n.CallerID)) > maxParty {
		return "", r.failure(Invalid, errors.New("device or callee missing or too long"))
	}
	return c.startCall(ctx, r)
}

// startCall sends a request that starts a call and returns the call's id,
// which the response may have under several names. Any response that can be read
// means that the call was started, an empty one too.
func (c *Client) startCall(ctx context.Context, r request) (CallID, error) {
	data, err := c.do(ctx, r)
	if err != nil {
		return "", err
	}
	var reply struct {
		SessionID, CallSid, CallID anyText
	}
	if data = clean(data); len(data) > 0 {
		if err := decodeObject(data, &reply); err != nil {
			return "", r.unreadable(err)
		}
	}
	for _, id := range []anyText{reply.SessionID, reply.CallSid, reply.CallID} {
		if id := CallID(id); id.Valid() {
			return id, nil
		}
	}
	return "", r.unreadable(ErrNoCallID)
}
