package cluster

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	histories   = flag.Int("histories", 4, "how many random histories are played")
	historySeed = flag.Uint64("seed", 0, "of the first history; 0: a new one")
)

// Parts of a history.
const (
	historyLanes  = 6 // histories at a time, each with a database of its own
	historySlots  = 3 // nodes at a time
	historyTeams  = 4
	historyLease  = 400 * time.Millisecond
	historyRenew  = 40 * time.Millisecond
	historyFaults = 8

	// At most so long a team waits for its next request: where it is at home, and elsewhere.
	historyBusy, historyIdle = 30 * time.Millisecond, 120 * time.Millisecond
)

// In random histories, in which nodes lose the database, are stopped, killed and started,
// give homes away, and in which clocks are set: no request begins at a node after another
// one has claimed the team's home, no write of an older home commits, and fences grow by
// one. Each history goes on: at its end all teams are at home somewhere and acted for.
func TestHistories(t *testing.T) {
	if testing.Short() {
		t.Skip("a history takes seconds")
	}
	seed := *historySeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	var next atomic.Uint64 // history to play
	var requests, writes, changes, refused atomic.Int64
	var lanes sync.WaitGroup
	for lane := range min(historyLanes, *histories) {
		lanes.Go(func() {
			t.Run(fmt.Sprint(lane), func(t *testing.T) {
				r := newRig(t)
				for i := next.Add(1) - 1; i < uint64(*histories); i = next.Add(1) - 1 {
					t.Run(fmt.Sprint(seed+i), func(t *testing.T) {
						h := newHistory(r.reset(t), seed+i)
						h.play()
						h.check()
						requests.Add(int64(len(h.requests)))
						writes.Add(int64(h.writes))
						changes.Add(int64(len(h.changes)))
						refused.Add(h.refused.Load())
					})
				}
			})
		})
	}
	lanes.Wait()
	t.Logf("%d histories: %d requests, %d writes, %d changes of homes, %d writes refused", *histories, requests.Load(), writes.Load(), changes.Load(), refused.Load())
}

// A history is one run of several nodes that act for the same teams.
type history struct {
	*rig
	rng      *rand.Rand
	platform *httptest.Server
	slots    [historySlots]atomic.Pointer[testNode]
	stop     chan struct{}
	work     sync.WaitGroup

	begun    sync.Map // by the local address of a connection: when the first byte was written
	refused  atomic.Int64
	mu       sync.Mutex
	requests []request

	// What the database has at the end.
	changes []change
	writes  int
}

func newHistory(r *rig, seed uint64) *history {
	h := &history{rig: r, rng: rand.New(rand.NewPCG(seed, 0)), stop: make(chan struct{})}
	h.platform = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fence, _ := strconv.ParseInt(r.Header.Get("Fence"), 10, 64)
		at, _ := h.begun.Load(r.RemoteAddr)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.requests = append(h.requests, request{r.Header.Get("Team"), r.Header.Get("Node"), fence, at.(time.Time)})
	}))
	r.Cleanup(h.platform.Close)
	return h
}

// play plays the history.
func (h *history) play() {
	for i := range h.slots {
		h.boot(i, nil)
		h.work.Go(func() { h.supervise(i) })
		for k := range 2 * historyTeams {
			rng := rand.New(rand.NewPCG(h.rng.Uint64(), 0))
			h.work.Go(func() { h.workFor(i, team(k%historyTeams), rng) })
		}
	}
	for range historyFaults {
		h.fault()
		h.pause(h.rng, historyLease/2)
	}
	h.setClock(0)
	for i := range h.slots {
		h.slots[i].Load().link.set(linkOpen)
	}
	h.mu.Lock()
	before := len(h.requests)
	h.mu.Unlock()
	h.until("requests of all teams", func() error {
		h.mu.Lock()
		defer h.mu.Unlock()
		acted := map[string]bool{}
		for _, r := range h.requests[before:] {
			acted[r.team] = true
		}
		if len(acted) < historyTeams {
			return fmt.Errorf("of %d teams", len(acted))
		}
		return nil
	})
	close(h.stop)
	h.work.Wait()
}

// boot starts a new node in a slot in place of last, which stays as it is.
func (h *history) boot(slot int, last *testNode) {
	for {
		n, err := h.tryStart(newLink(h.rig), Options{Lease: historyLease, Renew: historyRenew})
		if err == nil {
			if !h.slots[slot].CompareAndSwap(last, n) {
				n.link.set(linkDead) // there is another one already
			}
			return
		}
		select {
		case <-h.stop:
			return
		case <-time.After(historyRenew):
		}
	}
}

// supervise starts a new node whenever the one in a slot has ended.
func (h *history) supervise(slot int) {
	for {
		n := h.slots[slot].Load()
		select {
		case <-h.stop:
			return
		case <-n.Done():
			if h.slots[slot].Load() == n {
				h.boot(slot, n)
			}
		case <-time.After(historyRenew): // there may be another one now
		}
	}
}

// pause waits a random time up to d.
func (h *history) pause(rng *rand.Rand, d time.Duration) {
	select {
	case <-h.stop:
	case <-time.After(rand.N(d)):
	}
}

// fault does something to a node or to all.
func (h *history) fault() {
	slot := h.rng.IntN(historySlots)
	n := h.slots[slot].Load()
	switch h.rng.IntN(10) {
	case 0, 1:
		h.during(func() { n.link.set(linkCut) }, func() { n.link.set(linkOpen) })
	case 2, 3:
		h.during(func() { n.link.set(linkStalled) }, func() { n.link.set(linkOpen) })
	case 4: // killed, as others see it; what it does is checked all the same
		n.link.set(linkDead)
		h.boot(slot, n)
	case 5:
		ctx, cancel := context.WithTimeout(context.Background(), historyLease)
		defer cancel()
		n.Close(ctx)
	case 6:
		n.clock.ahead.Add(int64(time.Hour))
	case 7:
		h.setClock(time.Duration(h.rng.IntN(3)-1) * historyLease * time.Duration(1+h.rng.IntN(20)) / 8)
	default:
		ctx, cancel := context.WithTimeout(context.Background(), historyLease)
		defer cancel()
		n.HandOver(ctx, team(h.rng.IntN(historyTeams)), h.slots[h.rng.IntN(historySlots)].Load().ID())
	}
}

// during makes a fault and ends it after a random time, up to two leases.
func (h *history) during(begin, end func()) {
	begin()
	d := time.Duration(h.rng.Int64N(int64(2 * historyLease)))
	h.work.Go(func() {
		select {
		case <-h.stop:
		case <-time.After(d):
		}
		end()
	})
}

// workFor acts for a team whenever it is at home at the node in the slot.
func (h *history) workFor(slot int, name string, rng *rand.Rand) {
	for wait := historyBusy; ; {
		select {
		case <-h.stop:
			return
		case <-time.After(rand.N(wait)):
		}
		wait = historyBusy
		n := h.slots[slot].Load()
		ctx, cancel := context.WithTimeout(context.Background(), historyLease)
		home, err := n.Claim(ctx, name)
		if err == nil && home.Here {
			h.maybeStop(rng)
			if rng.IntN(2) == 0 {
				h.request(n, home, rng)
			} else {
				h.write(n, home, rng)
			}
		} else if err == nil {
			n.Forget(name)
			wait = historyIdle
		}
		cancel()
	}
}

// maybeStop stands for a process that is stopped at this place.
func (h *history) maybeStop(rng *rand.Rand) {
	if rng.IntN(12) == 0 {
		h.pause(rng, 2*historyLease)
	}
}

// request sends a request for a team. The process may be stopped between the check and
// the request, or when it has a connection.
func (h *history) request(n *testNode, home Home, rng *rand.Rand) {
	base := &http.Transport{DisableKeepAlives: true, DialContext: n.Dial(func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		h.begun.Delete(c.LocalAddr().String()) // of an earlier one
		h.maybeStop(rng)
		return &notedConn{Conn: c, begun: &h.begun}, nil
	})}
	req, _ := http.NewRequest("POST", h.platform.URL, nil)
	req.Header.Set("Team", home.Team)
	req.Header.Set("Node", home.Node)
	req.Header.Set("Fence", fmt.Sprint(home.Fence))
	resp, err := n.Transport(stopping{base, func() { h.maybeStop(rng) }}, home.Team).RoundTrip(req)
	if err == nil {
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
}

// stopping is a transport that calls f first.
type stopping struct {
	http.RoundTripper
	f func()
}

func (s stopping) RoundTrip(r *http.Request) (*http.Response, error) {
	s.f()
	return s.RoundTripper.RoundTrip(r)
}

// A notedConn notes when the first byte is written.
type notedConn struct {
	net.Conn
	begun *sync.Map
}

func (c *notedConn) Write(p []byte) (int, error) {
	c.begun.LoadOrStore(c.LocalAddr().String(), time.Now())
	return c.Conn.Write(p)
}

// write writes something for a team, some times in two steps.
func (h *history) write(n *testNode, home Home, rng *rand.Rand) {
	done, err := n.Act(home.Team)
	if err != nil {
		return
	}
	defer done()
	ctx, cancel := context.WithTimeout(context.Background(), 4*historyLease)
	defer cancel()
	tx, err := n.db.BeginTx(ctx, nil)
	if err != nil {
		return
	}
	defer tx.Rollback()
	h.maybeStop(rng)
	_, err = tx.ExecContext(ctx, `insert into written (account, node, fence) values ($1, $2, $3)`, home.Team, home.Node, home.Fence)
	if Refused(err) {
		h.refused.Add(1)
	}
	if err != nil {
		return
	}
	h.maybeStop(rng)
	tx.Commit()
}
