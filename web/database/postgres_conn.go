package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// Connect implements driver.Connector.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	pc, err := pq.NewConnectorConfig(c.config)
	if err != nil {
		return nil, err
	}
	d := &dialer{limit: c.answer}
	pc.Dialer(d)
	dc, err := pc.Connect(ctx)
	if err != nil {
		return nil, &connectError{err}
	}
	return conn{dc.(pqConn), d.last.Load()}, nil
}

// Driver implements driver.Connector.
func (c *connector) Driver() driver.Driver { return postgresDriver{c: c} }

// postgresDriver is the driver of connections to one PostgreSQL database, by which
// [connectorOf] knows them.
type postgresDriver struct {
	pq.Driver
	c *connector
}

// connectorOf returns the connector of a PostgreSQL database, nil for SQLite.
func connectorOf(db *sql.DB) *connector {
	d, _ := db.Driver().(postgresDriver)
	return d.c
}

// A connectError is returned when there is no connection.
type connectError struct{ err error }

func (e *connectError) Error() string { return e.err.Error() }
func (e *connectError) Unwrap() error { return e.err }

// pqConn is what connections of the driver can do.
type pqConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// A conn leaves the pool once the network has failed it, or when something has arrived
// while nothing was asked: the driver notices neither in every case. And it keeps
// [database/sql] from sending a statement again that the server may have carried out.
type conn struct {
	pqConn
	net *limitedConn
}

// ExecContext implements driver.ExecerContext.
func (c conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	before := c.net.writes.Load()
	result, err := c.pqConn.ExecContext(ctx, query, args)
	return result, c.once(ctx, before, err)
}

// QueryContext implements driver.QueryerContext.
func (c conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	before := c.net.writes.Load()
	rows, err := c.pqConn.QueryContext(ctx, query, args)
	return rows, c.once(ctx, before, err)
}

// errNoOutcome is returned for a statement that the server may have carried out.
var errNoOutcome = errors.New("the connection to the database ended before the answer")

// once returns err, of a statement before which there had been some writes, as one after
// which nothing is sent again, unless nothing was sent. If ctx has ended, and the
// statement or the connection with it, once returns the error of ctx: the database has
// not failed.
func (c conn) once(ctx context.Context, before int64, err error) error {
	ended := errors.Is(err, driver.ErrBadConn)
	switch {
	case (ended || isCanceled(err)) && ctx.Err() != nil:
		return ctx.Err()
	case ended && c.net.writes.Load() > before:
		return errNoOutcome
	}
	return err
}

// isCanceled reports whether the server was asked to cancel a statement.
func isCanceled(err error) bool {
	e, ok := errors.AsType[*pq.Error](err)
	return ok && e.Code == pqerror.QueryCanceled
}

// CheckNamedValue implements driver.NamedValueChecker. What no text of PostgreSQL can
// hold, the character 0 and what is not UTF-8, becomes U+FFFD: whoever looks for it
// finds nothing, as in SQLite, where there would be an error.
func (c conn) CheckNamedValue(v *driver.NamedValue) error {
	err := c.pqConn.CheckNamedValue(v)
	if errors.Is(err, driver.ErrSkip) {
		v.Value, err = driver.DefaultParameterConverter.ConvertValue(v.Value)
	}
	if s, ok := v.Value.(string); ok {
		v.Value = storable(s)
	}
	return err
}

// storable returns s as PostgreSQL can hold it.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}

// IsValid implements driver.Validator.
func (c conn) IsValid() bool { return !c.net.failed.Load() && c.pqConn.IsValid() }

// ResetSession implements driver.SessionResetter.
func (c conn) ResetSession(ctx context.Context) error {
	if c.net.failed.Load() || !quietly(c.net.Conn) {
		return driver.ErrBadConn
	}
	return c.pqConn.ResetSession(ctx)
}

// A dialer makes the connections of a connector, and knows the last one.
type dialer struct {
	limit time.Duration // of a read or write; 0: none
	last  atomic.Pointer[limitedConn]
}

// DialContext implements pq.DialerContext.
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l := &limitedConn{Conn: c, limit: d.limit}
	d.last.Store(l)
	return l, nil
}

// Dial implements pq.Dialer.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialTimeout(network, address, connectTimeout)
}

// DialTimeout implements pq.Dialer.
func (d *dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// A limitedConn limits the time of each read and each write, so that nobody waits for
// a server that the network no longer reaches. The driver reads only when it waits for
// an answer.
type limitedConn struct {
	net.Conn
	limit    time.Duration
	deadline time.Time // that the driver has set
	failed   atomic.Bool
	writes   atomic.Int64 // that were begun
}

// lostNetwork marks errors of connections to PostgreSQL.
const lostNetwork = "postgres"

// SetDeadline implements net.Conn.
func (c *limitedConn) SetDeadline(t time.Time) error {
	c.deadline = t
	return c.Conn.SetDeadline(t)
}

// Read implements net.Conn.
func (c *limitedConn) Read(p []byte) (int, error) {
	return c.limited("read", c.Conn.Read, p)
}

// Write implements net.Conn.
func (c *limitedConn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.limited("write", c.Conn.Write, p)
}

func (c *limitedConn) limited(op string, do func([]byte) (int, error), p []byte) (int, error) {
	if c.limit > 0 && c.deadline.IsZero() {
		if err := c.Conn.SetDeadline(time.Now().Add(c.limit)); err != nil {
			return 0, err
		}
	}
	n, err := do(p)
	if err != nil {
		c.failed.Store(true)
	}
	if e, ok := err.(*net.OpError); ok { // the type by which the driver knows them
		return n, &net.OpError{Op: op, Net: lostNetwork, Source: e.Source, Addr: e.Addr, Err: e.Err}
	}
	return n, err
}
