package journal

import (
	"context"
	"database/sql"
	"time"
)

// purgeStep is the number of calls that one transaction removes, so that others can
// write in between.
const purgeStep = 200

// Purge removes the calls of all accounts whose retention has passed, with their
// timelines and notes. Retention counts from the board's last change of a call; a
// later note does not extend it. What was changed of entries of the history is kept for
// as long, from its last change. Purge also removes the notes that are kept for a
// shorter time than the calls.
func (j *Journal) Purge(ctx context.Context) error {
	before := j.now().Add(-j.retention)
	changes := purgeChanges{before: before}
	if j.notes > 0 {
		changes.notesBefore = j.now().Add(-j.notes)
		if err := j.commit(ctx, "", purgeNotes{changes.notesBefore}); err != nil {
			return err
		}
	}
	if err := j.commit(ctx, "", changes); err != nil {
		return err
	}
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

// purge removes at most purgeStep calls that are older than before.
type purge struct {
	before  time.Time
	removed int64
}

func (w *purge) exec(ctx context.Context, tx *sql.Tx, _ string) error {
	// In PostgreSQL others write meanwhile: whoever writes one of these calls now waits,
	// so that a call is removed wholly or not at all.
	if _, err := tx.ExecContext(ctx, `
		update journal_rows /* all teams */ set heard_at = heard_at where (account, row_id) in (
			select account, row_id from journal_rows
			where heard_at < $1 order by heard_at, account, row_id limit $2)`, w.before.UnixMilli(), purgeStep); err != nil {
		return err
	}
	for _, table := range []string{"journal_entries", "journal_calls", "journal_past", "journal_members", "journal_rows"} {
		result, err := tx.ExecContext(ctx, `
			delete from `+table+` /* all teams */ where (account, row_id) in (
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

// purgeNotes removes the notes that are older than before.
type purgeNotes struct{ before time.Time }

func (w purgeNotes) exec(ctx context.Context, tx *sql.Tx, _ string) error {
	_, err := tx.ExecContext(ctx, `delete from journal_entries /* all teams */ where kind = 'noted' and at < $1`, w.before.UnixMilli())
	return err
}
