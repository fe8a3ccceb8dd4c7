package announcement

import (
	"context"
	"database/sql"
)

// Favourites returns the ids of the announcements of account that one of its
// members has marked, in the order in which they were: a new one is the last.
func (l *Library) Favourites(ctx context.Context, account, member string) ([]string, error) {
	const query = `select announcement from announcement_favourites join announcements on id = announcement
		where account = $1 and member = $2 order by marked, announcement`
	rows, err := l.db.QueryContext(ctx, query, account, member)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// SetFavourite marks an announcement of account as a favourite of one of its
// members, or removes the mark. An announcement that has been marked keeps its
// place.
func (l *Library) SetFavourite(ctx context.Context, account, member, id string, on bool) error {
	return l.inTx(ctx, func(tx *sql.Tx) error {
		if err := getLocked(ctx, tx, account, id); err != nil {
			return err
		}
		if !on {
			_, err := tx.ExecContext(ctx, `delete from announcement_favourites where announcement = $1 and member = $2`, id, member)
			return err
		}
		const mark = `insert into announcement_favourites (announcement, member, marked) values ($1, $2, $3) on conflict do nothing`
		_, err := tx.ExecContext(ctx, mark, id, member, l.opts.Now().UnixMilli())
		return err
	})
}
