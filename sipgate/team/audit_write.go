package team

import (
	"context"
	"errors"
	"time"
)

// insert stores e with the next id and the present time.
func (a *Audit) insert(ctx context.Context, e AuditEntry) (int64, error) {
	if err := e.prepare(); err != nil {
		return 0, a.unavailable(err)
	}
	ctx, cancel := untilStored(ctx)
	defer cancel()
	now := a.now()
	for range maxIDAttempts {
		var id int64
		// The id follows the newest one even if the clock was set back. It is
		// a time, so that it does not disclose the number of entries. Of several
		// writers that choose the same id at once, one gets it.
		err := a.db.QueryRowContext(ctx, `
			insert into audit (id, account, by_user, by_name, through, deed, call_id, parties,
				parameters, address, outcome, status, begun_at, took_ms)
			values ((select max(id) from (select $1 as id union all select max(id) + 1 from audit) ids),
				$2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0)
			on conflict (id) do nothing returning id`,
			now.UnixMicro(), e.Account, string(e.By.User), e.ByName, string(e.Via.User),
			string(e.Action), e.Call, e.Parties, e.Parameters, e.Address, e.Outcome, e.Status,
			now.UnixMilli()).Scan(&id)
		if err == nil {
			return id, nil
		}
		if !noRows(err) {
			return 0, a.unavailable(err)
		}
	}
	return 0, a.unavailable(errors.New("concurrent writers take every id"))
}

// A completion is what End adds to an entry.
type completion struct {
	id      int64
	outcome string
	status  int
	took    time.Duration
}

// complete stores a completion and returns how many entries it changed.
func (a *Audit) complete(ctx context.Context, c completion) (int64, error) {
	return execute(ctx, a.db, `
		update audit set outcome = $1, status = $2, took_ms = $3
		where id = $4 and outcome in ('begun', 'waiting')`,
		c.outcome, c.status, c.took.Milliseconds(), c.id)
}

// retryLater keeps a completion that could not be stored. If there are too many
// it drops the oldest: those entries are unknown after the next start.
func (a *Audit) retryLater(c completion) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.retryQueue = append(a.retryQueue, c)
	if len(a.retryQueue) > maxRetries {
		a.retryQueue = a.retryQueue[1:]
	}
}

// flushRetries stores the completions in the queue, until the database fails
// again.
func (a *Audit) flushRetries(ctx context.Context) {
	a.mu.Lock()
	queue := a.retryQueue
	a.retryQueue = nil
	a.mu.Unlock()
	for i, c := range queue {
		if _, err := a.complete(ctx, c); err != nil {
			a.mu.Lock()
			a.retryQueue = append(queue[i:len(queue):len(queue)], a.retryQueue...)
			a.mu.Unlock()
			return
		}
	}
}
