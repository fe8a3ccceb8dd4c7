package cluster

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callboard/web/database"
	"callboard/web/database/databasetest"
)

// Times of leases in tests whose clocks run.
const (
	testLease = 800 * time.Millisecond
	testRenew = 80 * time.Millisecond
)

// A rig is a database with the tables of homes and one table of teams.
type rig struct {
	testing.TB
	url string
	db  *sql.DB // a tool's: of no node
}

// newRig returns a database whose clock can be set, and that notes each change of a home
// and each write.
func newRig(t testing.TB) *rig {
	t.Helper()
	at, err := url.Parse(databasetest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	q := at.Query()
	q.Set("search_path", "hook,public,pg_catalog")
	at.RawQuery = q.Encode()
	r := &rig{TB: t, url: at.String()}
	if r.db, err = r.open(r.url); err != nil {
		t.Fatal(err)
	}
	r.exec(`create schema hook`)
	r.exec(`create table hook.offset_of_clock (ms bigint not null)`)
	r.exec(`insert into hook.offset_of_clock values (0)`)
	r.exec(`create function hook.clock_timestamp() returns timestamptz language sql volatile as
		'select pg_catalog.clock_timestamp() + ms * interval ''1 millisecond'' from hook.offset_of_clock'`)
	files, err := fs.Glob(Migrations, "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files { // by hand: they are to be in this schema
		file, err := Migrations.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		up, _, _ := strings.Cut(string(file), "-- +goose Down")
		r.exec(up)
	}
	r.exec(`create table written (n bigserial, account text not null, node text not null, fence bigint not null, at timestamptz)`)
	if err := Fence(t.Context(), r.db); err != nil {
		t.Fatal(err)
	}
	r.exec(`create function stamp() returns trigger language plpgsql as 'begin new.at := pg_catalog.clock_timestamp(); return new; end'`)
	r.exec(`create trigger stamp before insert on written for each row execute function stamp()`)
	r.exec(`create table history (n bigserial, team text, node text, fence bigint, at timestamptz)`)
	r.exec(`create function note() returns trigger language plpgsql as
		'begin insert into history (team, node, fence, at) values (new.team, new.node, new.fence, pg_catalog.clock_timestamp()); return new; end'`)
	r.exec(`create trigger note after insert or update on cluster_homes for each row execute function note()`)
	return r
}

// reset returns the rig for another test, as if its database was new.
func (r *rig) reset(t testing.TB) *rig {
	t.Helper()
	own := &rig{TB: t, url: r.url, db: r.db}
	own.exec(`truncate cluster_nodes, cluster_homes, cluster_changes, written, history`)
	own.setClock(0)
	return own
}

// open opens a pool on the database.
func (r *rig) open(address string) (*sql.DB, error) {
	db, err := database.OpenPostgres(context.Background(), address)
	if err != nil {
		return nil, err
	}
	r.Cleanup(func() { db.Close() })
	return db.DB, nil
}

func (r *rig) exec(query string, args ...any) {
	r.Helper()
	if _, err := r.db.ExecContext(context.Background(), query, args...); err != nil {
		r.Fatalf("%s: %v", query, err)
	}
}

// setClock sets the database's clock to the right time and d.
func (r *rig) setClock(d time.Duration) {
	r.Helper()
	r.exec(`update hook.offset_of_clock set ms = $1`, d.Milliseconds())
}

// A testNode is a node with a pool of its own, which reaches the database by a link that
// can be cut.
type testNode struct {
	*Node
	db    *sql.DB
	link  *link
	clock *testClock
}

// A testClock is the local clock of a node.
type testClock struct{ ahead atomic.Int64 }

func (c *testClock) now() instant {
	i := readClock()
	d := time.Duration(c.ahead.Load())
	return instant{i.steady + d, i.wall + d}
}

// start starts a node.
func (r *rig) start() *testNode {
	r.Helper()
	return r.startAt(newLink(r), Options{Lease: testLease, Renew: testRenew})
}

// startAt starts a node that reaches the database by l.
func (r *rig) startAt(l *link, o Options) *testNode {
	r.Helper()
	n, err := r.tryStart(l, o)
	if err != nil {
		r.Fatal(err)
	}
	return n
}

func (r *rig) tryStart(l *link, o Options) (*testNode, error) {
	o.ID, o.Version = NewID(), "test"
	o.Address = "node-" + o.ID
	address, err := Address(l.address(r.url), o.ID)
	if err != nil {
		return nil, err
	}
	n := &testNode{link: l, clock: &testClock{}}
	if n.db, err = r.open(address); err != nil {
		return nil, err
	}
	if o.Database != "" {
		o.Database = address
	}
	o.clock = n.clock.now
	if n.Node, err = Start(context.Background(), n.db, o); err != nil {
		return nil, err
	}
	r.Cleanup(func() {
		l.set(linkDead)
		n.stop()
		n.runs.Wait()
	})
	return n, nil
}

// claim claims until there is a home.
func (r *rig) claim(n *testNode, team string) Home {
	r.Helper()
	var h Home
	r.until("a home for "+team, func() error {
		var err error
		h, err = n.Claim(r.Context(), team)
		return err
	})
	return h
}

// until waits until f returns nil.
func (r *rig) until(what string, f func() error) {
	r.Helper()
	var err error
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if err = f(); err == nil {
			return
		}
	}
	r.Fatalf("waited too long for %s: %v", what, err)
}

// untilDatabase waits until a condition holds for the row of a node.
func (r *rig) untilDatabase(what, condition string, n *testNode) {
	r.Helper()
	r.until(what, func() error {
		var holds bool
		err := r.db.QueryRow(`select `+condition+` from cluster_nodes where id = $1`, n.ID()).Scan(&holds)
		if err == nil && !holds {
			err = errors.New("not yet")
		}
		return err
	})
}

// States of a link.
const (
	linkOpen    = iota
	linkStalled // bytes wait
	linkCut     // connections are closed, and new ones too
	linkDead    // cut for ever
)

// A link is the way of one node to the database.
type link struct {
	listener net.Listener
	server   string

	mu      sync.Mutex
	state   int
	changed chan struct{}
	conns   map[net.Conn]bool
}

func newLink(r *rig) *link {
	r.Helper()
	at, err := url.Parse(r.url)
	if err != nil {
		r.Fatal(err)
	}
	l := &link{server: at.Host, changed: make(chan struct{}), conns: map[net.Conn]bool{}}
	if l.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { l.listener.Close(); l.set(linkDead) })
	go l.accept()
	return l
}

// address returns the URL of the database by the link.
func (l *link) address(database string) string {
	at, _ := url.Parse(database)
	at.Host = l.listener.Addr().String()
	return at.String()
}

// set changes the state of the link.
func (l *link) set(state int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == linkDead {
		return
	}
	l.state = state
	close(l.changed)
	l.changed = make(chan struct{})
	if state >= linkCut {
		for c := range l.conns {
			c.Close()
		}
		clear(l.conns)
	}
}

func (l *link) isCut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state >= linkCut
}

func (l *link) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		if l.isCut() { // PostgreSQL would begin a process
			client.Close()
			continue
		}
		server, err := net.Dial("tcp", l.server)
		if err != nil {
			client.Close()
			continue
		}
		l.mu.Lock()
		if l.state >= linkCut {
			client.Close()
			server.Close()
		} else {
			l.conns[client], l.conns[server] = true, true
			go l.carry(client, server)
			go l.carry(server, client)
		}
		l.mu.Unlock()
	}
}

// carry carries bytes from one connection to the other while the link is open.
func (l *link) carry(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		for {
			l.mu.Lock()
			state, changed := l.state, l.changed
			l.mu.Unlock()
			if state != linkStalled {
				break
			}
			<-changed
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// same fails the test unless two values are equal.
func same[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// team returns the name of a team.
func team(i int) string { return fmt.Sprintf("team-%d", i) }
