package database

import (
	"context"
	"database/sql"
	"io/fs"
)

// MigrateAlone migrates as another process does, which does not share the mutex.
func MigrateAlone(ctx context.Context, db *sql.DB, program string, owners map[string]fs.FS) error {
	return connectorOf(db).migrating(ctx, func(db *sql.DB) error { return migrate(ctx, db, program, owners) })
}

// SSLMode returns the sslmode of connections to an address.
func SSLMode(address string) (string, error) {
	c, err := newConnector(address)
	if err != nil {
		return "", err
	}
	return string(c.config.SSLMode), nil
}

// OnProgress sets what is called after each transaction of a transfer.
func (t *Transfer) OnProgress(f func(table string) error) { t.progress = f }
