package team

import (
	"context"
	"database/sql"
	"log/slog"
)

// Stores are everything that the package keeps in a database.
type Stores struct {
	Grants           *Grants
	Members          *Members
	Audit            *Audit
	Capabilities     *CapabilityStore
	ReplacedWebhooks *ReplacedWebhooks
	Wallboards       *Wallboards

	// Interrupted are the audit entries of actions that the end of the previous
	// process cut off.
	Interrupted []AuditEntry
}

// OpenStores opens the stores in db, whose tables are those of [Migrations].
// Grants are encrypted with key and refreshed through r. Close the stores before
// the database.
func OpenStores(ctx context.Context, db *sql.DB, key Key, r Refresher, c Config, log *slog.Logger) (*Stores, error) {
	s := &Stores{Audit: NewAudit(db, c.AuditRetention), ReplacedWebhooks: NewReplacedWebhooks(db), Wallboards: NewWallboards(db)}
	var err error
	if s.Members, err = NewMembers(ctx, db, c.Accounts); err != nil {
		return nil, err
	}
	if s.Capabilities, err = NewCapabilityStore(ctx, db); err != nil {
		return nil, err
	}
	if s.Interrupted, err = s.Audit.Recover(ctx); err != nil {
		return nil, err
	} else if len(s.Interrupted) > 0 {
		log.Warn("actions cut off by the end of the last process; see the audit", "number", len(s.Interrupted))
	}
	s.Grants, err = NewGrants(db, key, r, log)
	return s, err
}

// Close ends the refreshes of grants and waits for them.
func (s *Stores) Close() { s.Grants.Close() }
