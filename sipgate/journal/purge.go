package journal

import (
	"context"
	"database/sql"
	"time"
)

// purgeStep is how many calls are removed at a time, so that others can write in
// between.
const purgeStep = 200

// Purge removes the calls of all accounts that were kept long enough, with their
// timelines and notes. It counts from when the board last told of a call; a
// note that was added later does not keep it.
func (j *Journal) Purge(ctx context.Context) error {
	before := j.now().Add(-j.retention)
	for {
		p := &purge{before: before}
		if err := j.commit(ctx, "", p); err != nil {
			return err
		}
		if p.removed < purgeStep {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// purge removes one step of what is older.
type purge struct {
	before  time.Time
	removed int64
}

func (w *purge) exec(ctx context.Context, tx *sql.Tx, _ string) error {
	for _, table := range []string{"journal_entries", "journal_calls", "journal_past", "journal_members", "journal_rows"} {
		result, err := tx.ExecContext(ctx, `
			delete from `+table+` where (account, row_id) in (
				select account, row_id from journal_rows
				where heard_at < $1 order by heard_at, account, row_id limit $2)`, w.before.UnixMilli(), purgeStep)
		if err != nil {
			return err
		}
		if w.removed, err = result.RowsAffected(); err != nil {
			return err
		}
	}
	return nil
}
