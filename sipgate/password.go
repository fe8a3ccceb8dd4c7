package sipgate

import (
	"context"
	"errors"
	"time"
)

// Password holds the credentials of a user by name and password, the first of
// the two methods that sipgate documents. It fetches an access token when
// there is none, when it is about to expire, and once for each that sipgate
// refuses. Prefer a personal access token: it can be revoked by itself.
// Password prints as "[redacted]".
type Password struct {
	oauth          *OAuth
	user, password string

	lock chan struct{} // full while locked; guards the fields below

	access   string // "" if there is none, or it was refused
	received time.Time
	life     time.Duration
	refused  bool      // the previous token was refused
	replaced bool      // access replaces a refused token
	retryAt  time.Time // no request before, after a failure
	failure  error

	hidden
}

const (
	passwordRefreshLead  = time.Minute      // remaining life at which a token is replaced, at most a fifth of its life
	passwordRefusedDelay = 30 * time.Second // delay after a refusal: attempts may lock an account
	passwordRetryDelay   = 5 * time.Second  // delay without a response
)

// errRefusedAgain is returned if sipgate refuses a new token like its
// predecessor.
var errRefusedAgain = &Error{Op: "password", Kind: Unauthorized, Err: errors.New("new token refused as well")}

// NewPassword returns the credentials. It uses TokenURL, for which there is
// [PasswordTokenURL], ClientID, ClientSecret and HTTP of o.
func NewPassword(o *OAuth, user, password string) *Password {
	return &Password{oauth: o, user: user, password: password, lock: make(chan struct{}, 1)}
}

// Authorization implements [Credentials]. It fetches one token at a time,
// however many callers wait. After a failure it returns the same error without
// another request, for 30 s if sipgate refused and for 5 s if there was no
// response; but while an old token is valid, it returns that.
func (p *Password) Authorization(ctx context.Context) (string, error) { return p.get(ctx, "") }

// Renew implements [Credentials]. It replaces a token once, however many
// callers report it. If sipgate refuses the new token within 30 s as well,
// Renew fails for 30 s.
func (p *Password) Renew(ctx context.Context, refused string) (string, error) {
	return p.get(ctx, refused)
}

func (p *Password) get(ctx context.Context, refused string) (string, error) {
	select {
	case p.lock <- struct{}{}:
		defer func() { <-p.lock }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	now := time.Now()
	if p.access != "" && refused == p.header() {
		if p.replaced && now.Sub(p.received) < passwordRefusedDelay {
			p.fail(errRefusedAgain, now, passwordRefusedDelay)
		}
		p.access, p.refused = "", true
	}
	if !p.validFor(now, min(passwordRefreshLead, p.life/5)) && !now.Before(p.retryAt) {
		p.fetch(ctx)
	}
	switch {
	case p.validFor(time.Now(), 0):
		return p.header(), nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	}
	return "", p.failure
}

// fetch requests a token and records the result. A cancelled ctx is not
// recorded as a failure.
func (p *Password) fetch(ctx context.Context) {
	t, err := p.oauth.Password(ctx, p.user, p.password)
	now := time.Now()
	switch {
	case err == nil:
		p.access, p.received, p.life = t.Access, now, t.Lifetime
		p.replaced, p.refused = p.refused, false
		p.retryAt, p.failure = time.Time{}, nil
	case ctx.Err() != nil:
	case KindOf(err) == Unavailable:
		p.fail(err, now, passwordRetryDelay)
	default:
		p.fail(err, now, passwordRefusedDelay)
	}
}

func (p *Password) fail(err error, now time.Time, delay time.Duration) {
	p.failure, p.retryAt = err, now.Add(delay)
}

// validFor reports whether the token is valid for at least ahead.
func (p *Password) validFor(now time.Time, ahead time.Duration) bool {
	return p.access != "" && now.Sub(p.received) < p.life-ahead
}

func (p *Password) header() string { return "Bearer " + p.access }
