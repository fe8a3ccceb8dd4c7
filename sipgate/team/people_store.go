package team

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"time"

	"callboard/sipgate"
)

// store puts who into the database and then into memory, gives the turn back
// that the caller has taken, and tells of it. Once begun it does not stop when
// the caller goes away: its result must be known.
func (p *Members) store(ctx context.Context, who Member, tell bool) error {
	owner, err := p.save(ctx, who)
	if err == nil {
		old := p.known.Load()
		people := maps.Clone(old.people)
		people[who.MemberID] = who
		p.known.Store(&roll{owner: owner, people: people, choices: old.choices})
		if tell {
			p.news.add(who)
		}
	}
	p.release()
	if err != nil {
		return fmt.Errorf("store %v: %w", who.MemberID, err)
	}
	p.news.tell()
	return nil
}

// save writes who and returns the account that owns the instance: that of who
// if there was none.
func (p *Members) save(ctx context.Context, who Member) (owner string, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storing)
	defer cancel()
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return "", err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `
		insert into people_owner (one, account) values (1, $1)
		on conflict (one) do nothing`, who.Account); err != nil {
		return "", err
	}
	if err := tx.QueryRowContext(ctx, `
		select account from people_owner where one = 1`).Scan(&owner); err != nil {
		return "", err
	}
	if !p.accounts.allows(who.Account, owner) {
		return "", ErrAccountNotAllowed
	}
	if _, err := tx.ExecContext(ctx, `
		insert into people (account, user_id, name, role, shares, lendable, removed, joined_at, seen_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (account, user_id) do update
		set name = excluded.name, role = excluded.role, shares = excluded.shares,
			lendable = excluded.lendable, removed = excluded.removed, seen_at = excluded.seen_at`,
		who.Account, string(who.User), who.Name, who.Role.String(), who.SharesCalls, who.AllowsLeads,
		who.Removed, who.Joined.UnixMilli(), who.LastActive.UnixMilli()); err != nil {
		return "", err
	}
	return owner, tx.Commit()
}

// readRoll reads everybody. Who has a role that is not known has none.
func readRoll(ctx context.Context, db *sql.DB) (*roll, error) {
	r := &roll{people: map[MemberID]Member{}}
	err := db.QueryRowContext(ctx, `select account from people_owner where one = 1`).Scan(&r.owner)
	if err != nil && !isNone(err) {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, `
		select account, user_id, name, role, shares, lendable, removed, joined_at, seen_at from people`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			who          Member
			user, role   string
			joined, seen int64
		)
		if err := rows.Scan(&who.Account, &user, &who.Name, &role, &who.SharesCalls, &who.AllowsLeads,
			&who.Removed, &joined, &seen); err != nil {
			return nil, err
		}
		who.User = sipgate.UserID(user)
		who.Role, _ = ParseRole(role)
		who.Joined, who.LastActive = time.UnixMilli(joined).UTC(), time.UnixMilli(seen).UTC()
		r.people[who.MemberID] = who
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	r.choices, err = readChoices(ctx, db)
	return r, err
}

// isNone reports whether a query found no row.
func isNone(err error) bool { return errors.Is(err, sql.ErrNoRows) }
