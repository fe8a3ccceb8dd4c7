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
	maxUsers     = 60 // whose devices are read: two minutes' worth of requests
)

// ExtensionOwners maps the extensions of an account to its users.
type ExtensionOwners struct {
	ByExtension map[Extension]sipgate.UserID // "" for an extension of several users
	Names       map[sipgate.UserID]string
	Loading     bool // more is being read
}

// cachedOwners is an ExtensionOwners that a Reader keeps.
type cachedOwners struct {
	ExtensionOwners
	triedAt  time.Time
	inFlight chan struct{} // closed when the read under way ends; nil without one
}

// ExtensionOwners returns the owners of an account's extensions, as far as they
// are known. It reads them at most once an hour, one request for each user at
// the pace of [Reader.Read], and waits for that no longer than until ctx is done.
func (r *Reader) ExtensionOwners(ctx context.Context, account string, sources func() []Source) ExtensionOwners {
	r.mu.Lock()
	a := r.account(account)
	o := &a.owners
	if o.inFlight == nil && time.Since(o.triedAt) >= ownersMaxAge && r.ctx.Err() == nil {
		o.inFlight, o.triedAt = make(chan struct{}), time.Now()
		r.tasks.Go(func() { r.loadOwners(a, sources) })
	}
	inFlight := o.inFlight
	r.mu.Unlock()
	wait(ctx, inFlight)
	r.mu.Lock()
	defer r.mu.Unlock()
	return ExtensionOwners{maps.Clone(o.ByExtension), maps.Clone(o.Names), o.inFlight != nil}
}

// loadOwners reads the users and their devices through the first source that
// sipgate does not refuse. Partial results are visible while it reads.
func (r *Reader) loadOwners(a *accountCache, sources func() []Source) {
	ctx, cancel := context.WithTimeout(r.ctx, 2*maxUsers*requestInterval)
	defer cancel()
	err := error(ErrNoSource)
	for _, s := range sources() {
		if err = r.readOwners(ctx, a, s); err == nil {
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	close(a.owners.inFlight)
	a.owners.inFlight = nil
	if err != nil {
		a.owners.triedAt = time.Now().Add(retryDelay - ownersMaxAge)
	}
}

func (r *Reader) readOwners(ctx context.Context, a *accountCache, s Source) error {
	users, err := inTurn(ctx, a, func() ([]sipgate.User, error) { return s.Users(ctx) })
	if err != nil {
		return err
	}
	for i, u := range users {
		r.setOwner(a, Extension(u.ID), u.ID)
		r.setName(a, u.ID, strings.TrimSpace(u.Firstname+" "+u.Lastname))
		if i >= maxUsers {
			continue
		}
		devices, err := inTurn(ctx, a, func() ([]sipgate.Device, error) { return s.Devices(ctx, u.ID) })
		switch k := sipgate.KindOf(err); {
		case err == nil:
		case k == sipgate.Forbidden, k == sipgate.Invalid: // for this user only
			continue
		default:
			return err
		}
		for _, d := range devices {
			r.setOwner(a, Extension(d.ID), u.ID)
			for _, l := range d.Phonelines {
				r.setOwner(a, Extension(l.ID), u.ID)
			}
		}
	}
	return nil
}

// setOwner records a user of an extension. An extension of several users has no
// owner.
func (r *Reader) setOwner(a *accountCache, x Extension, u sipgate.UserID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a.owners.ByExtension == nil {
		a.owners.ByExtension = map[Extension]sipgate.UserID{}
	}
	if owner, known := a.owners.ByExtension[x]; known && owner != u {
		u = ""
	}
	a.owners.ByExtension[x] = u
}

// setName records the name of a user.
func (r *Reader) setName(a *accountCache, u sipgate.UserID, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a.owners.Names == nil {
		a.owners.Names = map[sipgate.UserID]string{}
	}
	a.owners.Names[u] = name
}
