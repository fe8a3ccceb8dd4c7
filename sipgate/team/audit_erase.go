package team

import (
	"context"
	"database/sql"
)

// EraseFromAudit replaces texts in the audit, to remove a caller, and returns how
// many entries it changed by account. Entries themselves stay: who did what, and
// when. replace returns a text of an account without the caller.
func EraseFromAudit(ctx context.Context, tx *sql.Tx, replace func(account, text string) string) (map[string]int, error) {
	type entry struct {
		id                           int64
		account, parties, parameters string
	}
	rows, err := tx.QueryContext(ctx, `select id, account, parties, parameters from audit where parties <> '' or parameters <> ''`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var changed []entry
	for rows.Next() {
		var x entry
		if err := rows.Scan(&x.id, &x.account, &x.parties, &x.parameters); err != nil {
			return nil, err
		}
		parties, parameters := replace(x.account, x.parties), replace(x.account, x.parameters)
		if parties != x.parties || parameters != x.parameters {
			x.parties, x.parameters = parties, parameters
			changed = append(changed, x)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, x := range changed {
		if _, err := tx.ExecContext(ctx, `update audit set parties = $1, parameters = $2 where id = $3`, x.parties, x.parameters, x.id); err != nil {
			return nil, err
		}
		count[x.account]++
	}
	return count, nil
}
