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

	// Interrupted are the actions in progress when the process ended that acted for
	// their account before.
	Interrupted Interruptions
}

// OpenStores reads the stores from db, which has the tables of [Migrations]; with
// c.OnDemand, what is stored of an account is read by [Stores.Reload] only.
// Grants are encrypted with key and refreshed through r. The stores are to be
// closed before the database.
func OpenStores(ctx context.Context, db *sql.DB, key Key, r Refresher, c Config, log *slog.Logger) (*Stores, error) {
	s := &Stores{Audit: NewAudit(db, c.AuditRetention), ReplacedWebhooks: NewReplacedWebhooks(db), Wallboards: NewWallboards(db),
		Members: newMembers(db, c.Accounts), Capabilities: newCapabilityStore(db), Zones: newZones(db, c.Zones), Alarms: newAlarms(db),
		Greetings: newGreetings(db), Favourites: newFavourites(db), Relays: newRelays(db, c.Relay), Arrivals: newArrivals(db)}
	var err error
	if s.Grants, err = newGrants(db, key, r, log, func(string) {}); err != nil || c.OnDemand {
		return s, err
	}
	if err := s.Reload(ctx, ""); err != nil {
		s.Close()
		return nil, err
	}
	if n := s.Interrupted.count(); n > 0 {
		log.Warn("actions interrupted by the end of the previous process; see the audit", "number", n)
	}
	return s, nil
}

// Close waits for the refreshes of grants, as [Grants.Close] does.
func (s *Stores) Close() { s.Grants.Close() }
