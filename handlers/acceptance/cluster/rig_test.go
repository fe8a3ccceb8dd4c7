// Package cluster tests several nodes of Callboard over one PostgreSQL, behind one
// balancer: what happens when nodes, the database and the network between them fail.
package cluster

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callboard/handlers/acceptance/harness"
	"callboard/sipgate/team"
)

func TestMain(m *testing.M) {
	harness.Unraced() // what the nodes are made of is raced in tests of its own
	os.Exit(harness.Main(m))
}

// A rig is a simulated sipgate, a database, some nodes, and a balancer in front of
// them, at Stack.URL.
type rig struct {
	*harness.Stack
	t        *testing.T
	db       *sql.DB
	database *url.URL
	nodes    []*node
	balancer balancer
	key      string // file of the key that all nodes share
}

// A node is one process. What it talks to it reaches through cables of its own.
type node struct {
	name    string
	addr    string        // where it serves pages
	sipgate *harness.Link // by whose address the simulator knows the node
	store   *harness.Link // to the database
	peer    *harness.Link // from the other nodes
	args    []string
	process *harness.Process
}

// newRig starts nodes with a database for the accounts of a simulated sipgate.
func newRig(t *testing.T, database string, nodes int, simulatorArgs ...string) *rig {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes long until nodes know that another one has failed")
	}
	at, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Stack: harness.NewSimulator(t, append([]string{"-visibility", "account", "-pickup=-1s"}, simulatorArgs...)...), t: t, database: at}
	r.Data = t.TempDir()
	if r.db, err = sql.Open("postgres", at.String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.db.Close() })
	r.key = filepath.Join(r.Data, "key")
	if _, err := team.LoadKey(r.key, ""); err != nil { // nodes that start at once are not to make one each
		t.Fatal(err)
	}
	r.balancer.start(t, r.URL[len("http://"):])
	for i := range nodes {
		r.add(fmt.Sprint("n", i+1))
	}
	var started sync.WaitGroup
	for _, n := range r.nodes {
		started.Go(func() { r.start(n) })
	}
	started.Wait()
	r.Eventually("the balancer knows of a node", func() bool { return harness.Answers(r.URL + "/readyz") })
	return r
}

// add makes a node that is not started.
func (r *rig) add(name string) *node {
	r.t.Helper()
	n := &node{name: name, addr: harness.FreeAddr(r.t), sipgate: harness.NewLink(r.t, r.Simulator[len("http://"):]),
		store: harness.NewLink(r.t, r.database.Host)}
	store := *r.database
	store.Host = n.store.Addr()
	listen := harness.FreeAddr(r.t)
	n.peer = harness.NewLink(r.t, listen)
	n.args = append(r.ServeArgs(r.Simulator), "-addr", n.addr, "-data", r.t.TempDir(), "-key-file", r.key, "-accounts", "any",
		"-api", "http://"+n.sipgate.Addr()+"/v2/", "-database", store.String(), "-node-addr", listen, "-node-url", "https://"+n.peer.Addr(), "-trusted-proxies", "127.0.0.1")
	r.nodes = append(r.nodes, n)
	r.balancer.set(r.nodes)
	return n
}

// start starts a node and waits until it serves.
func (r *rig) start(n *node) {
	r.t.Helper()
	n.process = harness.Launch(r.t, r.t.TempDir(), n.args...)
	r.Eventually(n.name+" is ready", func() bool {
		if err := n.process.Ended(); err != nil {
			r.t.Fatalf("%s ended: %v\n%s", n.name, err, n.process.Log(4000))
		}
		return harness.Answers("http://" + n.addr + "/readyz")
	})
}

// home returns the node at which a team is at home, as the database says, or nil.
func (r *rig) home(team string) *node {
	r.t.Helper()
	var address string
	err := r.db.QueryRowContext(r.t.Context(), `
		select n.address from cluster_homes h join cluster_nodes n on n.id = h.node
		where h.team = $1 and not n.fenced and n.expires > clock_timestamp()`, team).Scan(&address)
	if err == sql.ErrNoRows {
		return nil
	} else if err != nil {
		r.t.Fatal(err)
	}
	for _, n := range r.nodes {
		if n.peer.Addr() == address {
			return n
		}
	}
	return nil
}

// drain has callboard drain tell a node to give up its teams, and end to take teams again.
// It tries again while the node has a lease under another name.
func (r *rig) drain(n *node, end ...string) {
	r.t.Helper()
	place := "-database=" + r.database.String()
	var said string
	r.Eventually("drain "+n.name, func() bool {
		_, errs, status := harness.Run(r.t, nil, append([]string{"drain", place, n.peer.Addr()}, end...)...)
		if errs != said {
			r.t.Logf("drain %s: %s", n.name, errs)
			said = errs
		}
		return status == 0
	})
}

// acted checks at sipgate that no two nodes acted for a team at the same time: each
// change of the node in the order of the requests is one of the home.
func (r *rig) acted() {
	r.t.Helper()
	hosts := map[string]string{}
	changes := map[string]int{}
	for _, q := range r.RequestLog() {
		// Any node asks whose tokens it got at a sign-in.
		if q.Account == "" || !strings.HasPrefix(q.Path, "/v2/") || q.Path == "/v2/authorization/userinfo" || q.Host == r.Simulator[len("http://"):] {
			continue
		}
		if last := hosts[q.Account]; last != "" && last != q.Host {
			changes[q.Account]++
		}
		hosts[q.Account] = q.Host
	}
	for team, n := range changes {
		var fence int
		if err := r.db.QueryRow(`select fence from cluster_homes where team = $1`, team).Scan(&fence); err != nil {
			r.t.Fatal(err)
		}
		if n > fence-1 {
			r.t.Errorf("sipgate saw %d changes of the node that acts for %s, which had %d homes", n, team, fence)
		}
	}
}

// A balancer passes each connection of a browser on to one of the nodes that said last
// that they are ready.
type balancer struct {
	next  atomic.Uint64
	nodes atomic.Pointer[[]*node]
	ready atomic.Pointer[[]*node]
}

// set replaces the nodes that are behind it.
func (b *balancer) set(nodes []*node) {
	all := slices.Clone(nodes)
	b.nodes.Store(&all)
}

// How often a balancer asks whether a node is ready, and how long it waits for the answer.
const (
	askEvery  = 250 * time.Millisecond
	askWithin = time.Second
)

// watch asks the nodes until ctx is done.
func (b *balancer) watch(ctx context.Context) {
	client := &http.Client{Timeout: askWithin, Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		nodes := *b.nodes.Load()
		ok := make([]bool, len(nodes))
		var asked sync.WaitGroup
		for i, n := range nodes {
			asked.Go(func() {
				resp, err := client.Get("http://" + n.addr + "/readyz")
				if err == nil {
					resp.Body.Close()
					ok[i] = resp.StatusCode == http.StatusOK
				}
			})
		}
		asked.Wait()
		var ready []*node
		for i, n := range nodes {
			if ok[i] {
				ready = append(ready, n)
			}
		}
		b.ready.Store(&ready)
		select {
		case <-ctx.Done():
			return
		case <-time.After(askEvery):
		}
	}
}

func (b *balancer) start(t *testing.T, addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	b.set(nil)
	b.ready.Store(new([]*node))
	ctx, stop := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() { b.watch(ctx) })
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		err := errors.New("no node is ready")
		nodes := *b.ready.Load()
		for range nodes {
			var c net.Conn
			if c, err = new(net.Dialer).DialContext(ctx, network, nodes[b.next.Add(1)%uint64(len(nodes))].addr); err == nil {
				return c, nil
			}
		}
		return nil, err
	}, DisableKeepAlives: true}
	proxy := &httputil.ReverseProxy{Transport: transport, ErrorLog: log.New(io.Discard, "", 0), Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: "nodes"})
		r.SetXForwarded()
		r.Out.Host = r.In.Host
	}}
	server := &http.Server{Handler: proxy}
	go server.Serve(ln)
	t.Cleanup(func() {
		stop()
		server.Close()
		watching.Wait()
	})
}
