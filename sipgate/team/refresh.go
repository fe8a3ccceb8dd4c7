package team

import (
	"context"
	"errors"
	"time"

	"callboard/sipgate"
)

var (
	errMoved   = errors.New("the stored grant is another one by now")
	errGarbled = errors.New("the answer with the new tokens cannot be read")
)

// refresh gets new tokens for gr and returns when they are stored: nil, or an
// error of Kind Unauthorized if only a sign-in helps, or else one of Kind
// Unavailable.
//
// It begins anew if the stored grant has changed meanwhile, and once more
// after an answer that cannot be read.
func (g *Grants) refresh(gr *grant) error {
	garbled := false
	for range 5 {
		generation, err := g.attempt(gr)
		switch {
		case errors.Is(err, errMoved):
		case errors.Is(err, errGarbled) && garbled:
			if g.bury(gr.member, generation) {
				return needsLogin
			}
		case errors.Is(err, errGarbled):
			garbled = true
			if !g.rest() {
				return unavailable(errClosed, 0)
			}
		default:
			return err
		}
	}
	return unavailable(errMoved, pause)
}

// attempt makes at most one token request, with the stored refresh token, and
// stores what it brings before it returns. The generation is that of the
// store afterwards.
func (g *Grants) attempt(gr *grant) (generation int64, err error) {
	r, err := g.stored(gr.member)
	if err != nil {
		return 0, err
	}
	if done, err := g.overtaken(gr, r.generation); done {
		return r.generation, err
	}
	if !g.intend(gr.member, r.generation) {
		return r.generation, errMoved
	}
	g.store.at("intent written")
	t, err := g.ask(r.refresh)
	received := time.Now()
	g.store.at("reply read")

	complete := err == nil && t.Access != ""
	if complete && t.Refresh == "" {
		t.Refresh = r.refresh // sipgate lets us keep it
	}
	generation = r.generation
	if t.Refresh != "" {
		stored, moved := g.save(gr, generation, t.Refresh)
		switch {
		case moved:
			return generation, errMoved
		case !stored && !complete:
			return generation, unavailable(errUnsaved, pause)
		}
		generation++
		g.store.at("after commit")
	}
	if !complete {
		return generation, g.judge(gr.member, generation, err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	gr.renew(generation, t, received)
	return generation, nil
}

// judge says what a token request that brought no access token means. The
// words are those of RFC 6749, section 5.2.
func (g *Grants) judge(m MemberID, generation int64, err error) error {
	var status int
	var code string
	if e, ok := errors.AsType[*sipgate.OAuthError](err); ok {
		status, code = e.Status, e.Code
	}
	switch {
	case code == "invalid_client" || code == "unauthorized_client" || status == 401:
		return unavailable(errors.Join(ErrClientRefused, err), maxBackoff)
	case err == nil || status/100 == 2:
		return errors.Join(errGarbled, err)
	case code != "invalid_grant":
		return unavailable(err, 0)
	}
	if !g.bury(m, generation) {
		return errMoved // by a sign-in
	}
	return needsLogin
}

// overtaken reports whether there is nothing to refresh any more: the member
// has signed in meanwhile, or is gone.
func (g *Grants) overtaken(gr *grant, generation int64) (bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.grants[gr.member] != gr {
		return true, needsLogin
	}
	return gr.generation == generation && gr.fresh(), nil
}

// ask makes the token request, within 10 seconds.
func (g *Grants) ask(refresh string) (sipgate.Tokens, error) {
	ctx, cancel := context.WithTimeout(g.ctx, reach)
	defer cancel()
	return g.refresher.Refresh(ctx, refresh)
}

// stored reads the grant of m, or returns an error that a caller may see.
func (g *Grants) stored(m MemberID) (row, error) {
	ctx, cancel := context.WithTimeout(g.ctx, reach)
	defer cancel()
	r, err := g.store.read(ctx, m)
	switch {
	case errors.Is(err, errNoGrant) || r.dead:
		return r, needsLogin
	case errors.Is(err, errUnsealed):
		g.log.Error("a stored grant cannot be decrypted", "member", m.String())
		g.bury(m, r.generation)
		return r, needsLogin
	case err != nil:
		return r, unavailable(err, pause)
	}
	return r, nil
}

// intend notes in the store that a refresh begins, and reports whether the
// stored grant is still of that generation. A store that takes no note does
// not stop the refresh: its result is kept in memory then.
func (g *Grants) intend(m MemberID, generation int64) bool {
	ctx, cancel := context.WithTimeout(g.ctx, reach)
	defer cancel()
	ok, err := g.store.intend(ctx, m, generation)
	if err != nil {
		g.log.Error("cannot store that a refresh begins", "member", m.String(), "error", err.Error())
	}
	return ok || err != nil
}

// bury marks the grant of m as worthless and reports whether it still was the
// stored one. If the store does not take it, the mark is in memory only, and
// the next start finds out again.
func (g *Grants) bury(m MemberID, generation int64) bool {
	ctx, cancel := context.WithTimeout(g.ctx, reach)
	defer cancel()
	ok, err := g.store.bury(ctx, m, generation)
	err = errors.Join(err, g.store.purge(ctx))
	if err != nil {
		g.log.Error("cannot store that a grant is worthless", "member", m.String(), "error", err.Error())
	}
	return ok || err != nil
}

// save stores the refresh token that follows upon a generation. If the store
// fails, the token is kept in memory and stored as soon as possible; moved
// tells that the stored grant is another one by now, and refresh of no use.
func (g *Grants) save(gr *grant, generation int64, refresh string) (stored, moved bool) {
	u := &unsaved{refresh, generation}
	stored, moved, err := g.replace(gr.member, u)
	if err == nil {
		return stored, moved
	}
	g.log.Error("cannot store a refresh token, keeping it in memory",
		"member", gr.member.String(), "error", err.Error())
	g.mu.Lock()
	gr.unsaved = u
	g.mu.Unlock()
	g.running.Go(func() { g.keepSaving(gr, u) })
	return false, false
}

// replace stores u, or finds that it was stored before although the database
// had said no.
func (g *Grants) replace(m MemberID, u *unsaved) (stored, moved bool, err error) {
	ctx, cancel := context.WithTimeout(g.ctx, reach)
	defer cancel()
	if stored, err = g.store.replace(ctx, m, u.generation, u.refresh); stored || err != nil {
		return stored, false, err
	}
	r, err := g.store.read(ctx, m)
	switch {
	case errors.Is(err, errNoGrant) || errors.Is(err, errUnsealed):
		return false, true, nil
	case err != nil:
		return false, false, err
	}
	stored = r.generation == u.generation+1 && r.refresh == u.refresh
	return stored, !stored, nil
}

// keepSaving tries to store u each 5 seconds, and a last time at shutdown,
// until it is stored or has been overtaken.
func (g *Grants) keepSaving(gr *grant, u *unsaved) {
	for open := true; open; {
		open = g.rest()
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
		g.log.Info("the refresh token is stored at last", "member", gr.member.String())
		return
	}
	g.log.Error("a refresh token is lost: the store did not take it before shutdown",
		"member", gr.member.String())
}

// rest waits 5 seconds and reports true, or false as soon as Close is called.
func (g *Grants) rest() bool {
	select {
	case <-time.After(pause):
		return true
	case <-g.closing:
		return false
	}
}
