package team

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"time"
)

// update makes one change of a member. f stores it and returns the snapshot
// after it, which is published; if there is nothing to change it returns the
// one that it got. Listeners are notified unless only LastActive has changed.
func (m *Members) update(ctx context.Context, id MemberID, f func(*snapshot) (*snapshot, error)) error {
	select {
	case m.writing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	err := m.publish(id, f)
	m.notifier.notify()
	return err
}

// publish is update for the holder of writing, which it gives back.
func (m *Members) publish(id MemberID, f func(*snapshot) (*snapshot, error)) error {
	defer func() { <-m.writing }()
	before := m.current.Load()
	after, err := f(before)
	if err != nil {
		return err
	}
	m.current.Store(after)
	was, is := before.members[id], after.members[id]
	was.LastActive = is.LastActive
	if was != is || before.preferences[id] != after.preferences[id] {
		m.notifier.add(after.withDefault(is))
	}
	return nil
}

// put stores a member and returns the snapshot with it.
func (m *Members) put(ctx context.Context, s *snapshot, member Member) (*snapshot, error) {
	owner, err := m.save(ctx, member)
	if err != nil {
		return nil, fmt.Errorf("store %v: %w", member.MemberID, err)
	}
	members := maps.Clone(s.members)
	members[member.MemberID] = member
	return &snapshot{owner: owner, members: members, preferences: s.preferences, defaults: s.defaults}, nil
}

// save writes a member and returns the account that owns the instance: the
// member's, if there was none before.
func (m *Members) save(ctx context.Context, member Member) (owner string, err error) {
	ctx, cancel := untilStored(ctx)
	defer cancel()
	tx, err := m.db.BeginTx(ctx, nil)
	if err != nil {
		return "", err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `
		insert into people_owner (one, account) values (1, $1)
		on conflict (one) do nothing`, member.Account); err != nil {
		return "", err
	}
	if err := tx.QueryRowContext(ctx, `
		select account from people_owner where one = 1`).Scan(&owner); err != nil {
		return "", err
	}
	if !m.accounts.allows(member.Account, owner) {
		return "", ErrAccountNotAllowed // another process was first
	}
	if _, err := tx.ExecContext(ctx, `
		insert into people (account, user_id, name, role, stated, shares, lendable, removed, joined_at, seen_at, unconfirmed)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		on conflict (account, user_id) do update
		set name = excluded.name, role = excluded.role, stated = excluded.stated, shares = excluded.shares,
			lendable = excluded.lendable, removed = excluded.removed, seen_at = excluded.seen_at,
			unconfirmed = excluded.unconfirmed`,
		member.Account, string(member.User), member.Name, member.Role.String(), member.Stated, member.SharesCalls,
		member.AllowsLeads, member.Removed, member.Joined.UnixMilli(), member.LastActive.UnixMilli(), member.Unconfirmed); err != nil {
		return "", err
	}
	return owner, tx.Commit()
}

// reload reads again what is stored of the members of an account, of all for "".
// Listeners are not notified. The caller guarantees that no member of the account changes
// meanwhile. Those of others may, and any number of accounts is read at the same time.
func (m *Members) reload(ctx context.Context, account string) error {
	now, err := readSnapshot(ctx, m.db, account)
	if err != nil {
		return fmt.Errorf("read members: %w", err)
	}
	select {
	case m.writing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-m.writing }()
	now.owner = cmp.Or(now.owner, m.current.Load().owner) // which may have been the first to sign in since
	m.replace(now, account)
	return nil
}

// replace replaces what is known of an account, of all for "", by what now has. The
// caller holds writing.
func (m *Members) replace(now *snapshot, account string) {
	before, byMember := m.current.Load(), func(id MemberID) string { return id.Account }
	m.current.Store(&snapshot{
		owner:       now.owner,
		members:     withTeam(before.members, now.members, account, byMember),
		preferences: withTeam(before.preferences, now.preferences, account, byMember),
		defaults:    withTeam(before.defaults, now.defaults, account, func(k string) string { return k }),
	})
}

// readSnapshot reads all that is stored of the members of an account, of all for "". An
// unknown role is read as NoRole.
func readSnapshot(ctx context.Context, db *sql.DB, account string) (*snapshot, error) {
	s := &snapshot{members: map[MemberID]Member{}}
	where, args := of(account)
	err := db.QueryRowContext(ctx, `select account from people_owner where one = 1`).Scan(&s.owner)
	if err != nil && !noRows(err) {
		return nil, err
	}
	err = eachRow(ctx, db, func(row scanner) error {
		var (
			member         Member
			role           string
			joined, active int64
		)
		err := row.Scan(&member.Account, &member.User, &member.Name, &role, &member.Stated, &member.SharesCalls,
			&member.AllowsLeads, &member.Removed, &joined, &active, &member.Unconfirmed)
		member.Role, _ = ParseRole(role)
		member.Joined, member.LastActive = time.UnixMilli(joined).UTC(), time.UnixMilli(active).UTC()
		s.members[member.MemberID] = member
		return err
	}, `select account, user_id, name, role, stated, shares, lendable, removed, joined_at, seen_at, unconfirmed from people`+where, args...)
	if err != nil {
		return nil, err
	}
	if s.defaults, err = readDefaults(ctx, db, account); err != nil {
		return nil, err
	}
	s.preferences, err = readPreferences(ctx, db, account)
	return s, err
}
