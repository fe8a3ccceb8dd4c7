package announcement

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Purge removes what was kept long enough: public addresses that have expired, and
// announcements that nobody has played for as long as the options say, counted from
// their upload or their last use. It returns how many announcements it removed.
func (l *Library) Purge(ctx context.Context) (removed int, err error) {
	now := l.opts.Now()
	if _, err := l.db.ExecContext(ctx, `delete from announcement_links where expires < $1`+allTeams, now.Add(-time.Hour).UnixMilli()); err != nil {
		return 0, storageError(err)
	}
	if l.opts.Unplayed <= 0 {
		return 0, nil
	}
	old, err := l.unplayed(ctx, now.Add(-l.opts.Unplayed).UnixMilli())
	if err != nil {
		return 0, err
	}
	for _, a := range old {
		switch err := l.removeOld(ctx, a); {
		case errors.Is(err, ErrNotFound): // somebody was faster, or another process acts for the account
		case err != nil:
			return removed, err
		default:
			removed++
		}
	}
	return removed, nil
}

func (l *Library) removeOld(ctx context.Context, a reference) error {
	return l.inTx(ctx, func(tx *sql.Tx) error {
		if err := lockOld(ctx, tx, a.account); err != nil {
			return err
		}
		if _, err := get(ctx, tx, a.account, a.id); err != nil {
			return err
		}
		return remove(ctx, tx, a.id, allTeams)
	})
}

type reference struct{ account, id string }

// unplayed returns the announcements that were neither added nor played since a
// time in Unix milliseconds.
func (l *Library) unplayed(ctx context.Context, since int64) (all []reference, err error) {
	rows, err := l.db.QueryContext(ctx, `select account, id from announcements where created < $1 and last_played < $1 order by id`, since)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var a reference
		if err := rows.Scan(&a.account, &a.id); err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, rows.Err()
}
