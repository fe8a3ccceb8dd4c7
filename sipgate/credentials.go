package sipgate

import (
	"context"
	"encoding/base64"
	"errors"
)

// Credentials authorize requests. Implementations are safe for concurrent use.
type Credentials interface {
	// Authorization returns the value of the Authorization header. It may wait
	// for a refresh until ctx is done.
	Authorization(ctx context.Context) (string, error)
	// Renew is called after sipgate responded 401 to the value refused. It
	// returns another value, or an error of Kind Unauthorized if there is
	// none.
	Renew(ctx context.Context, refused string) (string, error)
}

// errFixed is returned by credentials that cannot be renewed.
var errFixed = &Error{Op: "renew", Kind: Unauthorized, Err: errors.New("fixed credentials refused")}

// PersonalToken is a personal access token. It is sent with HTTP Basic
// authentication, as sipgate documents it. It prints as "[redacted]".
type PersonalToken struct {
	ID    string // "token-FQ1V12"
	Token string

	hidden
}

// Authorization implements [Credentials]. It never fails.
func (p PersonalToken) Authorization(context.Context) (string, error) {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(p.ID+":"+p.Token)), nil
}

// Renew implements [Credentials]. It always fails.
func (p PersonalToken) Renew(context.Context, string) (string, error) { return "", errFixed }

// Bearer is a fixed access token. It prints as "[redacted]".
type Bearer string

// Authorization implements [Credentials]. It never fails.
func (b Bearer) Authorization(context.Context) (string, error) { return "Bearer " + string(b), nil }

// Renew implements [Credentials]. It always fails.
func (b Bearer) Renew(context.Context, string) (string, error) { return "", errFixed }
