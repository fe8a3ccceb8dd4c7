package team

import (
	"context"
	"fmt"
	"maps"
	"sync/atomic"
)

// Where several processes share a database, each has in memory what is stored of the
// teams that it acts for, and of no other.

// Reload reads all that is stored of an account again, of all for "": another process
// may have written it. It is to be called before this process acts for the account.
// Actions that are still in progress in the audit are those of a process that has
// ended, or that acts for the account no longer: the outcome of begun ones is unknown,
// waiting ones are cancelled.
func (s *Stores) Reload(ctx context.Context, account string) error {
	for _, reload := range []func(context.Context, string) error{s.Members.reload, s.Capabilities.reload, s.Zones.reload,
		s.Alarms.reload, s.Greetings.reload, s.Favourites.reload, s.Relays.reload, s.Arrivals.reload} {
		if err := reload(ctx, account); err != nil {
			return err
		}
	}
	entries, err := s.Audit.Recover(ctx, account)
	if err != nil {
		return err
	}
	s.Interrupted.Add(entries)
	return s.Grants.reload(ctx, account)
}

// Forget waits, as long as ctx allows, for what is being stored and refreshed of an
// account, and removes the account from memory: another process acts for it from now
// on. Until Reload, the account has no members.
func (s *Stores) Forget(ctx context.Context, account string) error {
	if err := s.Grants.forget(ctx, account); err != nil {
		return fmt.Errorf("forget grants: %w", err)
	}
	byAccount := func(k string) string { return k }
	replaceTeam(&s.Capabilities.current, nil, account, byAccount)
	replaceTeam(&s.Zones.current, nil, account, byAccount)
	replaceTeam(&s.Alarms.current, nil, account, byAccount)
	replaceTeam(&s.Relays.current, nil, account, byAccount)
	replaceTeam(&s.Greetings.current, nil, account, func(k greetingKey) string { return k.account })
	replaceTeam(&s.Favourites.current, nil, account, func(id MemberID) string { return id.Account })
	s.Arrivals.replace(nil, account)
	return s.Members.forget(ctx, account)
}

func (m *Members) forget(ctx context.Context, account string) error {
	select {
	case m.writing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-m.writing }()
	m.replace(&snapshot{owner: m.current.Load().owner}, account)
	return nil
}

// of returns what narrows a query to the rows of an account, and its argument: none
// for "".
func of(account string) (where string, args []any) {
	if account == "" {
		return "", nil
	}
	return ` where account = $1`, []any{account}
}

// replaceTeam replaces in memory what belongs to an account, everything for "", by now.
func replaceTeam[K comparable, V any](current *atomic.Pointer[map[K]V], now map[K]V, account string, accountOf func(K) string) {
	for {
		known := current.Load()
		all := withTeam(*known, now, account, accountOf)
		if current.CompareAndSwap(known, &all) {
			return
		}
	}
}

// withTeam returns before with what belongs to an account, or everything for "",
// replaced by now.
func withTeam[K comparable, V any](before, now map[K]V, account string, accountOf func(K) string) map[K]V {
	all := map[K]V{}
	for k, v := range before {
		if account != "" && accountOf(k) != account {
			all[k] = v
		}
	}
	maps.Copy(all, now)
	return all
}
