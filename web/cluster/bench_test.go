package cluster

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"
)

// A team that is at home here, as each request asks.
func BenchmarkClaimHere(b *testing.B) {
	r := newRig(b)
	n := r.startAt(newLink(r), Options{})
	r.claim(n, "one")
	for b.Loop() {
		if h, err := n.Claim(context.Background(), "one"); err != nil || !h.Here {
			b.Fatal(h, err)
		}
	}
}

// The check before each request to the outside.
func BenchmarkAct(b *testing.B) {
	r := newRig(b)
	n := r.startAt(newLink(r), Options{})
	r.claim(n, "one")
	for b.Loop() {
		done, err := n.Act("one")
		if err != nil {
			b.Fatal(err)
		}
		done()
	}
}

// The check before each write to a connection.
func BenchmarkHeld(b *testing.B) {
	r := newRig(b)
	n := r.startAt(newLink(r), Options{})
	for b.Loop() {
		if !n.Held() {
			b.Fatal("no lease")
		}
	}
}

// The first time that a team is needed.
func BenchmarkClaimNew(b *testing.B) {
	r := newRig(b)
	n := r.direct()
	for i := 0; b.Loop(); i++ {
		if h, err := n.Claim(context.Background(), team(i)); err != nil || !h.Here {
			b.Fatal(h, err)
		}
	}
}

// Homes of a node that has ended, taken over one after the other.
func BenchmarkTakeover(b *testing.B) {
	r := newRig(b)
	r.exec(`insert into cluster_homes select 'team-' || i, 'gone', 1, clock_timestamp() from generate_series(0, 99999) i`)
	n := r.direct()
	for i := 0; b.Loop(); i++ {
		if h, err := n.Claim(context.Background(), team(i%100000)); err != nil || !h.Here {
			b.Fatal(h, err)
		}
	}
}

// One heartbeat of a node with ten thousand homes.
func BenchmarkRenewal(b *testing.B) {
	r := newRig(b)
	n := r.direct()
	r.exec(`insert into cluster_homes select 'team-' || i, $1, 1, clock_timestamp() from generate_series(1, 10000) i`, n.ID())
	var conn *sql.Conn
	for b.Loop() {
		if err := n.renew(context.Background(), &conn); err != nil {
			b.Fatal(err)
		}
	}
	conn.Close()
}

// What the fence costs a write, as a transaction of its own and as one row of many.
func BenchmarkWrite(b *testing.B) {
	r := newRig(b)
	r.exec(`create table plain (n bigserial, account text not null, node text not null, fence bigint not null, at timestamptz)`)
	r.exec(`drop trigger stamp on written`)
	n := r.direct()
	r.claim(n, "one")
	for _, table := range []string{"plain", "written"} {
		for _, rows := range []int{1, 1000} {
			b.Run(fmt.Sprintf("%s/%d", table, rows), func(b *testing.B) {
				for b.Loop() {
					if _, err := n.db.Exec(`insert into `+table+` (account, node, fence) select 'one', '', 0 from generate_series(1, $1::int)`, rows); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// direct starts a node without a link between it and the database.
func (r *rig) direct() *testNode {
	r.Helper()
	o := Options{ID: NewID(), Renew: time.Second}
	address, err := Address(r.url, o.ID)
	if err != nil {
		r.Fatal(err)
	}
	n := &testNode{}
	if n.db, err = r.open(address); err != nil {
		r.Fatal(err)
	}
	if n.Node, err = Start(r.Context(), n.db, o); err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { n.Close(context.Background()) })
	return n
}
