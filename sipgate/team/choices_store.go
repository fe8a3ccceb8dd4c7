package team

import (
	"context"
	"database/sql"
	"fmt"

	"callboard/sipgate"
)

// saveChoices writes what m chose. Once begun it does not stop when the caller
// goes away: its result must be known.
func (p *Members) saveChoices(ctx context.Context, m MemberID, c Preferences) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storing)
	defer cancel()
	_, err := p.db.ExecContext(ctx, `
		insert into people_choices (account, user_id, lang, theme, keys, only_mine, sound, volume, notify,
			rings_all, quiet, quiet_from, quiet_to, quiet_days, grace, device, number)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		on conflict (account, user_id) do update
		set lang = excluded.lang, theme = excluded.theme, keys = excluded.keys, only_mine = excluded.only_mine,
			sound = excluded.sound, volume = excluded.volume, notify = excluded.notify,
			rings_all = excluded.rings_all, quiet = excluded.quiet, quiet_from = excluded.quiet_from,
			quiet_to = excluded.quiet_to, quiet_days = excluded.quiet_days, grace = excluded.grace,
			device = excluded.device, number = excluded.number`,
		m.Account, string(m.User), c.Lang, string(c.Theme), c.Keys, c.OnlyMine, c.Sound, c.Volume, c.Notify,
		c.RingsAll, c.Quiet.On, c.Quiet.From, c.Quiet.To, c.Quiet.Days, c.Grace, string(c.Device), string(c.Number))
	if err != nil {
		return fmt.Errorf("store the choices of %v: %w", m, err)
	}
	return nil
}

// readChoices reads what everybody chose. What cannot be, because another
// version of the program wrote it, counts as never chosen.
func readChoices(ctx context.Context, db *sql.DB) (map[MemberID]Preferences, error) {
	rows, err := db.QueryContext(ctx, `
		select account, user_id, lang, theme, keys, only_mine, sound, volume, notify,
			rings_all, quiet, quiet_from, quiet_to, quiet_days, grace, device, number
		from people_choices`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[MemberID]Preferences{}
	for rows.Next() {
		var (
			m                           MemberID
			c                           Preferences
			user, theme, device, number string
		)
		if err := rows.Scan(&m.Account, &user, &c.Lang, &theme, &c.Keys, &c.OnlyMine, &c.Sound, &c.Volume, &c.Notify,
			&c.RingsAll, &c.Quiet.On, &c.Quiet.From, &c.Quiet.To, &c.Quiet.Days, &c.Grace, &device, &number); err != nil {
			return nil, err
		}
		m.User, c.Theme = sipgate.UserID(user), Theme(theme)
		c.Device, c.Number = sipgate.DeviceID(device), sipgate.Number(number)
		if c.check() == nil {
			all[m] = c
		}
	}
	return all, rows.Err()
}
