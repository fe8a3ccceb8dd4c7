package team

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"callboard/sipgate"
)

// An Ability is a feature of sipgate that not every account has: one of those below, or
// a verb of the switchboard whose commands sipgate may refuse for the platform.
type Ability string

// The abilities that pages and buttons depend on.
const (
	AbilityMute            Ability = "mute"             // mute the own party of a call
	AbilitySilentRecording Ability = "silent_recording" // record without an announcement to the callers
	AbilityCallHistory     Ability = "call_history"     // past calls can be read
	AbilityGroups          Ability = "groups"           // phone lines and groups
	AbilityCallList        Ability = "call_list"        // live calls can be listed
)

// Abilities lists the abilities in the order in which they are shown.
var Abilities = []Ability{AbilityMute, AbilitySilentRecording, AbilityCallHistory, AbilityCallList, AbilityGroups}

// Capabilities are what is known of the abilities of an account. The zero value
// is that of an account of which nothing is known yet.
type Capabilities struct {
	sipgate.PlatformDetection
	PlusSign   bool      // new calls need numbers with a plus sign, see [sipgate.DialMethod]
	Refused    []Ability // those that sipgate refused because of the account's platform
	DetectedAt time.Time // when any of this was last detected; zero: never
}

// Can reports whether the account has the ability, or may have it: it is missing only
// once an answer of sipgate has shown that, whatever the platform.
func (c Capabilities) Can(a Ability) bool { return !slices.Contains(c.Refused, a) }

// Assumed reports whether the account has an ability only as long as nobody has
// tried: reports about its platform say that it is missing.
func (c Capabilities) Assumed(a Ability) bool { return c.Platform == sipgate.Neo && c.Can(a) }

// DialMethod returns how calls are started for the account.
func (c Capabilities) DialMethod() sipgate.DialMethod {
	return sipgate.DialMethod{Platform: c.Platform, PlusSign: c.PlusSign}
}

// CapabilityStore keeps the capabilities of accounts. All of them are in
// memory: Get costs no query and takes no lock. A change is stored before any
// reader sees it. All methods may be called concurrently.
type CapabilityStore struct {
	db      *sql.DB
	writing chan struct{} // as in [Members]: changes are stored and published one after another
	current atomic.Pointer[map[string]Capabilities]
}

// NewCapabilityStore reads the capabilities from db, which has the tables of
// [Migrations].
func NewCapabilityStore(ctx context.Context, db *sql.DB) (*CapabilityStore, error) {
	s := newCapabilityStore(db)
	return s, s.reload(ctx, "")
}

func newCapabilityStore(db *sql.DB) *CapabilityStore {
	s := &CapabilityStore{db: db, writing: make(chan struct{}, 1)}
	s.current.Store(&map[string]Capabilities{})
	return s
}

func (s *CapabilityStore) reload(ctx context.Context, account string) error {
	where, args := of(account)
	all := map[string]Capabilities{}
	err := eachRow(ctx, s.db, func(row scanner) error {
		var c Capabilities
		var account, refused string
		var detected int64
		err := row.Scan(&account, &c.Platform, &c.Evidence, &c.PlusSign, &refused, &detected)
		c.DetectedAt = time.UnixMilli(detected)
		for _, a := range strings.Fields(refused) {
			c.Refused = append(c.Refused, Ability(a))
		}
		all[account] = c
		return err
	}, `select account, platform, found_by, plus, refused, found from team_platform`+where, args...)
	if err != nil {
		return fmt.Errorf("read capabilities: %w", err)
	}
	replaceTeam(&s.current, all, account, func(k string) string { return k })
	return nil
}

// Get returns what is known of the account. A nil store knows nothing.
func (s *CapabilityStore) Get(account string) Capabilities {
	if s == nil {
		return Capabilities{}
	}
	return (*s.current.Load())[account]
}

// SetPlatform stores a new detection. It forgets what sipgate refused before:
// the account may have it on its new platform.
func (s *CapabilityStore) SetPlatform(ctx context.Context, account string, d sipgate.PlatformDetection) error {
	return s.change(ctx, account, func(c *Capabilities) {
		*c = Capabilities{PlatformDetection: d, PlusSign: c.PlusSign, DetectedAt: time.Now()}
	})
}

// SetDialMethod stores how a call was started successfully.
func (s *CapabilityStore) SetDialMethod(ctx context.Context, account string, d sipgate.DialMethod) error {
	if s.Get(account).DialMethod() == d {
		return nil
	}
	return s.change(ctx, account, func(c *Capabilities) {
		if c.Platform != d.Platform {
			c.Refused = nil
			c.PlatformDetection = sipgate.PlatformDetection{Platform: d.Platform, Evidence: "call"}
		}
		c.PlusSign, c.DetectedAt = d.PlusSign, time.Now()
	})
}

// SetPresent stores that an account has an ability that sipgate refused before.
func (s *CapabilityStore) SetPresent(ctx context.Context, account string, a Ability) error {
	return s.change(ctx, account, func(c *Capabilities) {
		c.Refused = slices.DeleteFunc(slices.Clone(c.Refused), func(r Ability) bool { return r == a })
		c.DetectedAt = time.Now()
	})
}

// SetMissing stores that sipgate refused an ability because of the account's
// platform.
func (s *CapabilityStore) SetMissing(ctx context.Context, account string, a Ability) error {
	return s.change(ctx, account, func(c *Capabilities) {
		if slices.Contains(c.Refused, a) {
			return
		}
		c.Refused = append(slices.Clone(c.Refused), a)
		c.DetectedAt = time.Now()
	})
}

// change lets f change the capabilities of the account, stores and publishes
// them.
func (s *CapabilityStore) change(ctx context.Context, account string, f func(*Capabilities)) error {
	select {
	case s.writing <- struct{}{}: // also for a caller who has gone away
	default:
		select {
		case s.writing <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer func() { <-s.writing }()
	c := s.Get(account)
	f(&c)
	var refused []string
	for _, a := range c.Refused {
		refused = append(refused, string(a))
	}
	_, err := execute(ctx, s.db, `
		insert into team_platform (account, platform, found_by, plus, refused, found)
		values ($1, $2, $3, $4, $5, $6)
		on conflict (account) do update
		set platform = excluded.platform, found_by = excluded.found_by, plus = excluded.plus,
			refused = excluded.refused, found = excluded.found`,
		account, string(c.Platform), c.Evidence, c.PlusSign, strings.Join(refused, " "), c.DetectedAt.UnixMilli())
	if err != nil {
		return fmt.Errorf("store capabilities of %s: %w", account, err)
	}
	all := maps.Clone(*s.current.Load())
	all[account] = c
	s.current.Store(&all)
	return nil
}
