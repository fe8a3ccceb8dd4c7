package simulator

import (
	"slices"
	"time"
)

// SetListLag makes GET /calls show the calls as they were so long ago: lists
// may be older than the commands that sipgate has carried out. 0 ends it.
func (s *Simulator) SetListLag(lag time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listLag = max(lag, 0)
}

// maxPast is how many earlier states of a call are kept.
const maxPast = 50

// listedState is what GET /calls shows of a call, until a change.
type listedState struct {
	until           time.Time
	hold, recording bool
	parties         []party
}

// remember keeps what the call is before it changes.
func (c *call) remember(now time.Time) {
	past := listedState{until: now, hold: c.hold, recording: c.recording}
	for _, p := range c.parties {
		past.parties = append(past.parties, *p)
	}
	c.past = append(c.past, past)
	if len(c.past) > maxPast {
		c.past = slices.Delete(c.past, 0, 1)
	}
}

// listedAt returns the call as GET /calls showed it at t, and false if it did
// not show it.
func (c *call) listedAt(t time.Time) (*call, bool) {
	if c.voicemail || c.answeredAt.IsZero() || c.answeredAt.After(t) || !c.endedAt.IsZero() && !c.endedAt.After(t) {
		return nil, false
	}
	i := slices.IndexFunc(c.past, func(p listedState) bool { return p.until.After(t) })
	if i < 0 {
		return c, true
	}
	shown := *c
	shown.hold, shown.recording, shown.parties = c.past[i].hold, c.past[i].recording, nil
	for _, p := range c.past[i].parties {
		shown.parties = append(shown.parties, &p)
	}
	return &shown, true
}
