package team

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// A Hook is where sipgate sent an account's push events before ours.
type Hook struct{ Incoming, Outgoing string }

// Hooks remembers for each account the push addresses that ours replaced, so
// that they can be put back.
type Hooks struct{ db *sql.DB }

// NewHooks keeps them in db, which has the tables of Migrations.
func NewHooks(db *sql.DB) *Hooks { return &Hooks{db} }

// Keep remembers what ours are about to replace. What is remembered already
// stays: ours may be set twice, and only the first time are others' there.
func (h *Hooks) Keep(ctx context.Context, account string, was Hook) error {
	_, err := h.db.ExecContext(ctx, `insert into team_hook (account, incoming, outgoing, kept) values ($1, $2, $3, $4)
		on conflict (account) do nothing`, account, was.Incoming, was.Outgoing, time.Now().UnixMilli())
	return err
}

// Kept returns what was remembered, and false if nothing was.
func (h *Hooks) Kept(ctx context.Context, account string) (Hook, bool, error) {
	var was Hook
	err := h.db.QueryRowContext(ctx, `select incoming, outgoing from team_hook where account = $1`, account).Scan(&was.Incoming, &was.Outgoing)
	if errors.Is(err, sql.ErrNoRows) {
		return Hook{}, false, nil
	}
	return was, err == nil, err
}

// Forget is for when they have been put back.
func (h *Hooks) Forget(ctx context.Context, account string) error {
	_, err := h.db.ExecContext(ctx, `delete from team_hook where account = $1`, account)
	return err
}
