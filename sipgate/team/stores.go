package team

import (
	"context"
	"database/sql"
	"log/slog"
)

// Stores are all that this package keeps in one database.
type Stores struct {
	Grants           *Grants
	Members          *Members
	Audit            *Audit
	Capabilities     *CapabilityStore
	ReplacedWebhooks *ReplacedWebhooks
	Wallboards       *Wallboards
	Zones            *Zones
	Alarms           *Alarms
	Greetings        *Greetings
	Favourites       *Favourites
	Relays           *Relays
	Arrivals         *Arrivals

	// Interrupted are the audit entries that [Audit.Recover] completed: those of
	// actions in progress when the previous process ended.
	Interrupted []AuditEntry
}

// OpenStores reads the stores from db, which has the tables of [Migrations].
// Grants are encrypted with key and refreshed through r. The stores are to be
// closed before the database.
func OpenStores(ctx context.Context, db *sql.DB, key Key, r Refresher, c Config, log *slog.Logger) (*Stores, error) {
	s := &Stores{Audit: NewAudit(db, c.AuditRetention), ReplacedWebhooks: NewReplacedWebhooks(db), Wallboards: NewWallboards(db)}
	var err error
	if s.Members, err = NewMembers(ctx, db, c.Accounts); err != nil {
		return nil, err
	}
	if s.Capabilities, err = NewCapabilityStore(ctx, db); err != nil {
		return nil, err
	}
	if s.Zones, err = NewZones(ctx, db, c.Zones); err != nil {
		return nil, err
	}
	if s.Alarms, err = NewAlarms(ctx, db); err != nil {
		return nil, err
	}
	if s.Greetings, err = NewGreetings(ctx, db); err != nil {
		return nil, err
	}
	if s.Favourites, err = NewFavourites(ctx, db); err != nil {
		return nil, err
	}
	if s.Relays, err = NewRelays(ctx, db, c.Relay); err != nil {
		return nil, err
	}
	if s.Arrivals, err = NewArrivals(ctx, db); err != nil {
		return nil, err
	}
	if s.Interrupted, err = s.Audit.Recover(ctx); err != nil {
		return nil, err
	} else if len(s.Interrupted) > 0 {
		log.Warn("actions interrupted by the end of the previous process; see the audit", "number", len(s.Interrupted))
	}
	s.Grants, err = NewGrants(db, key, r, log)
	return s, err
}

// Close waits for the refreshes of grants, as [Grants.Close] does.
func (s *Stores) Close() { s.Grants.Close() }
