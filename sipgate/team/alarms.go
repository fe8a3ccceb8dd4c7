package team

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"callboard/sipgate"
)

// AlarmLimits say from when on a call has been in its state for too long.
type AlarmLimits struct{ Ringing, Held, Talking AlarmLimit }

// An AlarmLimit has two steps, in seconds. A step of 0 is never reached.
type AlarmLimit struct{ Amber, Red int }

// AlarmLevel is how much too long a call has been in its state.
type AlarmLevel string

// The levels.
const (
	NoAlarm    AlarmLevel = ""
	AmberAlarm AlarmLevel = "amber"
	RedAlarm   AlarmLevel = "red"
)

// MaxAlarmLimit is the highest step of a limit, in seconds.
const MaxAlarmLimit = 3600

// DefaultAlarmLimits are those of teams whose admins have set none.
var DefaultAlarmLimits = AlarmLimits{Ringing: AlarmLimit{20, 40}, Held: AlarmLimit{60, 180}}

// Level returns the level after a time in the state.
func (l AlarmLimit) Level(d time.Duration) AlarmLevel {
	reached := func(step int) bool { return step > 0 && d >= time.Duration(step)*time.Second }
	switch {
	case reached(l.Red):
		return RedAlarm
	case reached(l.Amber):
		return AmberAlarm
	}
	return NoAlarm
}

// check returns a [*sipgate.ValueError] that names the first invalid step:
// "alarm_limit" if it is out of range, "alarm_order" if red comes before amber.
func (l AlarmLimits) check() error {
	for _, f := range []struct {
		name  string
		limit AlarmLimit
	}{{"ringing", l.Ringing}, {"held", l.Held}, {"talking", l.Talking}} {
		switch amber, red := f.limit.Amber, f.limit.Red; {
		case amber < 0 || amber > MaxAlarmLimit:
			return &sipgate.ValueError{Field: f.name + "_amber", Code: "alarm_limit"}
		case red < 0 || red > MaxAlarmLimit:
			return &sipgate.ValueError{Field: f.name + "_red", Code: "alarm_limit"}
		case red > 0 && red < amber:
			return &sipgate.ValueError{Field: f.name + "_red", Code: "alarm_order"}
		}
	}
	return nil
}

// Alarms are the limits of all teams, which are in memory. All methods may be
// called concurrently.
type Alarms struct {
	db      *sql.DB
	current atomic.Pointer[map[string]AlarmLimits] // by account, only of those that have set any
}

// NewAlarms reads the limits from db, which has the tables of [Migrations]. It
// skips invalid ones, which another version of the program wrote.
func NewAlarms(ctx context.Context, db *sql.DB) (*Alarms, error) {
	a := newAlarms(db)
	return a, a.reload(ctx, "")
}

func newAlarms(db *sql.DB) *Alarms {
	a := &Alarms{db: db}
	a.current.Store(&map[string]AlarmLimits{})
	return a
}

func (a *Alarms) reload(ctx context.Context, account string) error {
	all := map[string]AlarmLimits{}
	where, args := of(account)
	err := eachRow(ctx, a.db, func(row scanner) error {
		var account string
		var l AlarmLimits
		err := row.Scan(&account, &l.Ringing.Amber, &l.Ringing.Red, &l.Held.Amber, &l.Held.Red, &l.Talking.Amber, &l.Talking.Red)
		if l.check() == nil {
			all[account] = l
		}
		return err
	}, `select account, ringing_amber, ringing_red, held_amber, held_red, talking_amber, talking_red from team_alarms`+where, args...)
	if err != nil {
		return fmt.Errorf("read alarm limits: %w", err)
	}
	replaceTeam(&a.current, all, account, func(k string) string { return k })
	return nil
}

// Of returns the limits of an account.
func (a *Alarms) Of(account string) AlarmLimits {
	if l, ok := (*a.current.Load())[account]; ok {
		return l
	}
	return DefaultAlarmLimits
}

// Set stores the limits of an account. The caller guarantees that an admin asks
// for it. Errors are a [*sipgate.ValueError] that names the invalid step, and
// those of the database.
func (a *Alarms) Set(ctx context.Context, account string, l AlarmLimits) error {
	if err := l.check(); err != nil {
		return err
	}
	_, err := execute(ctx, a.db, `
		insert into team_alarms (account, ringing_amber, ringing_red, held_amber, held_red, talking_amber, talking_red)
		values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (account) do update
		set ringing_amber = excluded.ringing_amber, ringing_red = excluded.ringing_red,
			held_amber = excluded.held_amber, held_red = excluded.held_red,
			talking_amber = excluded.talking_amber, talking_red = excluded.talking_red`,
		account, l.Ringing.Amber, l.Ringing.Red, l.Held.Amber, l.Held.Red, l.Talking.Amber, l.Talking.Red)
	if err != nil {
		return fmt.Errorf("store alarm limits of %s: %w", account, err)
	}
	for {
		known := a.current.Load()
		all := maps.Clone(*known)
		all[account] = l
		if a.current.CompareAndSwap(known, &all) {
			return nil
		}
	}
}
