package team

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
)

// presetConsent is the default of teams whose admins have set none.
var presetConsent = Consent{SharesCalls: true, AllowsLeads: true}

// DefaultConsent returns the team's default: the consent of all who have not
// stated one, whether they ever signed in or not.
func (m *Members) DefaultConsent(account string) Consent {
	return m.current.Load().defaultConsent(account)
}

func (s *snapshot) defaultConsent(account string) Consent {
	if c, ok := s.defaults[account]; ok {
		return c
	}
	return presetConsent
}

// withDefault returns the member with the consent that counts.
func (s *snapshot) withDefault(member Member) Member {
	if !member.Stated && member.MemberID != (MemberID{}) {
		member.Consent = s.defaultConsent(member.Account)
	}
	return member
}

// SetDefaultConsent changes the default of by's team. It notifies no listener.
// Errors are ErrNotAllowed and those of the database.
func (m *Members) SetDefaultConsent(ctx context.Context, by MemberID, c Consent) error {
	return m.update(ctx, by, func(s *snapshot) (*snapshot, error) {
		if _, ok := m.Get(by); !ok || !s.members[by].May(ManageSettings).OK {
			return nil, ErrNotAllowed
		}
		if c == s.defaultConsent(by.Account) {
			return s, nil
		}
		if _, err := execute(ctx, m.db, `
			insert into team_default (account, shares, lendable) values ($1, $2, $3)
			on conflict (account) do update set shares = excluded.shares, lendable = excluded.lendable`,
			by.Account, c.SharesCalls, c.AllowsLeads); err != nil {
			return nil, fmt.Errorf("store default consent of %s: %w", by.Account, err)
		}
		all := maps.Clone(s.defaults)
		all[by.Account] = c
		return &snapshot{owner: s.owner, members: s.members, preferences: s.preferences, defaults: all}, nil
	})
}

func readDefaults(ctx context.Context, db *sql.DB, account string) (map[string]Consent, error) {
	all := map[string]Consent{}
	where, args := of(account)
	err := eachRow(ctx, db, func(row scanner) error {
		var account string
		var c Consent
		err := row.Scan(&account, &c.SharesCalls, &c.AllowsLeads)
		all[account] = c
		return err
	}, `select account, shares, lendable from team_default`+where, args...)
	return all, err
}
