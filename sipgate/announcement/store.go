package announcement

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"
)

const lockTeam = `insert into announcement_teams (account) values ($1)
	on conflict (account) do update set account = excluded.account`

// lock lets the transaction wait until no other one holds the library of account. It
// comes before what is read to be changed: in PostgreSQL others write meanwhile.
func lock(ctx context.Context, tx *sql.Tx, account string) error {
	_, err := tx.ExecContext(ctx, lockTeam, account)
	return err
}

// allTeams marks a statement for all teams: it leaves those alone for which another
// process acts.
const allTeams = ` /* all teams */`

// lockOld is lock for what removes what is old, of all accounts. It returns ErrNotFound if
// another process acts for the account, which removes it there.
func lockOld(ctx context.Context, tx *sql.Tx, account string) error {
	result, err := tx.ExecContext(ctx, lockTeam+allTeams, account)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrNotFound)
	}
	return nil
}

// inTx runs f in a transaction. It returns StorageFull if the disk is full.
func (l *Library) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return storageError(err)
	}
	defer tx.Rollback() // does nothing after a commit
	if err := f(tx); err != nil {
		return storageError(err)
	}
	return storageError(tx.Commit())
}

// storageError wraps the errors of a full disk in StorageFull and returns others
// unchanged. It recognizes those of SQLite (result code 13) and PostgreSQL (SQLSTATE
// 53100) without importing either.
func storageError(err error) error {
	var lite interface{ Code() int }
	var post interface{ SQLState() string }
	full := errors.Is(err, syscall.ENOSPC) ||
		errors.As(err, &lite) && lite.Code()&0xFF == 13 ||
		errors.As(err, &post) && strings.HasPrefix(post.SQLState(), "53100")
	if full {
		return fmt.Errorf("%w: %w", errorf(StorageFull, "the disk is full"), err)
	}
	return err
}

// newToken returns 256 random bits as 43 characters of base64url.
func newToken() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// isToken reports whether s has the form that newToken returns.
func isToken(s string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == 32 && len(s) == 43
}

// fromMillis returns the UTC time of ms milliseconds since 1970, or the zero time
// for 0.
func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
