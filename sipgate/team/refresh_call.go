package team

import (
	"context"
	"errors"
	"time"

	"callboard/sipgate"
)

// A refreshCall is a refresh in progress, which all callers who need its result
// share. Its result may be read once done is closed.
type refreshCall struct {
	done   chan struct{}
	header string
	err    error
}

// start begins a refresh. The caller holds g.mu and has seen that none is in
// progress.
func (g *Grants) start(gr *grant) *refreshCall {
	call := &refreshCall{done: make(chan struct{})}
	gr.call = call
	g.running.Go(func() {
		err := g.refresh(gr)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.finish(gr, err)
		gr.call = nil
		if call.err = err; err == nil {
			call.header = gr.header()
		}
		close(call.done)
	})
	return call
}

// finish records the outcome of a refresh. The caller holds g.mu.
func (g *Grants) finish(gr *grant, err error) {
	switch {
	case err == nil:
		g.clientRefused = false
	case sipgate.KindOf(err) == sipgate.Unauthorized:
		gr.dead, gr.accessToken = true, ""
	default:
		if errors.Is(err, ErrClientRefused) {
			g.clientRefused = true
		}
		backoff := min(time.Second<<min(gr.failures, 10), maxBackoff)
		if e, ok := errors.AsType[*sipgate.Error](err); ok {
			backoff = min(max(backoff, e.RetryAfter), 2*maxBackoff)
			e.RetryAfter = backoff
		}
		gr.failures++
		gr.retryAt, gr.lastError = time.Now().Add(backoff), err
	}
	if err != nil {
		g.log.Warn("refresh failed", "member", gr.member.String(),
			"needs_login", gr.dead, "error", err.Error())
	}
}

// wait returns the result of the refresh, or an error of Kind Unavailable after
// waitTimeout or when ctx is done. The refresh goes on then.
func (c *refreshCall) wait(ctx context.Context) (string, error) {
	timer := time.NewTimer(waitTimeout)
	defer timer.Stop()
	select {
	case <-c.done:
		return c.header, c.err
	case <-ctx.Done():
		return "", unavailable(ctx.Err(), 0)
	case <-timer.C:
		return "", unavailable(errWaitTimeout, 0)
	}
}

// errNeedsLogin is returned if the member has no usable grant.
var errNeedsLogin = &sipgate.Error{Op: "refresh", Kind: sipgate.Unauthorized, Err: ErrNeedsLogin}

// unavailable returns an error for callers who may try again. Its MayHaveArrived
// is false: the request that needed the token was not sent.
func unavailable(cause error, retryAfter time.Duration) *sipgate.Error {
	return &sipgate.Error{Op: "refresh", Kind: sipgate.Unavailable, RetryAfter: retryAfter, Err: cause}
}
