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

// WebhookAccounts returns the accounts for which Callboard has set its webhooks at
// sipgate, and those for which it has not. It changes nothing.
func WebhookAccounts(ctx context.Context, db *sql.DB) (with, without []string, err error) {
	err = eachRow(ctx, db, func(row scanner) error {
		var account string
		var set bool
		err := row.Scan(&account, &set)
		if set {
			with = append(with, account)
		} else {
			without = append(without, account)
		}
		return err
	}, `select p.account, h.account is not null from (select distinct account from people) p
		left join team_hook h on h.account = p.account order by p.account`)
	return with, without, err
}
