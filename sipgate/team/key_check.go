package team

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// A KeyCheck says whether a key fits a database.
type KeyCheck struct {
	Fits bool // nothing in the database was encrypted with another key

	// Lost are the members whose grant cannot be decrypted: they have to sign in
	// again. Usable is the number of grants that can be.
	Lost   []Member
	Usable int
}

// CheckKey says whether a key fits the grants in db, which may have the tables of
// an earlier version, or none, as has reports. A nil key fits none. It changes nothing.
func CheckKey(ctx context.Context, db *sql.DB, key *Key, has func(ctx context.Context, db *sql.DB, tables ...string) (bool, error)) (c KeyCheck, err error) {
	if used, err := has(ctx, db, "grants", "grant_keys", "people"); err != nil {
		return c, err
	} else if !used {
		return KeyCheck{Fits: true}, nil // nobody has signed in
	}
	store := &grantStore{db: db}
	if key != nil {
		if store.sealer, err = newSealer(*key); err != nil {
			return c, err
		}
	}
	grants, err := readable(ctx, db)
	if err != nil {
		return c, err
	}
	for _, m := range grants {
		err := errSealBroken
		if key != nil {
			_, err = store.read(ctx, m.MemberID)
		}
		switch {
		case errors.Is(err, errSealBroken):
			c.Lost = append(c.Lost, m)
		case err != nil:
			return c, err
		default:
			c.Usable++
		}
	}
	c.Fits, err = store.fits(ctx, key != nil)
	return c, err
}

// readable returns the members who have a grant that is not known to be dead.
func readable(ctx context.Context, db *sql.DB) (members []Member, err error) {
	err = eachRow(ctx, db, func(row scanner) error {
		var m Member
		err := row.Scan(&m.Account, &m.User, &m.Name)
		members = append(members, m)
		return err
	}, `select g.account, g.user_id, coalesce(p.name, '') from grants g
		left join people p on p.account = g.account and p.user_id = g.user_id
		where g.dead_since is null order by g.account, p.name, g.user_id`)
	return members, err
}

// fits reports whether the key of the store is that of the database. Without one
// it fits only a database that has been used with none.
func (s *grantStore) fits(ctx context.Context, hasKey bool) (bool, error) {
	var sealed []byte
	err := s.db.QueryRowContext(ctx, `select sealed from grant_keys where version = $1`, keyVersion).Scan(&sealed)
	if noRows(err) {
		return true, nil
	} else if err != nil || !hasKey {
		return false, err
	}
	plain, err := s.sealer.open(sealed, keyBinding)
	return err == nil && plain == keyText, nil
}

// ForgetKey removes all grants from db, and that it was used with a key, so that
// it can be used with another one.
func ForgetKey(ctx context.Context, db *sql.DB) error {
	for _, table := range []string{"grants", "grant_keys"} {
		if _, err := execute(ctx, db, `delete from `+table); err != nil {
			return fmt.Errorf("remove the grants of another key: %w", err)
		}
	}
	return nil
}
