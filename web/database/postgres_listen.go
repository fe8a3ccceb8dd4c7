package database

import (
	"context"
	"net/url"
	"time"

	"github.com/lib/pq"
)

// Times of a connection that listens.
const (
	listenAgain = time.Second      // after the connection has failed, for the first time
	listenMost  = 10 * time.Second // and later
)

// Listen calls f for each notification of a channel of the PostgreSQL database at
// address, and whenever some may have been missed, until ctx is done. It is for what is
// looked up from time to time anyway: a connection may fail without a sign.
func Listen(ctx context.Context, address, channel string, f func()) error {
	c, err := newConnector(address)
	if err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil {
		return errAddress
	}
	q := u.Query()
	q.Set("sslmode", string(c.config.SSLMode))
	u.RawQuery = q.Encode()
	l := pq.NewListener(u.String(), listenAgain, listenMost, nil)
	defer l.Close()
	go l.Listen(channel) // waits for a connection, and ends with l
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, open := <-l.Notify:
			if !open {
				return nil
			}
			f()
		}
	}
}
