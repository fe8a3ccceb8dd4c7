package sipgate

import (
	"context"
	"encoding/base64"
	"errors"
)

// Credentials authorise requests. Implementations are safe for use by several
// goroutines.
type Credentials interface {
	// Authorization returns the value of the Authorization header. It may
	// wait for a refresh, as long as ctx allows.
	Authorization(ctx context.Context) (string, error)
	// Renew is told that sipgate answered 401 to the value refused. It returns
	// another one, or an error of Kind Unauthorized if there is none.
	Renew(ctx context.Context, refused string) (string, error)
}

// errFixed is why a fixed credential cannot be renewed.
var errFixed = &Error{Op: "renew", Kind: Unauthorized, Err: errors.New("the credential is fixed, and was refused")}

// PersonalToken is a personal access token, sent by HTTP Basic authentication
// as sipgate documents it. It prints as "[redacted]".
type PersonalToken struct {
	ID    string // "token-FQ1V12"
	Token string

	hidden
}

// Authorization implements [Credentials]. It does not fail.
func (p PersonalToken) Authorization(context.Context) (string, error) {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(p.ID+":"+p.Token)), nil
}

// Renew implements [Credentials]. It always fails.
func (p PersonalToken) Renew(context.Context, string) (string, error) { return "", errFixed }

// Bearer is a fixed access token. It prints as "[redacted]".
type Bearer string

// Authorization implements [Credentials]. It does not fail.
func (b Bearer) Authorization(context.Context) (string, error) { return "Bearer " + string(b), nil }

// Renew implements [Credentials]. It always fails.
func (b Bearer) Renew(context.Context, string) (string, error) { return "", errFixed }
