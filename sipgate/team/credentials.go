package team

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"callboard/sipgate"
)

// credentials give a sipgate client access to the grant of one member.
type credentials struct {
	grants *Grants
	member MemberID
}

// Credentials returns the credentials for requests on behalf of a member. They
// may be created before there is a grant, and stay usable when it is replaced.
//
// Their errors are [*sipgate.Error]: of Kind Unauthorized, with ErrNeedsLogin,
// if the member has to sign in, and of Kind Unavailable otherwise.
func (g *Grants) Credentials(id MemberID) sipgate.Credentials { return credentials{g, id} }

// Authorization implements [sipgate.Credentials]. If a refresh is due, it waits
// for it, at most 15 seconds.
func (c credentials) Authorization(ctx context.Context) (string, error) {
	return c.grants.authorize(ctx, c.member, "")
}

// Renew implements [sipgate.Credentials]. However many callers report the same
// refused token, it is replaced once. If the new token is refused within a
// minute too, the member has to sign in.
func (c credentials) Renew(ctx context.Context, refused string) (string, error) {
	return c.grants.authorize(ctx, c.member, refused)
}

// Format implements [fmt.Formatter]: no verb prints the tokens.
func (c credentials) Format(f fmt.State, _ rune) {
	io.WriteString(f, "credentials of "+c.member.String())
}

// LogValue implements [slog.LogValuer].
func (c credentials) LogValue() slog.Value {
	return slog.StringValue("credentials of " + c.member.String())
}

// authorize returns a header whose token is not the refused one.
func (g *Grants) authorize(ctx context.Context, id MemberID, refused string) (string, error) {
	g.mu.Lock()
	gr := g.grants[id]
	if gr != nil && refused != "" {
		g.invalidate(gr, refused)
	}
	header, call, err := g.headerOrCall(gr)
	g.mu.Unlock()
	if call == nil {
		return header, err
	}
	header, err = call.wait(ctx)
	if err == nil || sipgate.KindOf(err) == sipgate.Unauthorized {
		return header, err
	}
	// The refresh failed or takes too long. The old token may still be valid.
	g.mu.Lock()
	defer g.mu.Unlock()
	if gr.valid() && !gr.dead {
		return gr.header(), nil
	}
	return "", err
}

// headerOrCall decides what a caller gets: a header, a refresh to wait for, or
// an error. The caller holds g.mu.
func (g *Grants) headerOrCall(gr *grant) (string, *refreshCall, error) {
	switch {
	case gr == nil || gr.dead:
		return "", nil, errNeedsLogin
	case gr.call != nil:
		return "", gr.call, nil
	case gr.fresh():
		return gr.header(), nil, nil
	}
	err := gr.lastError
	switch {
	case gr.unsaved != nil:
		err = unavailable(errUnsaved, retryPause)
	case g.closed:
		err = unavailable(errClosed, 0)
	case time.Until(gr.retryAt) <= 0:
		return "", g.start(gr), nil
	}
	if gr.valid() {
		return gr.header(), nil, nil
	}
	return "", nil, err
}

// invalidate records that sipgate answered 401 to a header. If that has the
// present access token, no caller gets it any more. If that token had itself
// replaced a refused one within reuseWindow, a third would be refused as well,
// and the grant is dead. The caller holds g.mu.
func (g *Grants) invalidate(gr *grant, header string) {
	if gr.accessToken == "" || header != gr.header() {
		return
	}
	gr.accessToken, gr.refused = "", true
	if gr.renewed.IsZero() || time.Since(gr.renewed) >= reuseWindow || gr.dead {
		return
	}
	g.log.Warn("renewed access token refused, sign-in needed", "member", gr.member.String())
	gr.dead = true
	if generation := gr.generation; !g.closed {
		g.running.Go(func() { g.markDead(gr.member, generation) })
	}
}
