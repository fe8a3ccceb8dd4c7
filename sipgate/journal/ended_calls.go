package journal

import (
	"context"
	"database/sql"
	"time"

	"callboard/sipgate/switchboard"
)

// maxEndedCalls is the number of calls that [Journal.EndedSince] returns.
const maxEndedCalls = 5000

// EndedSince returns the calls of the account that ended at or after a time, the
// latest ones if they are many, in the order of their ends. Each is as the board had
// it last.
func (j *Journal) EndedSince(ctx context.Context, account string, since time.Time) ([]switchboard.Call, error) {
	return queryAll(ctx, j.db, func(rows *sql.Rows) (c switchboard.Call, err error) {
		var row, state string
		if err = rows.Scan(&row, &state); err != nil {
			return c, err
		}
		if c, err = decodeCall(state); err != nil {
			c = switchboard.Call{} // of a later release: it has neither direction nor number
		}
		c.ID = switchboard.RowID(row)
		return c, nil
	}, `
		select row_id, state from (
			select row_id, state, ended_at from journal_rows
			where account = $1 and ended_at >= $2 and into_row = '' order by ended_at desc, row_id limit $3) latest
		order by ended_at, row_id`, account, max(1, since.UnixMilli()), maxEndedCalls)
}
