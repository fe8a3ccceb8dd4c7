package cluster

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// ErrInUse is returned by [Use] if other programs act for the teams of the database: a
// program that is alone acts for all of them.
var ErrInUse = errors.New("another Callboard uses this database: programs that share one need --node-addr, all of them")

// Times of a use.
const (
	useWait = 15 * time.Second // for the one before, whose connection may outlive it
	useTry  = 500 * time.Millisecond
	useLook = 500 * time.Millisecond // whether the connection still has it
)

// useLock is the key of the advisory lock that nodes share, and that a program which is
// alone has for itself.
const useLock = 0x63616c6c75736521

// Use says that this program acts for teams of a PostgreSQL database, alone or as one of
// several nodes, until release is called. It waits some time for a program that has just
// ended, and returns ErrInUse if another one is there that rules this one out. used ends
// with ctx, and with the cause ErrInUse if the database was away and another program has
// come before it was back.
func Use(ctx context.Context, db *sql.DB, alone bool, log *slog.Logger) (used context.Context, release func(), err error) {
	u := &use{db: db, lock: `select pg_try_advisory_lock_shared($1)`}
	if alone {
		u.lock = `select pg_try_advisory_lock($1)`
	}
	for end := time.Now().Add(useWait); ; {
		ok, err := u.take(ctx)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			break
		}
		if time.Now().After(end) {
			return nil, nil, ErrInUse
		}
		log.Info("wait for another Callboard that uses the database")
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-time.After(4 * useTry):
		}
	}
	used, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { u.watch(used, cancel, log) })
	return used, func() {
		cancel(nil)
		watching.Wait()
		end(u.conn)
	}, nil
}

// A use holds a connection, and by that the lock.
type use struct {
	db   *sql.DB
	lock string
	conn *sql.Conn
}

// take takes the lock with a new connection, unless another program has it.
func (u *use) take(ctx context.Context) (ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, claimLimit)
	defer cancel()
	conn, err := u.db.Conn(ctx)
	if err != nil {
		return false, err
	}
	// The server is to notice soon that a machine is gone, and with it the lock.
	for _, set := range []string{`set tcp_keepalives_idle = 4`, `set tcp_keepalives_interval = 2`, `set tcp_keepalives_count = 3`} {
		if _, err := conn.ExecContext(ctx, set); err != nil {
			end(conn)
			return false, err
		}
	}
	if err := conn.QueryRowContext(ctx, u.lock, int64(useLock)).Scan(&ok); err != nil || !ok {
		end(conn)
		return false, err
	}
	u.conn = conn
	return true, nil
}

// watch takes the lock again when its connection was lost, until ctx is done.
func (u *use) watch(ctx context.Context, lost context.CancelCauseFunc, log *slog.Logger) {
	tick := time.NewTicker(useLook)
	defer tick.Stop()
	for away := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		limited, cancel := context.WithTimeout(ctx, claimLimit)
		_, err := u.conn.ExecContext(limited, `select 1`)
		cancel()
		if err == nil || ctx.Err() != nil {
			away = false
			continue
		}
		end(u.conn)
		ok, err := u.take(ctx)
		switch {
		case err != nil:
			if !away {
				log.Warn("the database is away", "err", err)
			}
			away = true
		case !ok:
			log.Error("another program has come while the database was away")
			lost(ErrInUse)
			return
		}
	}
}

// end ends a connection, and with it what it holds. It does not go back into the pool.
func end(conn *sql.Conn) {
	conn.Raw(func(any) error { return driver.ErrBadConn })
	conn.Close()
}
