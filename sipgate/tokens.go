package sipgate

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Tokens is the response of the token endpoint. It prints as "[redacted]" and
// cannot be marshalled: use its fields.
type Tokens struct {
	Access  string
	Refresh string // may be empty
	ID      string // the OpenID Connect id_token, may be empty
	Scope   string // separated by spaces; empty if unknown
	// Lifetime is how long Access is valid after it was received: 1 s to 24 h.
	// If the response has no valid value, it is 5 minutes, as sipgate
	// documents.
	Lifetime time.Duration

	hidden
}

const (
	defaultLife = 300 * time.Second
	maxLife     = 24 * time.Hour
)

// OAuthError is the error of every method of [OAuth]. Like [Error] it is for
// the log and quotes no secret.
type OAuthError struct {
	Op     string // "refresh", "password", "logout"
	Status int    // 0 without a response
	// Code is the error code of RFC 6749, "invalid_grant", "invalid_client";
	// empty if the response had none.
	Code string
	// MayHaveArrived has the same meaning as in [Error].
	MayHaveArrived bool
	Err            error
}

// Error implements error.
func (e *OAuthError) Error() string {
	text := "sipgate: " + e.Op + ": "
	if e.Status != 0 {
		text += strconv.Itoa(e.Status) + ": "
	}
	if e.Code != "" {
		text += e.Code + ": "
	}
	return text + e.Err.Error()
}

// Unwrap returns the cause.
func (e *OAuthError) Unwrap() error { return e.Err }

// Kind returns the meaning of the error: Unauthorized if the user must sign in
// again, Forbidden if sipgate does not accept this program as a client.
func (e *OAuthError) Kind() Kind {
	switch e.Code {
	case "invalid_grant":
		return Unauthorized
	case "invalid_client", "unauthorized_client", "access_denied":
		return Forbidden
	case "invalid_request", "invalid_scope", "unsupported_grant_type":
		return Invalid
	}
	switch {
	case e.Status == 0:
		return Unavailable
	case e.Status == http.StatusUnauthorized:
		return Unauthorized
	case e.Status >= 200 && e.Status < 300:
		return Unreadable
	}
	return kindOfStatus(e.Status, false)
}

// oauthError returns the error of a response that is a refusal.
func oauthError(op string, status int, reply tokenReply) *OAuthError {
	text := oneLine(reply.text["error_description"], maxErrorText)
	if text == "" {
		text = "refused"
	}
	e := &OAuthError{Op: op, Status: status, Code: reply.code, Err: errors.New(text)}
	e.MayHaveArrived = e.Kind() == Unavailable
	return e
}

// tokenReply is the readable part of a response of the token endpoint.
type tokenReply struct {
	text map[string]string // the fields that are strings or numbers
	code string            // error code, "" if there is none
	err  error             // why the rest could not be read
}

// readTokens reads field by field as far as possible, so that a truncated
// response does not lose a refresh token. The Content-Type does not matter.
func readTokens(data []byte) tokenReply {
	reply := tokenReply{text: make(map[string]string)}
	reply.err = readFields(data, reply.text)
	if code, ok := reply.text["error"]; ok {
		if reply.code = "unknown"; isID(code, 64) {
			reply.code = code
		}
	}
	return reply
}

func readFields(data []byte, fields map[string]string) error {
	d := json.NewDecoder(bytes.NewReader(clean(data)))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("response is not an object")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return errMalformed
		}
		var v any
		if err := d.Decode(&v); err != nil {
			return errMalformed
		}
		switch v := v.(type) {
		case string:
			fields[key.(string)] = v
		case json.Number:
			fields[key.(string)] = v.String()
		}
	}
	if _, err := d.Token(); err != nil {
		return errMalformed
	}
	if _, err := d.Token(); err != io.EOF {
		return errMalformed
	}
	return nil
}

// errMalformed replaces errors of the decoder, which quote the response.
var errMalformed = errors.New("malformed response")

func (r tokenReply) tokens() Tokens {
	t := Tokens{
		Access:   r.text["access_token"],
		Refresh:  r.text["refresh_token"],
		ID:       r.text["id_token"],
		Scope:    r.text["scope"],
		Lifetime: lifetime(r.text["expires_in"]),
	}
	if t.Access == "" {
		t.Access = r.text["token"] // spelling in sipgate's documentation
	}
	return t
}

// lifetime parses expires_in, in seconds, as a number or a string.
func lifetime(s string) time.Duration {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(n) || n < 1 {
		return defaultLife
	}
	return min(time.Duration(min(n, maxLife.Seconds()))*time.Second, maxLife)
}
