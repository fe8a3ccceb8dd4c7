package stats

import (
	"context"
	"maps"
	"strings"
	"time"

	"callboard/sipgate"
)

const (
	ownersMaxAge = time.Hour
	maxUsers     = 60 // whose telephones are asked for: two minutes' worth of requests
)

// A Crew is who the users of a team are, as far as it is known.
type ExtensionOwners struct {
	ByExtension map[Extension]sipgate.UserID // whose the extensions are; "" if several users'
	Names       map[sipgate.UserID]string
	Loading     bool // there is more to come
}

// A crew is what a Reader keeps of a Crew.
type cachedOwners struct {
	ExtensionOwners
	triedAt  time.Time
	inFlight chan struct{}
}

// Crew tells who an account's users are. It asks sipgate once an hour, one
// request for each user in the pace of Read, and waits no longer for that than
// until ctx is done.
func (r *Reader) ExtensionOwners(ctx context.Context, account string, may func() []Source) ExtensionOwners {
	r.mu.Lock()
	t := r.account(account)
	c := &t.owners
	if c.inFlight == nil && time.Since(c.triedAt) >= ownersMaxAge && r.ctx.Err() == nil {
		c.inFlight, c.triedAt = make(chan struct{}), time.Now()
		r.tasks.Go(func() { r.loadOwners(t, may) })
	}
	flight := c.inFlight
	r.mu.Unlock()
	wait(ctx, flight)
	r.mu.Lock()
	defer r.mu.Unlock()
	return ExtensionOwners{maps.Clone(c.ByExtension), maps.Clone(c.Names), c.inFlight != nil}
}

// muster asks for the users and their telephones. What is known is told as it
// comes; who refuses is asked no further.
func (r *Reader) loadOwners(t *accountCache, may func() []Source) {
	ctx, cancel := context.WithTimeout(r.ctx, 2*maxUsers*requestInterval)
	defer cancel()
	err := error(ErrNoSource)
	for _, s := range may() {
		if err = r.readOwners(ctx, t, s); err == nil {
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	close(t.owners.inFlight)
	t.owners.inFlight = nil
	if err != nil {
		t.owners.triedAt = time.Now().Add(retryDelay - ownersMaxAge)
	}
}

func (r *Reader) readOwners(ctx context.Context, t *accountCache, s Source) error {
	users, err := inTurn(ctx, t, func() ([]sipgate.User, error) { return s.Users(ctx) })
	if err != nil {
		return err
	}
	for i, u := range users {
		r.setOwner(t, Extension(u.ID), u.ID)
		r.setName(t, u.ID, strings.TrimSpace(u.Firstname+" "+u.Lastname))
		if i >= maxUsers {
			continue
		}
		devices, err := inTurn(ctx, t, func() ([]sipgate.Device, error) { return s.Devices(ctx, u.ID) })
		switch k := sipgate.KindOf(err); {
		case err == nil:
		case k == sipgate.Forbidden, k == sipgate.Invalid: // of this user only
			continue
		default:
			return err
		}
		for _, d := range devices {
			r.setOwner(t, Extension(d.ID), u.ID)
			for _, l := range d.Phonelines {
				r.setOwner(t, Extension(l.ID), u.ID)
			}
		}
	}
	return nil
}

// learn notes whose an extension is. What rings at several users is shared.
func (r *Reader) setOwner(t *accountCache, x Extension, u sipgate.UserID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.owners.ByExtension == nil {
		t.owners.ByExtension = map[Extension]sipgate.UserID{}
	}
	if was, known := t.owners.ByExtension[x]; known && was != u {
		u = ""
	}
	t.owners.ByExtension[x] = u
}

// call notes the name of a user.
func (r *Reader) setName(t *accountCache, u sipgate.UserID, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.owners.Names == nil {
		t.owners.Names = map[sipgate.UserID]string{}
	}
	t.owners.Names[u] = name
}
