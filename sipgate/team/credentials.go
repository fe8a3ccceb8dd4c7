package team

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"callboard/sipgate"
)

// A grant is what is in memory of a member's grant. Grants.mu guards it.
type grant struct {
	member     MemberID
	generation int64 // of the token in the store, or in unsaved
	dead       bool  // only a sign-in helps
	unsaved    *unsaved
	flight     *flight // the refresh under way, nil if there is none

	access   string // "" if there is none, or it was refused
	received time.Time
	life     time.Duration
	refused  bool      // the last access token was refused, not worn out
	renewed  time.Time // when a refused token was replaced by access; zero if none was

	failures int // refreshes that failed in a row, for a passing reason
	retry    time.Time
	failure  error // why the last one failed
}

// A flight is a refresh under way. Its result may be read once done is closed.
type flight struct {
	done   chan struct{}
	header string
	err    error
}

// unsaved is a refresh token that the store did not take. It follows upon the
// stored generation.
type unsaved struct {
	refresh    string
	generation int64
}

// renew takes over tokens whose refresh token is stored as generation. Tokens
// that are older than those at hand are left alone.
func (gr *grant) renew(generation int64, t sipgate.Tokens, received time.Time) {
	if generation < gr.generation {
		return
	}
	gr.generation, gr.dead = generation, false
	gr.access, gr.received, gr.life = t.Access, received, t.Lifetime
	if gr.life <= 0 {
		gr.life = assumedLife
	}
	gr.renewed = time.Time{}
	if gr.refused {
		gr.renewed = received
	}
	gr.refused = false
	gr.failures, gr.retry, gr.failure = 0, time.Time{}, nil
}

// fresh reports whether the access token is good for some time yet: a minute,
// or a fifth of its life if that is shorter.
func (gr *grant) fresh() bool {
	return gr.access != "" && time.Since(gr.received) < gr.life-min(ahead, gr.life/5)
}

// valid reports whether the access token has not expired.
func (gr *grant) valid() bool {
	return gr.access != "" && time.Since(gr.received) < gr.life
}

// header returns the value of the Authorization header.
func (gr *grant) header() string { return "Bearer " + gr.access }

// credentials are what a client of sipgate sees of a grant.
type credentials struct {
	grants *Grants
	member MemberID
}

// Credentials returns what authorises requests in the name of m. It may be
// asked for before there is a grant, and stays good when that is replaced.
//
// Its errors are *sipgate.Error: of Kind Unauthorized if m has to sign in, and
// otherwise Unavailable.
func (g *Grants) Credentials(m MemberID) sipgate.Credentials { return credentials{g, m} }

// Authorization implements [sipgate.Credentials]. It waits for a refresh, if
// one is due, at most 15 seconds.
func (c credentials) Authorization(ctx context.Context) (string, error) {
	return c.grants.authorize(ctx, c.member, "")
}

// Renew implements [sipgate.Credentials]. However many report one and the same
// token, it is replaced once. If its successor is refused within a minute too,
// the member has to sign in.
func (c credentials) Renew(ctx context.Context, refused string) (string, error) {
	return c.grants.authorize(ctx, c.member, refused)
}

// Format implements [fmt.Formatter]: no verb prints what is inside.
func (c credentials) Format(f fmt.State, _ rune) {
	io.WriteString(f, "credentials of "+c.member.String())
}

// LogValue implements [slog.LogValuer].
func (c credentials) LogValue() slog.Value {
	return slog.StringValue("credentials of " + c.member.String())
}

// authorize returns a header whose token is not the refused one.
func (g *Grants) authorize(ctx context.Context, m MemberID, refused string) (string, error) {
	g.mu.Lock()
	gr := g.grants[m]
	if gr != nil && refused != "" {
		g.refuse(gr, refused)
	}
	header, f, err := g.next(gr)
	g.mu.Unlock()
	if f == nil {
		return header, err
	}
	header, err = f.wait(ctx)
	if err == nil || sipgate.KindOf(err) == sipgate.Unauthorized {
		return header, err
	}
	// Nothing came of the refresh, or not in time: as long as the old token
	// lives, it is better than none.
	g.mu.Lock()
	defer g.mu.Unlock()
	if gr.valid() && !gr.dead {
		return gr.header(), nil
	}
	return "", err
}

// next decides what a caller gets: a header, a flight to wait for, or an
// error.
func (g *Grants) next(gr *grant) (string, *flight, error) {
	switch {
	case gr == nil || gr.dead:
		return "", nil, needsLogin
	case gr.fresh() && gr.flight == nil:
		return gr.header(), nil, nil
	case gr.flight != nil:
		return "", gr.flight, nil
	}
	err := gr.failure
	switch {
	case gr.unsaved != nil:
		err = unavailable(errUnsaved, pause)
	case g.closed:
		err = unavailable(errClosed, 0)
	case time.Until(gr.retry) <= 0:
		return "", g.launch(gr), nil
	}
	if gr.valid() {
		return gr.header(), nil, nil
	}
	return "", nil, err
}

// refuse notes that sipgate answered 401 to a header. If that was the present
// token, nobody gets it any more; and if it had replaced another refused one
// just before, a third will fare no better.
func (g *Grants) refuse(gr *grant, header string) {
	if gr.access == "" || header != gr.header() {
		return
	}
	gr.access, gr.refused = "", true
	if gr.renewed.IsZero() || time.Since(gr.renewed) >= proof || gr.dead {
		return
	}
	g.log.Warn("renewed access token refused, sign-in needed", "member", gr.member.String())
	gr.dead = true
	if generation := gr.generation; !g.closed {
		g.running.Go(func() { g.bury(gr.member, generation) })
	}
}

// launch begins a refresh. The caller holds g.mu and has seen that none is
// under way.
func (g *Grants) launch(gr *grant) *flight {
	f := &flight{done: make(chan struct{})}
	gr.flight = f
	g.running.Go(func() {
		err := g.refresh(gr)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.land(gr, err)
		gr.flight = nil
		if f.err = err; err == nil {
			f.header = gr.header()
		}
		close(f.done)
	})
	return f
}

// land takes note of how a refresh ended.
func (g *Grants) land(gr *grant, err error) {
	switch {
	case err == nil:
		g.clientRefused = false
	case sipgate.KindOf(err) == sipgate.Unauthorized:
		gr.dead, gr.access = true, ""
	default:
		if errors.Is(err, ErrClientRefused) {
			g.clientRefused = true
		}
		wait := min(time.Second<<min(gr.failures, 10), maxBackoff)
		if e, ok := errors.AsType[*sipgate.Error](err); ok {
			wait = min(max(wait, e.RetryAfter), 2*maxBackoff)
			e.RetryAfter = wait
		}
		gr.failures++
		gr.retry, gr.failure = time.Now().Add(wait), err
	}
	if err != nil {
		g.log.Warn("refresh failed", "member", gr.member.String(),
			"needs_login", gr.dead, "error", err.Error())
	}
}

// wait returns the result of the flight, or an error of Kind Unavailable after
// 15 seconds or when ctx is done. The flight goes on all the same.
func (f *flight) wait(ctx context.Context) (string, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-f.done:
		return f.header, f.err
	case <-ctx.Done():
		return "", unavailable(ctx.Err(), 0)
	case <-timer.C:
		return "", unavailable(errTooLong, 0)
	}
}

// needsLogin is the error of everybody who asks for a grant that is none.
var needsLogin = &sipgate.Error{Op: "refresh", Kind: sipgate.Unauthorized, Err: ErrNeedsLogin}

// unavailable makes the error of those who may come again. It never says that
// a request may have arrived: the one that was to be authorised was not sent.
func unavailable(cause error, retryAfter time.Duration) *sipgate.Error {
	return &sipgate.Error{Op: "refresh", Kind: sipgate.Unavailable, RetryAfter: retryAfter, Err: cause}
}
