package sipgate

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// Platform is which of sipgate's two telephone systems an account is on. They
// differ in what they can do, and in how calls are started.
type Platform string

// The platforms.
const (
	UnknownPlatform Platform = ""
	Classic         Platform = "classic"
	Neo             Platform = "neo" // since September 2025
)

// PlatformOf reads the platform from an access token, if that is a JWT with
// sipgate's claim featureScope. The token is not verified: what it says
// decides what is offered, and sipgate what is done.
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
	case "CLASSIC_PBX":
		return Classic
	case "NEO_PBX":
		return Neo
	}
	return UnknownPlatform
}

// Finding is a Platform, and from what it was concluded.
type PlatformDetection struct {
	Platform Platform
	Evidence string // "token", "groups", "account": see [Client.FindPlatform]; or empty
}

// FindPlatform finds out the platform of the credential's account: from the
// access token ("token"), else from what sipgate says to a question that only
// classic accounts may ask ("groups"), else from the account's product
// ("account"): one of those that the documentation lists, which is older than
// neo, makes a classic account likely. Nothing is changed by it. Where all of
// that tells nothing the platform is unknown, without an error if sipgate
// answered.
func (c *Client) DetectPlatform(ctx context.Context) (PlatformDetection, error) {
	auth, err := c.Auth.Authorization(ctx)
	if err != nil {
		return PlatformDetection{}, request{method: http.MethodGet, path: []string{"account"}}.failure(credentialKind(err), err)
	}
	if p := PlatformOf(strings.TrimPrefix(auth, "Bearer ")); p != UnknownPlatform {
		return PlatformDetection{p, "token"}, nil
	}
	_, err = list[struct{}](ctx, c, nil, "groups")
	switch {
	case err == nil:
		return PlatformDetection{Classic, "groups"}, nil
	case KindOf(err) == Unsupported:
		return PlatformDetection{Neo, "groups"}, nil
	}
	a, err := c.Account(ctx)
	if classicProducts[a.MainProductType] {
		return PlatformDetection{Classic, "account"}, err
	}
	if KindOf(err) == Forbidden {
		err = nil // a right is missing: an answer, too
	}
	return PlatformDetection{}, err
}

// products are the values of mainProductType of the classic platform.
var classicProducts = map[string]bool{"BASIC": true, "SIMQUADRAT": true, "TEAM": true, "TRUNKING": true}

// unsupported reports whether a refusal says that the account's platform does
// not have what was asked for: 501, or 403 in the words in which neo tells of
// what only classic accounts have.
func unsupported(status int, body []byte) bool {
	return status == http.StatusNotImplemented ||
		status == http.StatusForbidden && strings.Contains(string(body[:min(len(body), maxErrorText)]), "Classic PBX")
}

// A Way is how calls are started for an account, as far as that is known.
type DialMethod struct {
	Platform Platform
	// Plus says that a neo account wants numbers with their plus sign. The
	// reports differ; most say that it refuses them.
	PlusSign bool
}

// Dial starts a call in the way of the account's platform, and returns the way
// that worked, which is the better to begin with the next time.
//
// It sends a second request only after sipgate has definitely refused the
// first, so that nothing was started: where the platform is not known to be
// neo and sipgate answers that the platform has no such operation, it takes
// neo's; where neo answers 400, and not because of the telephone, it takes the
// other spelling of the numbers. The answer to the last request is the error,
// but a refused number in either spelling is the first refusal.
func (c *Client) Dial(ctx context.Context, n NewCall, w DialMethod) (CallID, DialMethod, error) {
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
}

// startNeoCall is StartCall for accounts on neo. Numbers are sent with or
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
		body: neoCall{device, spell(n.Callee), spell(n.CallerID)}}
	if device == "" || n.Callee == "" || max(len(n.Callee), len(device), len(n.CallerID)) > maxParty {
		return "", r.failure(Invalid, errors.New("telephone or callee is missing or too long"))
	}
	return c.startCall(ctx, r)
}

// started sends a request that starts a call and reads the call's id from the
// answer, under each of the names that it goes by.
func (c *Client) startCall(ctx context.Context, r request) (CallID, error) {
	data, err := c.do(ctx, r)
	if err != nil {
		return "", err
	}
	var reply struct {
		SessionID, CallSid, CallID CallID
	}
	if err := r.decode(data, &reply); err != nil {
		return "", err
	}
	for _, id := range []CallID{reply.SessionID, reply.CallSid, reply.CallID} {
		if id.Valid() {
			return id, nil
		}
	}
	return "", &Error{Op: r.op(), Status: http.StatusOK, Kind: Other, MayHaveArrived: true, Err: errCallID}
}
