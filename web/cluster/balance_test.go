package cluster

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestSurplus(t *testing.T) {
	live := func(id string, homes int) NodeInfo { return NodeInfo{ID: id, Live: true, Homes: homes} }
	for _, c := range []struct {
		name  string
		nodes []NodeInfo
		to    string
		homes int
	}{
		{"alone", []NodeInfo{live("a", 100)}, "", 0},
		{"few", []NodeInfo{live("a", 6), live("b", 0)}, "", 0},
		{"about the same", []NodeInfo{live("a", 110), live("b", 90)}, "", 0},
		{"far more", []NodeInfo{live("a", 100), live("b", 20), live("c", 0)}, "c", 40},
		{"fewest first", []NodeInfo{live("a", 100), live("b", 0), live("c", 20)}, "b", 40},
		{"no more than the other lacks", []NodeInfo{live("a", 200), live("b", 100), live("c", 120), live("d", 100)}, "b", 30},
		{"too few here", []NodeInfo{live("a", 0), live("b", 100)}, "", 0},
		{"not to nodes that leave or ended", []NodeInfo{live("a", 100), {ID: "b", Live: true, Draining: true}, {ID: "c"}}, "", 0},
		{"not here any more", []NodeInfo{{ID: "a", Homes: 100}, live("b", 0)}, "", 0},
	} {
		if to, homes := Surplus(c.nodes, "a"); to != c.to || homes != c.homes {
			t.Errorf("%s: %d to %q, want %d to %q", c.name, homes, to, c.homes, c.to)
		}
	}
}

// Moves come to an end, and no home moves back and forth.
func TestSurplusComesToAnEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.IntRange(0, 500), 1, 6).Draw(t, "homes")
		nodes := make([]NodeInfo, len(counts))
		total := 0
		for i, n := range counts {
			nodes[i] = NodeInfo{ID: string(rune('a' + i)), Live: true, Homes: n}
			total += n
		}
		given, taken := map[string]bool{}, map[string]bool{}
		for moves := 0; ; {
			moved := false
			for i := range nodes {
				to, homes := Surplus(nodes, nodes[i].ID)
				if homes == 0 {
					continue
				}
				nodes[i].Homes--
				nodes[strings.IndexByte("abcdef", to[0])].Homes++
				given[nodes[i].ID], taken[to] = true, true
				if moves, moved = moves+1, true; moves > total {
					t.Fatalf("%d moves of %d homes", moves, total)
				}
			}
			if !moved {
				break
			}
		}
		for id := range given {
			if taken[id] {
				t.Errorf("%s gave and took", id)
			}
		}
	})
}

// A node that has far more homes gives the quiet ones to one that has few.
func TestBalance(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	busy := func(name string) bool { return strings.HasSuffix(name, "3") }
	a := r.startAt(newLink(r), Options{Lease: testLease, Renew: testRenew, balance: testRenew, Quiet: func(team string) bool { return !busy(team) }})
	for k := range 30 {
		r.claim(a, team(k))
	}
	done, err := a.Act(team(7))
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	b := r.start()
	r.until("the balance", func() error {
		if a.Homes() > 15+15/4+balanceSlack {
			return errors.New("still too many")
		}
		return nil
	})
	for k := range 30 {
		if h := r.claim(b, team(k)); h.Here && (busy(team(k)) || k == 7) {
			t.Errorf("%s has moved", team(k))
		}
	}
	same(t, "homes", a.Homes()+b.Homes(), 30)
	same(t, "moved", int(a.Counts().Moved), b.Homes())
}

// A node that is told to drain by a command gives up its homes, and can be told to stay.
func TestDrainByCommand(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, b := r.start(), r.start()
	r.claim(a, "one")
	if known, err := SetDraining(t.Context(), r.db, a.ID(), true); err != nil || !known {
		t.Fatal(known, err)
	}
	r.until("the home to be given up", func() error {
		if a.Homes() > 0 {
			return errors.New("still here")
		}
		return nil
	})
	if h := r.claim(a, "one"); h.Here || h.Node != b.ID() {
		t.Errorf("home %+v", h)
	}
	if _, err := SetDraining(t.Context(), r.db, a.ID(), false); err != nil {
		t.Fatal(err)
	}
	r.until("a home at the node that stays", func() error {
		if h, err := a.Claim(t.Context(), team(int(time.Now().UnixNano()))); err != nil || !h.Here {
			return errors.Join(err, errors.New("elsewhere"))
		}
		return nil
	})
	if known, err := SetDraining(t.Context(), r.db, "nobody", true); err != nil || known {
		t.Error(known, err)
	}
}
