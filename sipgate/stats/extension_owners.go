package stats

import (
	"context"
	"maps"
	"strings"
	"time"

	"callboard/sipgate"
)

const (
	crewKeeps  = time.Hour
	mostPeople = 60 // whose telephones are asked for: two minutes' worth of requests
)

// A Crew is who the users of a team are, as far as it is known.
type Crew struct {
	Owners map[Extension]sipgate.UserID // whose the extensions are; "" if several users'
	Names  map[sipgate.UserID]string
	Busy   bool // there is more to come
}

// A crew is what a Reader keeps of a Crew.
type crew struct {
	Crew
	tried  time.Time
	flight chan struct{}
}

// Crew tells who an account's users are. It asks sipgate once an hour, one
// request for each user in the pace of Read, and waits no longer for that than
// until ctx is done.
func (r *Reader) Crew(ctx context.Context, account string, may func() []Source) Crew {
	r.mu.Lock()
	t := r.team(account)
	c := &t.crew
	if c.flight == nil && time.Since(c.tried) >= crewKeeps && r.ctx.Err() == nil {
		c.flight, c.tried = make(chan struct{}), time.Now()
		r.tasks.Go(func() { r.muster(t, may) })
	}
	flight := c.flight
	r.mu.Unlock()
	landed(ctx, flight)
	r.mu.Lock()
	defer r.mu.Unlock()
	return Crew{maps.Clone(c.Owners), maps.Clone(c.Names), c.flight != nil}
}

// muster asks for the users and their telephones. What is known is told as it
// comes; who refuses is asked no further.
func (r *Reader) muster(t *team, may func() []Source) {
	ctx, cancel := context.WithTimeout(r.ctx, 2*mostPeople*pause)
	defer cancel()
	err := error(ErrNobody)
	for _, s := range may() {
		if err = r.telephones(ctx, t, s); err == nil {
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	close(t.crew.flight)
	t.crew.flight = nil
	if err != nil {
		t.crew.tried = time.Now().Add(again - crewKeeps)
	}
}

func (r *Reader) telephones(ctx context.Context, t *team, s Source) error {
	users, err := ask(ctx, t, func() ([]sipgate.User, error) { return s.Users(ctx) })
	if err != nil {
		return err
	}
	for i, u := range users {
		r.learn(t, Extension(u.ID), u.ID)
		r.call(t, u.ID, strings.TrimSpace(u.Firstname+" "+u.Lastname))
		if i >= mostPeople {
			continue
		}
		devices, err := ask(ctx, t, func() ([]sipgate.Device, error) { return s.Devices(ctx, u.ID) })
		switch k := sipgate.KindOf(err); {
		case err == nil:
		case k == sipgate.Forbidden, k == sipgate.Invalid: // of this user only
			continue
		default:
			return err
		}
		for _, d := range devices {
			r.learn(t, Extension(d.ID), u.ID)
			for _, l := range d.Phonelines {
				r.learn(t, Extension(l.ID), u.ID)
			}
		}
	}
	return nil
}

// learn notes whose an extension is. What rings at several users is shared.
func (r *Reader) learn(t *team, x Extension, u sipgate.UserID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.crew.Owners == nil {
		t.crew.Owners = map[Extension]sipgate.UserID{}
	}
	if was, known := t.crew.Owners[x]; known && was != u {
		u = ""
	}
	t.crew.Owners[x] = u
}

// call notes the name of a user.
func (r *Reader) call(t *team, u sipgate.UserID, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.crew.Names == nil {
		t.crew.Names = map[sipgate.UserID]string{}
	}
	t.crew.Names[u] = name
}
