package team

import (
	"context"
	"database/sql"
	"fmt"
)

// putPreferences stores the preferences of a member.
func (m *Members) putPreferences(ctx context.Context, id MemberID, p Preferences) error {
	_, err := execute(ctx, m.db, `
		insert into people_choices (account, user_id, lang, theme, keys, only_mine, sound, volume, notify,
			rings_all, quiet, quiet_from, quiet_to, quiet_days, grace, device, number, density, recording)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
		on conflict (account, user_id) do update
		set lang = excluded.lang, theme = excluded.theme, keys = excluded.keys, only_mine = excluded.only_mine,
			sound = excluded.sound, volume = excluded.volume, notify = excluded.notify,
			rings_all = excluded.rings_all, quiet = excluded.quiet, quiet_from = excluded.quiet_from,
			quiet_to = excluded.quiet_to, quiet_days = excluded.quiet_days, grace = excluded.grace,
			device = excluded.device, number = excluded.number, density = excluded.density,
			recording = excluded.recording`,
		id.Account, string(id.User), p.Lang, string(p.Theme), p.Keys, p.OnlyMine, p.Sound, p.Volume, p.Notify,
		p.RingsAll, p.Quiet.On, p.Quiet.From, p.Quiet.To, p.Quiet.Days, p.Grace, string(p.Device), string(p.Number), string(p.Density), string(p.Recording))
	if err != nil {
		return fmt.Errorf("store preferences of %v: %w", id, err)
	}
	return nil
}

// readPreferences reads the preferences of all members. It skips invalid ones,
// which another version of the program wrote.
func readPreferences(ctx context.Context, db *sql.DB, account string) (map[MemberID]Preferences, error) {
	all := map[MemberID]Preferences{}
	where, args := of(account)
	err := eachRow(ctx, db, func(row scanner) error {
		var id MemberID
		var p Preferences
		err := row.Scan(&id.Account, &id.User, &p.Lang, &p.Theme, &p.Keys, &p.OnlyMine, &p.Sound, &p.Volume, &p.Notify,
			&p.RingsAll, &p.Quiet.On, &p.Quiet.From, &p.Quiet.To, &p.Quiet.Days, &p.Grace, &p.Device, &p.Number, &p.Density, &p.Recording)
		if p.check() == nil {
			all[id] = p
		}
		return err
	}, `
		select account, user_id, lang, theme, keys, only_mine, sound, volume, notify,
			rings_all, quiet, quiet_from, quiet_to, quiet_days, grace, device, number, density, recording
		from people_choices`+where, args...)
	return all, err
}
