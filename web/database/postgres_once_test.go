package database_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"callboard/web/database"
	"callboard/web/database/databasetest"
)

// A mute stands between a program and a server. Once it is on, it ends a connection
// instead of passing the next answer on, and is off.
type mute struct{ on atomic.Bool }

// between returns the address of the database by way of m.
func (m *mute) between(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	server := u.Host
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go m.carry(c, server)
		}
	}()
	u.Host = l.Addr().String()
	return u.String()
}

func (m *mute) carry(program net.Conn, server string) {
	defer program.Close()
	s, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer s.Close()
	go io.Copy(s, program)
	buf := make([]byte, 32<<10)
	for {
		n, err := s.Read(buf)
		if err != nil || m.on.CompareAndSwap(true, false) {
			return
		}
		if _, err := program.Write(buf[:n]); err != nil {
			return
		}
	}
}

// Whatever a statement is: it is carried out at most once, also if the answer is lost.
func TestNoStatementIsSentTwice(t *testing.T) {
	t.Parallel()
	address := databasetest.Postgres(t)
	direct := openPostgres(t, address)
	if _, err := direct.Exec(`create table counted (n bigint not null)`); err != nil {
		t.Fatal(err)
	}
	var m mute
	db := openPostgres(t, m.between(t, address))
	for name, do := range map[string]func() error{
		"exec": func() error {
			_, err := db.Exec(`insert into counted values ($1)`, 1)
			return err
		},
		"exec without parameters": func() error {
			_, err := db.Exec(`insert into counted values (1)`)
			return err
		},
		"query": func() error {
			return db.QueryRow(`insert into counted values ($1) returning n`, 1).Scan(new(int))
		},
	} {
		if _, err := direct.Exec(`delete from counted`); err != nil {
			t.Fatal(err)
		}
		if err := db.Ping(); err != nil { // a connection is there
			t.Fatal(err)
		}
		m.on.Store(true)
		err := do()
		if database.FailureOf(err) != database.Gone {
			t.Errorf("%s: %v is %q, want %q", name, err, database.FailureOf(err), database.Gone)
		}
		var n int
		if err := direct.QueryRow(`select count(*) from counted`).Scan(&n); err != nil || n != 1 {
			t.Errorf("%s: carried out %d times, %v", name, n, err)
		}
	}
	if err := db.Ping(); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Connections that waited in the pool while the server was restarted fail no statement,
// with and without TLS.
func TestIdleConnectionsOutliveARestart(t *testing.T) {
	t.Parallel()
	server := databasetest.OwnPostgres(t)
	outlive := func(t *testing.T, address string) {
		db := openPostgres(t, address)
		var idle []*sql.Conn
		for range 3 {
			c, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			idle = append(idle, c)
		}
		for _, c := range idle {
			c.Close()
		}
		if n := db.Stats().Idle; n != len(idle) {
			t.Fatalf("%d connections in the pool, want %d", n, len(idle))
		}
		if err := errors.Join(server.Stop(), server.Start()); err != nil {
			t.Fatal(err)
		}
		for range idle {
			if _, err := db.Exec(`select 1`); err != nil {
				t.Error(err)
			}
		}
	}
	t.Run("plain", func(t *testing.T) { outlive(t, server.URL.String()) })
	ca := serveTLS(t, server)
	t.Run("TLS", func(t *testing.T) { outlive(t, withTLS(server, "verify-full", ca)) })
}

// What a context ends is not blamed on the database, whenever it ends: before a statement,
// in the middle of one, or when the connection has ended with the one before.
func TestEndOfAContextIsNoFaultOfTheDatabase(t *testing.T) {
	t.Parallel()
	db, err := database.OpenPostgres(t.Context(), databasetest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for i := range 200 {
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*10*time.Microsecond)
		for err == nil {
			_, err = conn.ExecContext(ctx, `select 1`)
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %v: %v", time.Duration(i)*10*time.Microsecond, err)
		}
		if _, err := conn.ExecContext(ctx, `select 1`); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("when the context has ended: %v", err)
		}
		cancel()
		conn.Close()
	}
	if _, err := db.ExecContext(t.Context(), `select 1`); err != nil {
		t.Error(err)
	}
}
