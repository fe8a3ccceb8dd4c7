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

// Tokens are what the token endpoint answers. They print as "[redacted]" and
// do not marshal: take the fields one by one.
type Tokens struct {
	Access  string
	Refresh string // may be empty
	ID      string // the OpenID Connect id_token, may be empty
	Scope   string // separated by spaces; empty if sipgate does not say
	// Life is how long Access is valid, counted from when it was received: 1 s
	// to 24 h, and 5 minutes, which is what sipgate documents, if the answer
	// says nothing of it, or nothing that makes sense.
	Life time.Duration

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
	Status int    // 0 if there was no answer
	// Code is what RFC 6749 calls error, "invalid_grant", "invalid_client";
	// empty if the answer named none.
	Code string
	// MayHaveArrived has the meaning that it has in [Error].
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

// Kind says what the error means: Unauthorized that the person must sign in
// again, Forbidden that sipgate does not accept this program as a client.
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
		return Other
	}
	return kindOfStatus(e.Status, false)
}

// oauthRefusal makes the error of an answer that is a refusal.
func oauthError(op string, status int, reply tokenReply) *OAuthError {
	text := oneLine(reply.text["error_description"], maxErrorText)
	if text == "" {
		text = "refused"
	}
	e := &OAuthError{Op: op, Status: status, Code: reply.code, Err: errors.New(text)}
	e.MayHaveArrived = e.Kind() == Unavailable
	return e
}

// tokenReply is what could be read of an answer of the token endpoint.
type tokenReply struct {
	text map[string]string // the fields that are strings or numbers
	code string            // the error's code, empty if there is none
	err  error             // why the rest could not be read
}

// readTokens reads field by field as far as it can, so that a refresh token is
// not lost with the end of the answer. The Content-Type does not matter.
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
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("the answer is not an object")
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

// errBroken stands for the decoder's errors, which quote the answer.
var errMalformed = errors.New("the answer is broken")

func (r tokenReply) tokens() Tokens {
	t := Tokens{
		Access:  r.text["access_token"],
		Refresh: r.text["refresh_token"],
		ID:      r.text["id_token"],
		Scope:   r.text["scope"],
		Life:    lifetime(r.text["expires_in"]),
	}
	if t.Access == "" {
		t.Access = r.text["token"] // the spelling of sipgate's guide
	}
	return t
}

// life reads expires_in, a number or a string of one, in seconds.
func lifetime(s string) time.Duration {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(n) || n < 1 {
		return defaultLife
	}
	return min(time.Duration(min(n, maxLife.Seconds()))*time.Second, maxLife)
}
