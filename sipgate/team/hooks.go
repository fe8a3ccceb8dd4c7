package team

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// A Hook is where sipgate sent an account's push events before ours.
type WebhookURLs struct{ Incoming, Outgoing string }

// Hooks remembers for each account the push addresses that ours replaced, so
// that they can be put back.
type ReplacedWebhooks struct{ db *sql.DB }

// NewHooks keeps them in db, which has the tables of Migrations.
func NewReplacedWebhooks(db *sql.DB) *ReplacedWebhooks { return &ReplacedWebhooks{db} }

// Keep remembers what ours are about to replace. What is remembered already
// stays: ours may be set twice, and only the first time are others' there.
func (h *ReplacedWebhooks) Save(ctx context.Context, account string, was WebhookURLs) error {
	_, err := h.db.ExecContext(ctx, `insert into team_hook (account, incoming, outgoing, kept) values ($1, $2, $3, $4)
		on conflict (account) do nothing`, account, was.Incoming, was.Outgoing, time.Now().UnixMilli())
	return err
}

// Kept returns what was remembered, and false if nothing was.
func (h *ReplacedWebhooks) Previous(ctx context.Context, account string) (WebhookURLs, bool, error) {
	var was WebhookURLs
	err := h.db.QueryRowContext(ctx, `select incoming, outgoing from team_hook where account = $1`, account).Scan(&was.Incoming, &was.Outgoing)
	if errors.Is(err, sql.ErrNoRows) {
		return WebhookURLs{}, false, nil
	}
	return was, err == nil, err
}

// Forget is for when they have been put back.
func (h *ReplacedWebhooks) Forget(ctx context.Context, account string) error {
	_, err := h.db.ExecContext(ctx, `delete from team_hook where account = $1`, account)
	return err
}
