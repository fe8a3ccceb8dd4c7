package homes

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callboard/web/cluster"
	"callboard/web/database"
	"callboard/web/database/databasetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A fakeControl is one process's, and notes with all others who acts for a team.
type fakeControl struct {
	t       testing.TB
	actors  *actors
	awaited []string

	mu     sync.Mutex
	teams  map[string]bool
	failed error
}

// actors are the processes that act for teams.
type actors struct {
	mu sync.Mutex
	of map[string]*fakeControl
}

// count returns the number of teams for which a process acts.
func (a *actors) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.of)
}

func (c *fakeControl) TakeOn(ctx context.Context, team string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed != nil || c.teams[team] {
		return c.failed
	}
	c.actors.mu.Lock()
	defer c.actors.mu.Unlock()
	if c.actors.of[team] != nil {
		c.t.Errorf("%s is taken on while another process acts for it", team)
	}
	c.actors.of[team], c.teams[team] = c, true
	return nil
}

func (c *fakeControl) GiveUp(_ context.Context, team string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.teams[team] {
		c.actors.mu.Lock()
		defer c.actors.mu.Unlock()
		delete(c.actors.of, team)
		delete(c.teams, team)
	}
	return nil
}

func (c *fakeControl) ActsFor(team string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.teams[team]
}

func (c *fakeControl) Quiet(string) bool { return true }

func (c *fakeControl) Awaited(context.Context) ([]string, error) { return c.awaited, nil }

// A process is a node with its teams.
type process struct {
	*Homes
	node    *cluster.Node
	db      *sql.DB
	control *fakeControl
	address string
}

// processes returns some over one database, which adopt teams soon.
func processes(t testing.TB, n int, awaited ...string) (all []*process) {
	t.Helper()
	return processesEvery(t, 200*time.Millisecond, n, awaited...)
}

// processesEvery are processes that adopt teams as often as every.
func processesEvery(t testing.TB, every time.Duration, n int, awaited ...string) (all []*process) {
	t.Helper()
	at := databasetest.Postgres(t)
	who := &actors{of: map[string]*fakeControl{}}
	for i := range n {
		id := cluster.NewID()
		address, err := cluster.Address(at, id)
		if err != nil {
			t.Fatal(err)
		}
		db, err := database.OpenPostgres(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		if err := database.Migrate(t.Context(), db.DB, "test", map[string]fs.FS{"cluster": cluster.Migrations}); err != nil {
			t.Fatal(err)
		}
		p := &process{db: db.DB, control: &fakeControl{t: t, actors: who, teams: map[string]bool{}, awaited: awaited}, address: string(rune('a' + i))}
		p.node, err = cluster.Start(t.Context(), db.DB, cluster.Options{ID: id, Address: p.address,
			Leaving: func(ctx context.Context, team string) { p.Leaving(ctx, team) }})
		if err != nil {
			t.Fatal(err)
		}
		p.Homes = newHomes(p.node, p.control, slog.New(slog.DiscardHandler), every)
		t.Cleanup(func() {
			p.Close()
			p.node.Close(context.Background())
		})
		all = append(all, p)
	}
	return all
}

// A team is taken on where it is asked for first, by all who ask at the same time, and
// others are told where it is.
func TestATeamIsTakenOnAtItsHome(t *testing.T) {
	t.Parallel()
	p := processes(t, 2)
	var asking sync.WaitGroup
	for range 10 {
		asking.Go(func() {
			if addr, here, err := p[0].Home(t.Context(), "t"); err != nil || !here || addr != "" || !p[0].control.ActsFor("t") {
				t.Errorf("at home: %q %v %v", addr, here, err)
			}
		})
	}
	asking.Wait()
	if addr, here, err := p[1].Home(t.Context(), "t"); err != nil || here || addr != "a" {
		t.Errorf("elsewhere: %q %v %v", addr, here, err)
	}
	if err := p[0].node.Release(t.Context(), "t"); err != nil || p[0].control.ActsFor("t") {
		t.Errorf("after it was given up: %v", err)
	}
	p[1].Moved("t", "a")
	if addr, here, err := p[1].Home(t.Context(), "t"); err != nil || !here || addr != "" || !p[1].control.ActsFor("t") {
		t.Errorf("at the next home: %q %v %v", addr, here, err)
	}
}

// A team that cannot be taken on is tried again by who asks next.
func TestATeamThatIsNotTakenOnIsTriedAgain(t *testing.T) {
	t.Parallel()
	p := processes(t, 1)
	p[0].control.failed = errors.New("the disk is gone")
	if _, _, err := p[0].Home(t.Context(), "t"); !errors.Is(err, p[0].control.failed) {
		t.Fatal(err)
	}
	p[0].control.mu.Lock()
	p[0].control.failed = nil
	p[0].control.mu.Unlock()
	if _, here, err := p[0].Home(t.Context(), "t"); err != nil || !here {
		t.Errorf("the next time: %v %v", here, err)
	}
}

// Teams for which somebody is signed in get a home, each one, although nobody asks.
func TestAwaitedTeamsAreAdopted(t *testing.T) {
	t.Parallel()
	var teams []string
	for i := range 20 {
		teams = append(teams, string(rune('A'+i)))
	}
	p := processes(t, 2, teams...)
	homes := func() (all []string) {
		p[0].control.actors.mu.Lock()
		defer p[0].control.actors.mu.Unlock()
		for team := range p[0].control.actors.of {
			all = append(all, team)
		}
		slices.Sort(all)
		return all
	}
	for end := time.Now().Add(time.Minute); !slices.Equal(homes(), teams); <-time.After(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("adopted: %v", homes())
		}
	}
}

// However teams move, and whoever asks for them, at most one process acts for a team, and
// who is told that a team is at home acts for it or was about to lose it.
func TestOneProcessActsForATeamWhileItMoves(t *testing.T) {
	t.Parallel()
	p := processes(t, 3)
	teams := []string{"s", "t", "u"}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	var running sync.WaitGroup
	for i := range 12 {
		running.Go(func() {
			for ctx.Err() == nil {
				x, team := p[rand.IntN(len(p))], teams[rand.IntN(len(teams))]
				switch {
				case i%4 == 0:
					x.node.HandOver(ctx, team, p[rand.IntN(len(p))].node.ID())
				default:
					if addr, here, err := x.Home(ctx, team); err == nil && !here {
						x.Moved(team, addr)
					}
				}
			}
		})
	}
	running.Wait()
	for _, team := range teams {
		for _, x := range p {
			x.Moved(team, "")
			if _, here, err := x.Home(t.Context(), team); err != nil || here != x.control.ActsFor(team) {
				t.Errorf("%s at %s in the end: %v, acts %v, %v", team, x.address, here, x.control.ActsFor(team), err)
			}
		}
	}
}

// Each process lists all nodes, and knows which one it is. One that is alone lists none.
func TestNodes(t *testing.T) {
	p := processes(t, 2)
	if _, here, err := p[1].Home(t.Context(), "one"); err != nil || !here {
		t.Fatal(here, err)
	}
	for i := range p {
		nodes, err := (&Member{node: p[i].node}).Nodes(t.Context())
		if err != nil || len(nodes) != 2 {
			t.Fatalf("%+v, %v", nodes, err)
		}
		for k, n := range nodes {
			if n.ID != p[k].node.ID() || n.Teams != k || n.State != "serving" || n.Here != (k == i) {
				t.Errorf("at %d: %+v", i, n)
			}
		}
	}
	var alone *Member
	if nodes, err := alone.Nodes(t.Context()); err != nil || nodes != nil {
		t.Errorf("alone: %+v, %v", nodes, err)
	}
}
