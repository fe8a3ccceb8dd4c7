// Package homes has this process act for the teams that are at home at its node, and for
// no other.
//
// It joins what knows nothing of each other: [cluster.Node] knows where a team is at
// home, a [Control] takes teams on and gives them up.
package homes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"callboard/web/cluster"
	"callboard/web/forward"
)

const (
	takeWithin  = 10 * time.Second // a team is taken on
	leaseLook   = 250 * time.Millisecond
	leaveAfter  = 2 * time.Second // without a lease: a quarter of it, which the node does not trust
	leaveWithin = 5 * time.Second // what is in progress for a team may take so long to end when it leaves
	adoptEvery  = 5 * time.Second // teams without a home are looked for, and get one, spread over the same time
)

// Control acts for teams.
type Control interface {
	// TakeOn begins to act for a team, GiveUp ceases to, and ActsFor reports which
	// of them was last. They may be called at the same time.
	TakeOn(ctx context.Context, team string) error
	GiveUp(ctx context.Context, team string) error
	ActsFor(team string) bool

	// Quiet reports whether another process can begin to act for a team unnoticed.
	Quiet(team string) bool

	// Awaited returns the teams for which somebody is signed in.
	Awaited(ctx context.Context) (teams []string, err error)
}

// Homes are the teams that are at home here. It is safe for concurrent use. A nil Homes
// has all.
type Homes struct {
	node    *cluster.Node
	control Control
	log     *slog.Logger
	every   time.Duration // teams without a home are looked for

	ctx  context.Context
	stop context.CancelFunc
	runs sync.WaitGroup

	mu    sync.Mutex
	stays map[string]*stay
}

// A stay is the time in which a team is at home here.
type stay struct {
	fence int64
	ready chan struct{} // closed when the team was taken on, or err says why not
	err   error
	gone  chan struct{} // closed when it was given up
}

// New returns the Homes of a node. Until Close it takes on teams for which somebody is
// signed in and that are at home nowhere.
func New(node *cluster.Node, control Control, log *slog.Logger) *Homes {
	return newHomes(node, control, log, adoptEvery)
}

func newHomes(node *cluster.Node, control Control, log *slog.Logger, every time.Duration) *Homes {
	h := &Homes{node: node, control: control, log: log, every: every, stays: map[string]*stay{}}
	h.ctx, h.stop = context.WithCancel(context.Background())
	h.runs.Go(h.adopt)
	h.runs.Go(h.watchLease)
	return h
}

// Close gives up all teams, and waits for that.
func (h *Homes) Close() {
	if h != nil {
		h.stop()
		h.runs.Wait()
	}
}

// Home returns whether a team is at home here, or else at which node. A team without a
// home may get one here, and is taken on then. Errors pass, see [cluster.RetryAfter]. That of
// a team that is about to move wraps [forward.ErrMoving].
func (h *Homes) Home(ctx context.Context, team string) (addr string, here bool, err error) {
	if h == nil {
		return "", true, nil
	}
	home, err := h.node.Claim(ctx, team)
	if err == nil && home.Here {
		err = h.takeOn(ctx, home)
	}
	if errors.Is(err, cluster.ErrMoving) || errors.Is(err, cluster.ErrElsewhere) {
		err = fmt.Errorf("%w: %w", forward.ErrMoving, err)
	}
	return home.Address, home.Here && err == nil, err
}

// Moved says that a node is not a team's home any more, or cannot be reached.
func (h *Homes) Moved(team, _ string) {
	if h != nil {
		h.node.Forget(team)
	}
}

// Leaving gives a team up that is about to move to another node. It is for
// [cluster.Options].
func (h *Homes) Leaving(ctx context.Context, team string) { h.giveUp(ctx, team) }

// takeOn waits until the team of a home is taken on.
func (h *Homes) takeOn(ctx context.Context, home cluster.Home) error {
	h.mu.Lock()
	s := h.stays[home.Team]
	if s == nil || s.fence != home.Fence {
		before := s
		s = &stay{fence: home.Fence, ready: make(chan struct{}), gone: make(chan struct{})}
		h.stays[home.Team] = s
		h.runs.Go(func() { h.stay(home, s, before) })
	}
	h.mu.Unlock()
	select {
	case <-s.ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.err == nil && !h.control.ActsFor(home.Team) {
		return h.begin(ctx, home.Team) // it was about to leave, and stays
	}
	return s.err
}

// stay takes the team of a home on, after the stay before has ended, and gives it up
// when the home is lost.
func (h *Homes) stay(home cluster.Home, s, before *stay) {
	defer close(s.gone)
	defer h.remove(home.Team, s)
	if before != nil {
		<-before.gone
	}
	if s.err = h.begin(h.ctx, home.Team); s.err != nil {
		h.remove(home.Team, s) // who asks from now on tries again
	}
	close(s.ready)
	if s.err != nil {
		if _, passes := cluster.RetryAfter(s.err); !passes {
			h.log.Error("take on team", "team", home.Team, "err", s.err)
		}
		return
	}
	select {
	case <-home.Lost:
	case <-h.ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaveWithin)
	defer cancel()
	h.giveUp(ctx, home.Team)
}

// begin takes a team on. It has its home here until that is done.
func (h *Homes) begin(ctx context.Context, team string) error {
	done, err := h.node.TakeOn(team)
	if err != nil {
		return err
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, takeWithin)
	defer cancel()
	return h.control.TakeOn(ctx, team)
}

func (h *Homes) giveUp(ctx context.Context, team string) {
	if err := h.control.GiveUp(ctx, team); err != nil {
		h.log.Error("give up team", "team", team, "err", err)
	}
}

func (h *Homes) remove(team string, s *stay) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stays[team] == s {
		delete(h.stays, team)
	}
}

// watchLease gives up all teams when the node has been without a lease for so long that
// other nodes may have taken them: pages are to look for them there. They come back with
// the next request if no other node has.
func (h *Homes) watchLease() {
	tick := time.NewTicker(leaseLook)
	defer tick.Stop()
	for without := time.Duration(0); ; {
		select {
		case <-h.ctx.Done():
			return
		case <-tick.C:
		}
		if h.node.Held() {
			without = 0
			continue
		}
		if without += leaseLook; without == leaveAfter {
			h.leaveAll()
		}
	}
}

// leaveAll gives up all teams, each as if it was alone: the database may be away.
func (h *Homes) leaveAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for team := range h.stays {
		h.runs.Go(func() {
			ctx, cancel := context.WithTimeout(h.ctx, leaveWithin)
			defer cancel()
			h.giveUp(ctx, team)
		})
	}
}

// adopt gives a home to teams for which somebody is signed in and that have none: those
// of a node that ended, or of a start. Their pages may be closed, but their calls go
// into the journal.
func (h *Homes) adopt() {
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-time.After(h.every/2 + rand.N(h.every)):
		}
		teams, err := h.homeless()
		if err != nil && h.ctx.Err() == nil {
			h.log.Warn("look for teams without a home", "err", err)
		}
		for begun, i := time.Now(), 0; i < len(teams); i++ {
			if _, _, err := h.Home(h.ctx, teams[i]); err != nil && h.ctx.Err() == nil {
				h.log.Info("adopt team", "team", teams[i], "err", err)
			}
			select {
			case <-h.ctx.Done():
				return
			case <-time.After(time.Until(begun.Add(h.every * time.Duration(i+1) / time.Duration(len(teams))))):
			}
		}
	}
}

// homeless returns the teams that should have a home and have none.
func (h *Homes) homeless() (teams []string, err error) {
	ctx, cancel := context.WithTimeout(h.ctx, takeWithin)
	defer cancel()
	awaited, err := h.control.Awaited(ctx)
	if err != nil {
		return nil, err
	}
	return h.node.Homeless(ctx, awaited)
}
