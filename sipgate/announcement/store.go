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

// update runs f in a transaction.
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

// storage recognises a full disk in the errors of SQLite (result code 13) and
// PostgreSQL (class 53), without importing either.
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

// newToken returns 256 random bits in 43 characters.
func newToken() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// isToken reports whether s can come from newToken.
func isToken(s string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == 32 && len(s) == 43
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
