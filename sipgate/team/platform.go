package team

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"callboard/sipgate"
)

// An Ability is something that not every account of sipgate has.
type Ability string

// The abilities that a page or a button depends on.
const (
	AbilityMute            Ability = "mute"             // mute oneself in a call
	AbilitySilentRecording Ability = "silent_recording" // record without telling the callers
	AbilityCallHistory     Ability = "call_history"     // past calls are in the history
	AbilityGroups          Ability = "groups"           // phone lines and groups
)

// Abilities are all of them, in the order in which they are shown.
var Abilities = []Ability{AbilityMute, AbilitySilentRecording, AbilityCallHistory, AbilityGroups}

// Platform is what is known of a team's sipgate account. The zero value knows
// nothing.
type Capabilities struct {
	sipgate.PlatformDetection
	PlusSign   bool      // new calls want numbers with their plus sign, see [sipgate.Way]
	Refused    []Ability // that sipgate refused as not of the account's platform
	DetectedAt time.Time // when it was found out; zero: not yet
}

// Can reports whether the account has the ability. What is not known to be
// missing is there: sipgate decides.
func (p Capabilities) Can(a Ability) bool {
	return p.Platform != sipgate.Neo && !slices.Contains(p.Refused, a)
}

// Way is how calls are started for the account.
func (p Capabilities) DialMethod() sipgate.DialMethod {
	return sipgate.DialMethod{Platform: p.Platform, PlusSign: p.PlusSign}
}

// Platforms remembers for each account what was found out about it. All of it
// is in memory: Get costs no query. A change is in the database before anybody
// sees it.
type CapabilityStore struct {
	db    *sql.DB
	turn  sync.Mutex // of who changes known
	known atomic.Pointer[map[string]Capabilities]
}

// NewPlatforms reads what is known from db, which has the tables of Migrations.
func NewCapabilityStore(ctx context.Context, db *sql.DB) (*CapabilityStore, error) {
	rows, err := db.QueryContext(ctx, `select account, platform, found_by, plus, refused, found from team_platform`)
	if err != nil {
		return nil, fmt.Errorf("read the platforms: %w", err)
	}
	defer rows.Close()
	known := map[string]Capabilities{}
	for rows.Next() {
		var (
			p                 Capabilities
			account, refused  string
			platform, foundBy string
			found             int64
		)
		if err := rows.Scan(&account, &platform, &foundBy, &p.PlusSign, &refused, &found); err != nil {
			return nil, fmt.Errorf("read the platforms: %w", err)
		}
		p.PlatformDetection = sipgate.PlatformDetection{Platform: sipgate.Platform(platform), Evidence: foundBy}
		p.DetectedAt = time.UnixMilli(found)
		for _, a := range strings.Fields(refused) {
			p.Refused = append(p.Refused, Ability(a))
		}
		known[account] = p
	}
	p := &CapabilityStore{db: db}
	p.known.Store(&known)
	return p, rows.Err()
}

// Get returns what is known of the account. Nil knows nothing.
func (p *CapabilityStore) Get(account string) Capabilities {
	if p == nil {
		return Capabilities{}
	}
	return (*p.known.Load())[account]
}

// Found takes what was found out anew. What sipgate refused before is
// forgotten: it may have it now.
func (p *CapabilityStore) SetPlatform(ctx context.Context, account string, f sipgate.PlatformDetection) error {
	return p.change(ctx, account, func(known *Capabilities) {
		*known = Capabilities{PlatformDetection: f, PlusSign: known.PlusSign, DetectedAt: time.Now()}
	})
}

// Learn takes what a call that was started has shown.
func (p *CapabilityStore) SetDialMethod(ctx context.Context, account string, w sipgate.DialMethod) error {
	if known := p.Get(account); known.DialMethod() == w {
		return nil
	}
	return p.change(ctx, account, func(known *Capabilities) {
		if known.Platform != w.Platform {
			known.PlatformDetection = sipgate.PlatformDetection{Platform: w.Platform, Evidence: "call"}
		}
		known.PlusSign, known.DetectedAt = w.PlusSign, time.Now()
	})
}

// Lack notes that sipgate refused something as not of the account's platform.
func (p *CapabilityStore) SetMissing(ctx context.Context, account string, a Ability) error {
	return p.change(ctx, account, func(known *Capabilities) {
		if slices.Contains(known.Refused, a) {
			return
		}
		known.Refused = append(slices.Clone(known.Refused), a)
		known.DetectedAt = time.Now()
	})
}

// change stores what f makes of what is known of the account.
func (p *CapabilityStore) change(ctx context.Context, account string, f func(*Capabilities)) error {
	p.turn.Lock()
	defer p.turn.Unlock()
	known := p.Get(account)
	f(&known)
	var refused []string
	for _, a := range known.Refused {
		refused = append(refused, string(a))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storing)
	defer cancel()
	_, err := p.db.ExecContext(ctx, `
		insert into team_platform (account, platform, found_by, plus, refused, found)
		values ($1, $2, $3, $4, $5, $6)
		on conflict (account) do update
		set platform = excluded.platform, found_by = excluded.found_by, plus = excluded.plus,
			refused = excluded.refused, found = excluded.found`,
		account, string(known.Platform), known.Evidence, known.PlusSign, strings.Join(refused, " "), known.DetectedAt.UnixMilli())
	if err != nil {
		return fmt.Errorf("store the platform of %s: %w", account, err)
	}
	all := maps.Clone(*p.known.Load())
	all[account] = known
	p.known.Store(&all)
	return nil
}
