package team

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	_ "time/tzdata" // the zones are known wherever the program runs

	"callboard/sipgate"
)

// ZoneSettings says in which time zone times are shown.
type ZoneSettings struct {
	Timezone string `placeholder:"ZONE" help:"Time zone of all times that are shown, and of the days of figures and filters: Europe/Berlin. Default: that of the account's users or numbers at sipgate, else that of the environment variable TZ."`
}

// A ZoneRule says which zone an account has before sipgate is asked.
type ZoneRule struct {
	Fixed    *time.Location // of all accounts; nil: each has its own
	Fallback *time.Location // of accounts of which sipgate tells none; nil is UTC
}

// Rule checks the setting and the environment variable TZ. The error joins all
// mistakes, each of the form "--flag: what is wrong".
func (s *ZoneSettings) Rule() (r ZoneRule, err error) {
	var fixedErr, fallbackErr error
	if s.Timezone != "" {
		if r.Fixed, fixedErr = LoadZone(s.Timezone); fixedErr != nil {
			fixedErr = fmt.Errorf("--timezone: %w", fixedErr)
		}
	}
	if r.Fallback, fallbackErr = environmentZone(os.Getenv("TZ")); fallbackErr != nil {
		fallbackErr = fmt.Errorf("TZ: %w", fallbackErr)
	}
	return r, errors.Join(fixedErr, fallbackErr)
}

// LoadZone returns the zone with a name of the time zone database.
func LoadZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, fmt.Errorf("no time zone %q: it is a name such as Europe/Berlin", name)
	}
	return zone, nil
}

// machineZone is the file of the zone of a Unix machine.
const machineZone = "/etc/localtime"

// environmentZone returns the zone that a value of TZ means: a name or the
// absolute path of a file, with or without a colon before it. Nothing means the
// zone of the machine, or UTC.
func environmentZone(value string) (*time.Location, error) {
	value = strings.TrimPrefix(value, ":")
	switch {
	case value == "":
		if zone, err := fileZone(machineZone); err == nil {
			return zone, nil
		}
		return time.UTC, nil
	case filepath.IsAbs(value):
		return fileZone(value)
	}
	return LoadZone(value)
}

// fileZone returns the zone in a file. Its name is that of the file in the time
// zone database if the path leads there, else its abbreviation.
func fileZone(path string) (*time.Location, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("no time zone: %w", err)
	}
	zone, err := time.LoadLocationFromTZData("", data)
	if err != nil {
		return nil, fmt.Errorf("no time zone in %s: %w", path, err)
	}
	name, _ := time.Now().In(zone).Zone()
	if target, err := filepath.EvalSymlinks(path); err == nil {
		if _, after, ok := strings.Cut(filepath.ToSlash(target), "/zoneinfo/"); ok {
			name = after
		}
	}
	return time.LoadLocationFromTZData(name, data)
}

// Zones decides in which time zone the times of each account are shown. It
// remembers what sipgate told, so that days stay the same while sipgate cannot
// be asked. All methods may be called concurrently.
type Zones struct {
	rule    ZoneRule
	db      *sql.DB
	current atomic.Pointer[map[string]*time.Location]
}

// NewZones reads the zones from db, which has the tables of [Migrations].
func NewZones(ctx context.Context, db *sql.DB, rule ZoneRule) (*Zones, error) {
	z := newZones(db, rule)
	return z, z.reload(ctx, "")
}

func newZones(db *sql.DB, rule ZoneRule) *Zones {
	z := &Zones{rule: rule, db: db}
	z.current.Store(&map[string]*time.Location{})
	return z
}

func (z *Zones) reload(ctx context.Context, account string) error {
	where, args := of(account)
	all := map[string]*time.Location{}
	err := eachRow(ctx, z.db, func(row scanner) error {
		var account, name string
		if err := row.Scan(&account, &name); err != nil {
			return err
		}
		if zone, err := LoadZone(name); err == nil {
			all[account] = zone
		}
		return nil
	}, `select account, zone from team_zone`+where, args...)
	if err != nil {
		return fmt.Errorf("read time zones: %w", err)
	}
	replaceTeam(&z.current, all, account, func(k string) string { return k })
	return nil
}

// Of returns the zone of an account: that of the setting, else what sipgate
// told, else that of TZ, else UTC. It is never nil.
func (z *Zones) Of(account string) *time.Location {
	if z == nil {
		return time.UTC
	}
	return cmp.Or(z.rule.Fixed, (*z.current.Load())[account], z.rule.Fallback, time.UTC)
}

// Learn remembers the zone that sipgate tells of an account: that of most of its
// users, else that of most of its numbers, else that of the country in a
// locale. Where none of them tells one, what is known stays.
func (z *Zones) Learn(ctx context.Context, account string, users []sipgate.User, numbers []sipgate.AccountNumber, locale string) error {
	var ofUsers, ofNumbers [][]string
	for _, u := range users {
		ofUsers = append(ofUsers, []string{u.Timezone})
	}
	for _, n := range numbers {
		ofNumbers = append(ofNumbers, sipgate.NumberZones(n.Number))
	}
	for _, votes := range [][][]string{ofUsers, ofNumbers, {sipgate.LocaleZones(locale)}} {
		if zone := prevailingZone(votes); zone != nil {
			return z.store(ctx, account, zone)
		}
	}
	return nil
}

// prevailingZone returns the zone that most votes name, nil if they name none. A
// vote for several zones counts only if their clocks agree.
func prevailingZone(votes [][]string) *time.Location {
	count, zones := map[string]int{}, map[string]*time.Location{}
	for _, names := range votes {
		agreeing := agreeingZones(names)
		for _, zone := range agreeing {
			count[zone.String()]++
			zones[zone.String()] = zone
		}
	}
	best := ""
	for _, name := range slices.Sorted(maps.Keys(count)) {
		if best == "" || count[name] >= count[best] {
			best = name
		}
	}
	return zones[best]
}

// agreeingZones returns the zones with the names, none if their clocks differ
// now or in half a year.
func agreeingZones(names []string) (all []*time.Location) {
	now := time.Now()
	for _, name := range names {
		zone, err := LoadZone(name)
		if err != nil {
			continue
		}
		if len(all) > 0 && !(sameOffset(all[0], zone, now) && sameOffset(all[0], zone, now.AddDate(0, 6, 0))) {
			return nil
		}
		all = append(all, zone)
	}
	return all
}

func sameOffset(a, b *time.Location, at time.Time) bool {
	_, x := at.In(a).Zone()
	_, y := at.In(b).Zone()
	return x == y
}

// store stores a zone and publishes it.
func (z *Zones) store(ctx context.Context, account string, zone *time.Location) error {
	if known := (*z.current.Load())[account]; known != nil && known.String() == zone.String() {
		return nil
	}
	_, err := execute(ctx, z.db, `
		insert into team_zone (account, zone) values ($1, $2)
		on conflict (account) do update set zone = excluded.zone`, account, zone.String())
	if err != nil {
		return fmt.Errorf("store time zone of %s: %w", account, err)
	}
	for {
		known := z.current.Load()
		all := maps.Clone(*known)
		all[account] = zone
		if z.current.CompareAndSwap(known, &all) {
			return nil
		}
	}
}
