package journal

import (
	"context"
	"database/sql"
	"time"
)

// WaitTimes says how long callers waited.
type WaitTimes struct {
	Calls   int           // incoming calls that were seen ringing and no longer ring
	Longest time.Duration // the longest time until one of them was answered or ended
}

// WaitTimes returns the wait times of an account's calls that began to ring at or
// after since. It excludes calls whose start is approximate.
func (j *Journal) WaitTimes(ctx context.Context, account string, since time.Time) (WaitTimes, error) {
	waited, err := queryAll(ctx, j.db, func(rows *sql.Rows) (d time.Duration, err error) {
		var rang, until int64
		err = rows.Scan(&rang, &until)
		return max(0, time.UnixMilli(until).Sub(time.UnixMilli(rang))), err
	}, `
		select min(rang.at), min(coalesce(answered.at, r.ended_at))
		from journal_rows r
		join journal_entries rang on rang.account = r.account and rang.row_id = r.row_id and rang.kind = 'rang'
		left join journal_entries answered on answered.account = r.account and answered.row_id = r.row_id and answered.kind = 'answered'
		where r.account = $1 and r.direction = 'in' and r.into_row = '' and r.heard_at >= $2 and rang.at >= $2 and not rang.about
			and (answered.at is not null or r.ended_at > 0)
		group by r.row_id`, account, since.UnixMilli())
	var w WaitTimes
	for _, d := range waited {
		w.Calls++
		w.Longest = max(w.Longest, d)
	}
	return w, err
}
