package team

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// errNoGrant says that the store holds nothing for a member.
var errNoGrant = errors.New("no grant is stored")

// A store keeps refresh tokens in the database, sealed.
//
// Every change names the generation it follows upon and happens only if that
// is still the stored one, so that an older token never overwrites a newer one
// whoever is late. Methods with a bool result report whether that was so. What
// has been stored is on the disk when the method returns.
type store struct {
	db     *sql.DB
	sealer sealer
	at     func(point string) // called between the steps; tests kill the process there
}

// A row is what is stored of a grant.
type row struct {
	refresh    string
	generation int64
	dead       bool
	intent     bool // a refresh was begun and its result is not stored
}

// read returns the row of m, or errNoGrant. With errUnsealed the row is there,
// but not its refresh token.
func (s *store) read(ctx context.Context, m MemberID) (r row, err error) {
	var (
		sealed       []byte
		dead, intent sql.NullInt64
	)
	err = s.db.QueryRowContext(ctx, `
		select generation, sealed, dead_since, refresh_intent from grants
		where account = $1 and user_id = $2`,
		m.Account, string(m.User)).Scan(&r.generation, &sealed, &dead, &intent)
	if errors.Is(err, sql.ErrNoRows) {
		return r, errNoGrant
	} else if err != nil {
		return r, err
	}
	r.dead, r.intent = dead.Valid, intent.Valid
	r.refresh, err = s.sealer.open(sealed, place(m, r.generation))
	return r, err
}

// put stores a new grant in place of whatever there was, and returns its
// generation, which no earlier grant of m had.
func (s *store) put(ctx context.Context, m MemberID, refresh string) (int64, error) {
	for range 10 {
		old, err := s.read(ctx, m)
		if err != nil && !errors.Is(err, errNoGrant) && !errors.Is(err, errUnsealed) {
			return 0, err
		}
		now := time.Now().UnixMilli()
		next := max(now, old.generation+1)
		done, err := s.change(ctx, `
			insert into grants (account, user_id, generation, sealed, stored_at)
			values ($1, $2, $3, $4, $5)
			on conflict (account, user_id) do update
			set generation = excluded.generation, sealed = excluded.sealed,
				stored_at = excluded.stored_at, refresh_intent = null, dead_since = null
			where grants.generation = $6`,
			m.Account, string(m.User), next, s.sealer.seal(refresh, place(m, next)), now, old.generation)
		if done || err != nil {
			return next, err
		}
	}
	return 0, fmt.Errorf("the grant of %s keeps changing", m)
}

// intend notes that a refresh of the given generation begins.
func (s *store) intend(ctx context.Context, m MemberID, generation int64) (bool, error) {
	return s.change(ctx, `
		update grants set refresh_intent = $1
		where account = $2 and user_id = $3 and generation = $4 and dead_since is null`,
		time.Now().UnixMilli(), m.Account, string(m.User), generation)
}

// replace stores the refresh token that followed upon the given generation, as
// the next one, and takes the note of the intent away with it.
func (s *store) replace(ctx context.Context, m MemberID, generation int64, refresh string) (bool, error) {
	next := generation + 1
	return s.change(ctx, `
		update grants set generation = $1, sealed = $2, stored_at = $3, refresh_intent = null
		where account = $4 and user_id = $5 and generation = $6 and dead_since is null`,
		next, s.sealer.seal(refresh, place(m, next)), time.Now().UnixMilli(),
		m.Account, string(m.User), generation)
}

// bury marks a grant as worthless. It stays for [buried], should somebody want
// to know what became of it.
func (s *store) bury(ctx context.Context, m MemberID, generation int64) (bool, error) {
	return s.change(ctx, `
		update grants set dead_since = $1, refresh_intent = null
		where account = $2 and user_id = $3 and generation = $4 and dead_since is null`,
		time.Now().UnixMilli(), m.Account, string(m.User), generation)
}

// drop removes a grant.
func (s *store) drop(ctx context.Context, m MemberID, generation int64) (bool, error) {
	return s.change(ctx, `
		delete from grants where account = $1 and user_id = $2 and generation = $3`,
		m.Account, string(m.User), generation)
}

// purge removes what was buried long enough ago.
func (s *store) purge(ctx context.Context) error {
	_, err := s.change(ctx, `delete from grants where dead_since < $1`,
		time.Now().Add(-buried).UnixMilli())
	return err
}

// all returns every stored grant, without its token.
func (s *store) all(ctx context.Context) (map[MemberID]row, error) {
	rows, err := s.db.QueryContext(ctx, `
		select account, user_id, generation, dead_since, refresh_intent from grants`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[MemberID]row{}
	for rows.Next() {
		var (
			m            MemberID
			r            row
			dead, intent sql.NullInt64
		)
		if err := rows.Scan(&m.Account, &m.User, &r.generation, &dead, &intent); err != nil {
			return nil, err
		}
		r.dead, r.intent = dead.Valid, intent.Valid
		found[m] = r
	}
	return found, rows.Err()
}

// members returns those whose grant is not known to be worthless, sorted.
func (s *store) members(ctx context.Context) ([]MemberID, error) {
	rows, err := s.db.QueryContext(ctx, `
		select account, user_id from grants where dead_since is null order by account, user_id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []MemberID
	for rows.Next() {
		var m MemberID
		if err := rows.Scan(&m.Account, &m.User); err != nil {
			return nil, err
		}
		found = append(found, m)
	}
	return found, rows.Err()
}

// check returns ErrWrongKey if the database was used with another key before,
// and otherwise sees to it that this can be told the next time.
func (s *store) check(ctx context.Context) error {
	const place, text = "check", "callboard"
	if _, err := s.change(ctx, `
		insert into grant_keys (version, sealed) values ($1, $2)
		on conflict (version) do nothing`,
		keyVersion, s.sealer.seal(text, place)); err != nil {
		return err
	}
	var sealed []byte
	if err := s.db.QueryRowContext(ctx, `
		select sealed from grant_keys where version = $1`, keyVersion).Scan(&sealed); err != nil {
		return err
	}
	if plain, err := s.sealer.open(sealed, place); err != nil || plain != text {
		return ErrWrongKey
	}
	return nil
}

// change executes one statement in a transaction of its own and reports
// whether a row was changed.
func (s *store) change(ctx context.Context, query string, args ...any) (bool, error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	result, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	if err != nil {
		return false, err
	}
	s.at("commit")
	return n > 0, tx.Commit()
}
