package team

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"sync"
	"time"
)

// arrivalStep is how much later an event must have come to be stored: a busy account
// has several in a second.
const arrivalStep = time.Minute

// Arrivals keep when the last push event of each account and of each of its channels
// came, so that it is known after a restart whether events arrive. They are in memory.
// All methods may be called concurrently.
type Arrivals struct {
	db *sql.DB

	mu   sync.Mutex // held for look-ups only, not while something is stored
	last map[string]map[string]time.Time
}

// NewArrivals reads the arrivals from db, which has the tables of [Migrations].
func NewArrivals(ctx context.Context, db *sql.DB) (*Arrivals, error) {
	a := newArrivals(db)
	return a, a.reload(ctx, "")
}

func newArrivals(db *sql.DB) *Arrivals {
	return &Arrivals{db: db, last: map[string]map[string]time.Time{}}
}

func (a *Arrivals) reload(ctx context.Context, account string) error {
	now := newArrivals(nil)
	where, args := of(account)
	err := eachRow(ctx, a.db, func(row scanner) error {
		var account, channel string
		var last int64
		err := row.Scan(&account, &channel, &last)
		now.set(account, channel, time.UnixMilli(last))
		return err
	}, `select account, channel, last from team_arrivals`+where, args...)
	if err != nil {
		return fmt.Errorf("read arrivals: %w", err)
	}
	a.replace(now.last, account)
	return nil
}

// replace replaces what is in memory of an account, of all for "".
func (a *Arrivals) replace(now map[string]map[string]time.Time, account string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last = withTeam(a.last, now, account, func(k string) string { return k })
}

func (a *Arrivals) set(account, channel string, last time.Time) {
	if a.last[account] == nil {
		a.last[account] = map[string]time.Time{}
	}
	a.last[account][channel] = last
}

// Of returns when the last event of each channel of an account came, by its id, and
// that of the account itself under "". The caller owns the map.
func (a *Arrivals) Of(account string) map[string]time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	last := map[string]time.Time{}
	maps.Copy(last, a.last[account])
	return last
}

// Any reports whether an event of an account has come.
func (a *Arrivals) Any(account string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.last[account][""].IsZero()
}

// Save stores the arrivals of an account that are at least a minute later than those
// that are stored.
func (a *Arrivals) Save(ctx context.Context, account string, last map[string]time.Time) error {
	known := a.Of(account)
	for channel, at := range last {
		if at.Sub(known[channel]) < arrivalStep {
			continue
		}
		_, err := execute(ctx, a.db, `
			insert into team_arrivals (account, channel, last) values ($1, $2, $3)
			on conflict (account, channel) do update set last = excluded.last`, account, channel, at.UnixMilli())
		if err != nil {
			return fmt.Errorf("store arrivals of %s: %w", account, err)
		}
		a.mu.Lock()
		a.set(account, channel, at)
		a.mu.Unlock()
	}
	return nil
}

// Forget removes the arrivals of an account, whose events come here no longer.
func (a *Arrivals) Forget(ctx context.Context, account string) error {
	if _, err := execute(ctx, a.db, `delete from team_arrivals where account = $1`, account); err != nil {
		return fmt.Errorf("forget arrivals of %s: %w", account, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.last, account)
	return nil
}
