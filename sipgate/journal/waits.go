package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"callboard/sipgate/switchboard"
)

// Waits says how long callers waited.
type Waits struct {
	Calls   int           // calls that came in, rang while the board looked, and ring no more
	Longest time.Duration // until one of them was answered, or gave up
}

// Waits tells of an account's calls that began to ring at or after since.
// Calls whose first ring was not seen do not count: their times are guesses.
func (j *Journal) Waits(ctx context.Context, account string, since time.Time) (Waits, error) {
	waited, err := query(ctx, j.db, func(rows *sql.Rows) (d time.Duration, err error) {
		var rang, until int64
		var state string
		if err = rows.Scan(&state, &rang, &until); err != nil {
			return 0, err
		}
		var c switchboard.Call
		if err = json.Unmarshal([]byte(state), &c); err != nil {
			return 0, err
		}
		if c.Direction != "in" {
			return -1, nil
		}
		return max(0, time.UnixMilli(until).Sub(time.UnixMilli(rang))), nil
	}, `
		select r.state, min(rang.at), min(coalesce(answered.at, r.ended_at))
		from journal_rows r
		join journal_entries rang on rang.account = r.account and rang.row_id = r.row_id and rang.kind = 'rang'
		left join journal_entries answered on answered.account = r.account and answered.row_id = r.row_id and answered.kind = 'answered'
		where r.account = $1 and r.into_row = '' and r.heard_at >= $2 and rang.at >= $2 and not rang.about
			and (answered.at is not null or r.ended_at > 0)
		group by r.row_id, r.state`, account, since.UnixMilli())
	var w Waits
	for _, d := range waited {
		if d >= 0 {
			w.Calls++
			w.Longest = max(w.Longest, d)
		}
	}
	return w, err
}
