package team

import (
	"context"
	"database/sql"
	"time"
)

// WebhookURLs are the addresses that sipgate sends an account's push events to.
type WebhookURLs struct{ Incoming, Outgoing string }

// ReplacedWebhooks stores for each account the push addresses that Callboard's
// replaced at sipgate, so that they can be put back.
type ReplacedWebhooks struct{ db *sql.DB }

// NewReplacedWebhooks stores in db, which has the tables of [Migrations].
func NewReplacedWebhooks(db *sql.DB) *ReplacedWebhooks { return &ReplacedWebhooks{db} }

// Save stores the addresses that Callboard's are about to replace, unless some
// are stored already: Callboard's may be set more than once, and only the first
// time replaces others.
func (w *ReplacedWebhooks) Save(ctx context.Context, account string, previous WebhookURLs) error {
	_, err := w.db.ExecContext(ctx, `insert into team_hook (account, incoming, outgoing, kept) values ($1, $2, $3, $4)
		on conflict (account) do nothing`, account, previous.Incoming, previous.Outgoing, time.Now().UnixMilli())
	return err
}

// Previous returns the stored addresses, and false if there are none.
func (w *ReplacedWebhooks) Previous(ctx context.Context, account string) (WebhookURLs, bool, error) {
	var previous WebhookURLs
	err := w.db.QueryRowContext(ctx, `select incoming, outgoing from team_hook where account = $1`, account).
		Scan(&previous.Incoming, &previous.Outgoing)
	if noRows(err) {
		return WebhookURLs{}, false, nil
	}
	return previous, err == nil, err
}

// Forget removes the stored addresses, once they have been put back.
func (w *ReplacedWebhooks) Forget(ctx context.Context, account string) error {
	_, err := w.db.ExecContext(ctx, `delete from team_hook where account = $1`, account)
	return err
}

// AccountWebhooks is what is stored of the webhooks of an account whose members have
// signed in.
type AccountWebhooks struct {
	Account  string
	Set      bool      // Callboard has set them at sipgate
	ByHand   bool      // they are entered for each channel in sipgate's app, as on neo
	Channels int       // of how many channels events have come
	Last     time.Time // when the last event came; zero: none did
}

// WebhooksOfAccounts returns what is stored of all accounts. It changes nothing.
func WebhooksOfAccounts(ctx context.Context, db *sql.DB) (all []AccountWebhooks, err error) {
	err = eachRow(ctx, db, func(row scanner) error {
		var a AccountWebhooks
		err := row.Scan(&a.Account, &a.Set, &a.ByHand)
		all = append(all, a)
		return err
	}, `select p.account, h.account is not null, coalesce(f.platform, '') = 'neo' from (select distinct account from people) p
		left join team_hook h on h.account = p.account
		left join team_platform f on f.account = p.account order by p.account`)
	if err != nil {
		return nil, err
	}
	arrivals, err := NewArrivals(ctx, db)
	if err != nil {
		return all, nil // the tables are those of an older program, which stored none
	}
	for i, a := range all {
		last := arrivals.Of(a.Account)
		all[i].Last = last[""]
		delete(last, "")
		all[i].Channels = len(last)
	}
	return all, nil
}
