package cluster

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"
)

// Three nodes claim a thousand teams at the same time, each team from all of them: each
// team has one home, and all agree where it is.
func TestEachTeamHasOneHome(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	nodes := []*testNode{r.startAt(newLink(r), Options{}), r.startAt(newLink(r), Options{}), r.startAt(newLink(r), Options{})}
	const teams = 1000
	found := [3][teams]Home{}
	var all sync.WaitGroup
	for i, n := range nodes {
		for worker := range 8 {
			all.Go(func() {
				for k := worker; k < teams; k += 8 {
					h, err := n.Claim(t.Context(), team(k))
					if err != nil {
						t.Error(err)
						return
					}
					found[i][k] = h
				}
			})
		}
	}
	all.Wait()
	total := 0
	for _, n := range nodes {
		total += n.Homes()
	}
	same(t, "homes", total, teams)
	for k := range teams {
		here := 0
		for i, n := range nodes {
			h := found[i][k]
			if h.Here {
				here++
				same(t, "node", h.Node, n.ID())
			}
			if h.Node != found[0][k].Node || h.Fence != 1 {
				t.Errorf("%s is at %s with fence %d, and at %s", team(k), h.Node, h.Fence, found[0][k].Node)
			}
		}
		same(t, "nodes where "+team(k)+" is at home", here, 1)
	}
}

func TestManyCallsShareOneClaim(t *testing.T) {
	r := newRig(t)
	n := r.start()
	n.link.set(linkStalled)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if h, err := n.Claim(t.Context(), "one"); err != nil || !h.Here {
				t.Errorf("%+v, %v", h, err)
			}
		})
	}
	n.link.set(linkOpen)
	all.Wait()
	for range 100 {
		if h, err := n.Claim(t.Context(), "one"); err != nil || !h.Here {
			t.Errorf("%+v, %v", h, err)
		}
	}
	// One to read, one to insert, one to read what was inserted.
	same(t, "reads", n.Counts().Reads, 2)
	same(t, "claims", n.Counts().Claims, 1)
}

// A node that does not come back loses each home when it is needed, and only then.
func TestTakeover(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long until a lease ends")
	}
	r := newRig(t)
	a, b := r.start(), r.start()
	for k := range 3 {
		same(t, "fence", r.claim(a, team(k)).Fence, 1)
	}
	lost := r.claim(a, team(0)).Lost
	if h := r.claim(b, team(0)); h.Here || h.Node != a.ID() || h.Address != "node-"+a.ID() {
		t.Errorf("as b sees it: %+v", h)
	}
	a.link.set(linkCut)
	r.until("the takeover", func() error {
		h, err := b.Claim(t.Context(), team(0))
		if err == nil && !h.Here {
			return errors.New("still at a")
		} else if err == nil {
			same(t, "fence", h.Fence, 2)
			if a.Held() {
				t.Error("a still has its lease")
			}
		}
		return err
	})
	same(t, "homes of b", b.Homes(), 1)
	a.link.set(linkOpen)
	<-a.Done()
	<-lost
	if err := a.Err(); !errors.Is(err, ErrReplaced) {
		t.Errorf("a ends with %v", err)
	}
	same(t, "homes of a", a.Homes(), 0)
	if _, err := a.Claim(t.Context(), team(1)); !errors.Is(err, ErrNoLease) {
		t.Errorf("a replaced node claims: %v", err)
	}
	same(t, "fence", r.claim(b, team(1)).Fence, 2)
}

func TestReleaseWaitsForWhatWasBegun(t *testing.T) {
	r := newRig(t)
	a, b := r.start(), r.start()
	r.claim(a, "one")
	done, err := a.Act("one")
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := a.Release(short, "one"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("release of a busy team: %v", err)
	}
	released := make(chan error)
	go func() { released <- a.HandOver(t.Context(), "one", b.ID()) }()
	r.until("the refusal", func() error {
		more, err := a.Act("one")
		if err == nil {
			more()
			return errors.New("not refused yet")
		} else if !errors.Is(err, ErrMoving) {
			t.Errorf("act on a moving team: %v", err)
		}
		return nil
	})
	if h := r.claim(b, "one"); h.Here {
		t.Errorf("b has the home already: %+v", h)
	}
	done()
	if err := <-released; err != nil {
		t.Fatal(err)
	}
	b.Forget("one")
	if h := r.claim(b, "one"); !h.Here || h.Fence != 2 {
		t.Errorf("b after the handover: %+v", h)
	}
	if h := r.claim(a, "one"); h.Here || h.Node != b.ID() {
		t.Errorf("a after the handover: %+v", h)
	}
	if _, err := a.Act("one"); !errors.Is(err, ErrElsewhere) {
		t.Errorf("act on a team elsewhere: %v", err)
	}
}

// While a home is about to be given up nobody gets it, and what is in progress for its team
// can end.
func TestWhatIsInProgressEndsBeforeAHomeIsGivenUp(t *testing.T) {
	r := newRig(t)
	var a *testNode
	called := 0
	leaving := func(_ context.Context, team string) {
		if called++; called > 1 {
			if _, err := a.Act(team); !errors.Is(err, ErrMoving) {
				t.Errorf("something begins for a team that leaves: %v", err)
			}
			return
		}
		if _, err := a.Claim(t.Context(), team); !errors.Is(err, ErrMoving) {
			t.Errorf("a home that is about to be given up: %v", err)
		}
		done, err := a.Act(team)
		if err != nil {
			t.Fatalf("what is in progress cannot end: %v", err)
		}
		done()
		if _, err := a.TakeOn(team); !errors.Is(err, ErrMoving) {
			t.Errorf("taken on while it is about to be given up: %v", err)
		}
		if err := a.Release(t.Context(), team); !errors.Is(err, ErrElsewhere) {
			t.Errorf("given up twice: %v", err)
		}
	}
	a = r.startAt(newLink(r), Options{Leaving: leaving})
	r.claim(a, "one")
	if err := a.Release(t.Context(), "one"); err != nil || called != 2 {
		t.Errorf("called %d times, %v", called, err)
	}
	if _, err := a.Act("one"); !errors.Is(err, ErrElsewhere) {
		t.Errorf("act on a team that was given up: %v", err)
	}
}

// Teams without a home, and those that were handed to this node, are to be claimed: of
// the first ones a node's share, so that nodes have as many.
func TestHomeless(t *testing.T) {
	r := newRig(t)
	a, b := r.start(), r.start()
	r.claim(a, "at a")
	r.claim(b, "at b")
	r.claim(a, "given up")
	r.claim(a, "handed over")
	gone := r.start()
	r.claim(gone, "of one that ended")
	if err := errors.Join(a.Release(t.Context(), "given up"), a.HandOver(t.Context(), "handed over", b.ID()), gone.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	homeless := []string{"given up", "of one that ended", "new"}
	all := append([]string{"at a", "at b", "handed over"}, homeless...)
	shared := map[string]bool{}
	for _, c := range []struct {
		node  *testNode
		given []string
		share int
	}{
		{a, nil, 2}, // of six teams it has one
		{b, []string{"handed over"}, 1},
	} {
		got, err := c.node.Homeless(t.Context(), all)
		if err != nil {
			t.Fatal(err)
		}
		own := len(c.given)
		if len(got) != own+c.share || !slices.Equal(got[:min(own, len(got))], c.given) {
			t.Errorf("to be claimed: %v, want %v and %d more", got, c.given, c.share)
		}
		for _, team := range got[min(own, len(got)):] {
			if !slices.Contains(homeless, team) {
				t.Errorf("%s has a home", team)
			}
			shared[team] = true
		}
	}
	if len(shared) != len(homeless) {
		t.Errorf("of %v only %v are a node's", homeless, shared)
	}
	for _, team := range homeless {
		r.claim(a, team)
	}
	if got, err := a.Homeless(t.Context(), append(all, "another")); err != nil || len(got) != 1 {
		t.Errorf("with more than its share: %v, %v", got, err)
	}
	if got, err := Alone.Homeless(t.Context(), all); err != nil || got != nil {
		t.Errorf("alone: %v, %v", got, err)
	}
}

func TestDrain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, b := r.start(), r.start()
	for k := range 5 {
		r.claim(a, team(k))
	}
	r.claim(b, team(7))
	if err := b.HandOver(t.Context(), team(7), a.ID()); err != nil {
		t.Fatal(err)
	}
	if err := a.Drain(t.Context(), 5*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	same(t, "homes of a", a.Homes(), 0)
	given := 0 // also of what b gave to a meanwhile
	if err := r.db.QueryRow(`select count(*) from cluster_homes where node = $1`, a.ID()).Scan(&given); err != nil || given != 0 {
		t.Errorf("a has %d homes that it does not know of, %v", given, err)
	}
	// What is needed at a node that is draining gets its home at another one.
	for k := range 6 {
		if h := r.claim(a, team(k)); h.Here || h.Node != b.ID() {
			t.Errorf("home %+v", h)
		}
	}
	if h := r.claim(b, team(5)); !h.Here || h.Fence != 1 {
		t.Errorf("home %+v", h)
	}
	nodes, err := b.Nodes(t.Context())
	if err != nil || len(nodes) != 2 || !nodes[0].Draining || nodes[1].Homes != 6 || !nodes[1].Live || nodes[1].Address != "node-"+b.ID() {
		t.Errorf("%+v, %v", nodes, err)
	}
	if err := a.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if nodes, err := b.Nodes(t.Context()); err != nil || len(nodes) != 1 {
		t.Errorf("%+v, %v", nodes, err)
	}
}

// A node whose writes could not be refused does not start.
func TestStartNeedsTheSettingOfTheConnection(t *testing.T) {
	r := newRig(t)
	if _, err := Start(t.Context(), r.db, Options{ID: NewID()}); !errors.Is(err, errUnfenced) {
		t.Errorf("start: %v", err)
	}
}

// A node that ends in order frees its homes at once.
func TestClose(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, b := r.start(), r.start()
	r.claim(a, "one")
	if err := a.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h, err := b.Claim(t.Context(), "one"); err != nil || !h.Here || h.Fence != 2 {
		t.Errorf("home %+v, %v", h, err)
	}
}

func TestAlone(t *testing.T) {
	h, err := Alone.Claim(t.Context(), "one")
	if err != nil || !h.Here || h.Lost != nil {
		t.Errorf("home %+v, %v", h, err)
	}
	done, err := Alone.Act("one")
	if err != nil {
		t.Fatal(err)
	}
	done()
	Alone.Forget("one")
	nodes, err := Alone.Nodes(t.Context())
	if err != nil || nodes != nil || !Alone.Held() || Alone.Ready() != nil || Alone.ID() != "" || Alone.Done() != nil || Alone.Transport(nil, "") != nil {
		t.Error("the only node is not alone")
	}
	if err := errors.Join(Alone.Err(), Alone.Release(t.Context(), "one"), Alone.Drain(t.Context(), time.Hour), Alone.Close(t.Context())); err != nil {
		t.Error(err)
	}
}
