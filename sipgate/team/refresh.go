package team

import (
	"context"
	"errors"
	"time"

	"callboard/sipgate"
)

var (
	errSuperseded = errors.New("the stored grant was replaced meanwhile")
	errUnreadable = errors.New("the response with the new tokens cannot be read")
)

// refresh gets new tokens for gr and returns when they are stored: nil, or an
// error of Kind Unauthorized if the member has to sign in, or else of Kind
// Unavailable.
//
// It starts over if the stored grant was replaced meanwhile, and tries once
// more after a response that cannot be read.
func (g *Grants) refresh(gr *grant) error {
	retried := false
	for range 5 {
		generation, err := g.attempt(gr)
		switch {
		case errors.Is(err, errSuperseded):
		case errors.Is(err, errUnreadable) && retried:
			if g.markDead(gr.member, generation) {
				return errNeedsLogin
			}
		case errors.Is(err, errUnreadable):
			retried = true
			if !g.pause() {
				return unavailable(errClosed, 0)
			}
		default:
			return err
		}
	}
	return unavailable(errSuperseded, retryPause)
}

// attempt sends at most one token request, with the stored refresh token, and
// stores the new one before it returns. It returns the generation that is
// stored then.
func (g *Grants) attempt(gr *grant) (generation int64, err error) {
	stored, err := g.read(gr.member)
	if err != nil {
		return 0, err
	}
	if done, err := g.alreadyDone(gr, stored.generation); done {
		return stored.generation, err
	}
	if !g.markRefreshing(gr.member, stored.generation) {
		return stored.generation, errSuperseded
	}
	g.store.checkpoint("intent written")
	t, err := g.request(stored.refreshToken)
	received := time.Now()
	g.store.checkpoint("reply read")

	complete := err == nil && t.Access != ""
	if complete && t.Refresh == "" {
		t.Refresh = stored.refreshToken // RFC 6749, section 6: the old one stays valid
	}
	generation = stored.generation
	if t.Refresh != "" {
		saved, superseded := g.save(gr, generation, t.Refresh)
		switch {
		case superseded:
			return generation, errSuperseded
		case !saved && !complete:
			return generation, unavailable(errUnsaved, retryPause)
		}
		generation++
		g.store.checkpoint("after commit")
	}
	if !complete {
		return generation, g.classify(gr.member, generation, err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	gr.setTokens(generation, t, received)
	return generation, nil
}

// classify returns the error for a token request that returned no access token,
// by the codes of RFC 6749, section 5.2.
func (g *Grants) classify(id MemberID, generation int64, err error) error {
	var status int
	var code string
	if e, ok := errors.AsType[*sipgate.OAuthError](err); ok {
		status, code = e.Status, e.Code
	}
	switch {
	case code == "invalid_client" || code == "unauthorized_client" || status == 401:
		return unavailable(errors.Join(ErrClientRefused, err), maxBackoff)
	case err == nil || status/100 == 2:
		return errors.Join(errUnreadable, err)
	case code != "invalid_grant":
		return unavailable(err, 0)
	}
	if !g.markDead(id, generation) {
		return errSuperseded // by a sign-in
	}
	return errNeedsLogin
}

// alreadyDone reports whether no refresh is needed any more, because the member
// has signed in meanwhile, or errNeedsLogin because the grant was dropped.
func (g *Grants) alreadyDone(gr *grant, generation int64) (bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.grants[gr.member] != gr {
		return true, errNeedsLogin
	}
	return gr.generation == generation && gr.fresh(), nil
}

// request sends the token request.
func (g *Grants) request(refreshToken string) (sipgate.Tokens, error) {
	ctx, cancel := context.WithTimeout(g.ctx, requestTimeout)
	defer cancel()
	return g.refresher.Refresh(ctx, refreshToken)
}

// read reads the stored grant. Its errors may be returned to callers.
func (g *Grants) read(id MemberID) (storedGrant, error) {
	ctx, cancel := context.WithTimeout(g.ctx, requestTimeout)
	defer cancel()
	stored, err := g.store.read(ctx, id)
	switch {
	case errors.Is(err, errNoGrant) || stored.dead:
		return stored, errNeedsLogin
	case errors.Is(err, errSealBroken):
		g.log.Error("decrypt stored grant", "member", id.String(), "error", err.Error())
		g.markDead(id, stored.generation)
		return stored, errNeedsLogin
	case err != nil:
		return stored, unavailable(err, retryPause)
	}
	return stored, nil
}

// markRefreshing stores that a refresh begins, and reports whether the stored
// grant still has that generation. If the database fails, the refresh goes on
// all the same: its result is kept in memory then.
func (g *Grants) markRefreshing(id MemberID, generation int64) bool {
	ctx, cancel := context.WithTimeout(g.ctx, requestTimeout)
	defer cancel()
	ok, err := g.store.markRefreshing(ctx, id, generation)
	if err != nil {
		g.log.Error("store start of refresh", "member", id.String(), "error", err.Error())
	}
	return ok || err != nil
}

// markDead stores that sipgate no longer accepts a grant, and reports whether it
// was still the stored one. If the database fails, that is known in memory only
// and found out again after a restart.
func (g *Grants) markDead(id MemberID, generation int64) bool {
	ctx, cancel := context.WithTimeout(g.ctx, requestTimeout)
	defer cancel()
	ok, err := g.store.markDead(ctx, id, generation)
	err = errors.Join(err, g.store.purge(ctx))
	if err != nil {
		g.log.Error("store end of grant", "member", id.String(), "error", err.Error())
	}
	return ok || err != nil
}

// save stores the refresh token that follows a generation. If the database
// fails, it keeps the token in memory and goes on trying to store it.
// Superseded reports that the stored grant was replaced meanwhile, so that the
// token is of no use.
func (g *Grants) save(gr *grant, generation int64, refreshToken string) (saved, superseded bool) {
	u := &unsavedToken{refreshToken, generation}
	saved, superseded, err := g.replace(gr.member, u)
	if err == nil {
		return saved, superseded
	}
	g.log.Error("store refresh token, keep it in memory", "member", gr.member.String(), "error", err.Error())
	g.mu.Lock()
	gr.unsaved = u
	g.mu.Unlock()
	g.running.Go(func() { g.keepSaving(gr, u) })
	return false, false
}

// replace stores u, or finds that an earlier try stored it although the
// database had reported an error.
func (g *Grants) replace(id MemberID, u *unsavedToken) (saved, superseded bool, err error) {
	ctx, cancel := context.WithTimeout(g.ctx, requestTimeout)
	defer cancel()
	if saved, err = g.store.replace(ctx, id, u.generation, u.refreshToken); saved || err != nil {
		return saved, false, err
	}
	stored, err := g.store.read(ctx, id)
	switch {
	case errors.Is(err, errNoGrant) || errors.Is(err, errSealBroken):
		return false, true, nil
	case err != nil:
		return false, false, err
	}
	saved = stored.generation == u.generation+1 && stored.refreshToken == u.refreshToken
	return saved, !saved, nil
}

// keepSaving tries to store u every retryPause, and a last time at shutdown,
// until it is stored or superseded.
func (g *Grants) keepSaving(gr *grant, u *unsavedToken) {
	for open := true; open; {
		open = g.pause()
		g.mu.Lock()
		wanted := gr.unsaved == u
		g.mu.Unlock()
		if !wanted {
			return
		}
		if _, _, err := g.replace(gr.member, u); err != nil {
			continue
		}
		g.mu.Lock()
		if gr.unsaved == u {
			gr.unsaved = nil
		}
		g.mu.Unlock()
		g.log.Info("refresh token stored after retries", "member", gr.member.String())
		return
	}
	g.log.Error("refresh token lost at shutdown", "member", gr.member.String())
}

// pause waits for retryPause and returns true, or false as soon as Close is
// called.
func (g *Grants) pause() bool {
	select {
	case <-time.After(retryPause):
		return true
	case <-g.closing:
		return false
	}
}
