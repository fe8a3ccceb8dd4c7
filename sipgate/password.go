package sipgate

import (
	"context"
	"errors"
	"time"
)

// Password is the credential of somebody whose name and password are known,
// the first of the two methods of sipgate's guide. It fetches an access token
// when there is none, when it is about to expire, and once for each that
// sipgate refuses. A personal access token is the better way: it can be
// withdrawn alone. It prints as "[redacted]".
type Password struct {
	oauth          *OAuth
	user, password string

	lock chan struct{} // is full while somebody holds the fields below

	access   string // "" if there is none, or it was refused
	received time.Time
	life     time.Duration
	refused  bool      // the token before was refused
	replaced bool      // access came in place of one that was
	retryAt  time.Time // after a failure, no request before
	failure  error

	hidden
}

const (
	passwordRefreshLead  = time.Minute      // a token is replaced so long before it expires, or a fifth of its life
	passwordRefusedDelay = 30 * time.Second // after a refusal: attempts may lock an account
	passwordRetryDelay   = 5 * time.Second  // after no answer
)

// errRefusedAgain tells that a token that was just fetched fares no better than
// the one before.
var errRefusedAgain = &Error{Op: "password", Kind: Unauthorized, Err: errors.New("a new token was refused too")}

// NewPassword returns the credential. Of o only TokenURL, ClientID,
// ClientSecret and HTTP are used; [PasswordTokenURL] tells the first.
func NewPassword(o *OAuth, user, password string) *Password {
	return &Password{oauth: o, user: user, password: password, lock: make(chan struct{}, 1)}
}

// Authorization implements [Credentials]. However many ask, one token is
// fetched at a time. After a failure the same error is returned, without
// another request, for 30 s if sipgate has refused and for 5 s if it was not
// reached; but as long as an old token lives, that is used.
func (p *Password) Authorization(ctx context.Context) (string, error) { return p.get(ctx, "") }

// Renew implements [Credentials]. However many report one and the same token,
// it is replaced once. If its successor is refused within 30 s too, so is the
// password for as long.
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

// fetch asks for a token and takes note of the answer. That the caller went
// away says nothing about the password.
func (p *Password) fetch(ctx context.Context) {
	t, err := p.oauth.Password(ctx, p.user, p.password)
	now := time.Now()
	switch {
	case err == nil:
		p.access, p.received, p.life = t.Access, now, t.Life
		p.replaced, p.refused = p.refused, false
		p.retryAt, p.failure = time.Time{}, nil
	case ctx.Err() != nil:
	case KindOf(err) == Unavailable:
		p.fail(err, now, passwordRetryDelay)
	default:
		p.fail(err, now, passwordRefusedDelay)
	}
}

func (p *Password) fail(err error, now time.Time, rest time.Duration) {
	p.failure, p.retryAt = err, now.Add(rest)
}

// lives reports whether the token is good for some time yet.
func (p *Password) validFor(now time.Time, ahead time.Duration) bool {
	return p.access != "" && now.Sub(p.received) < p.life-ahead
}

func (p *Password) header() string { return "Bearer " + p.access }
