package team

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// errNoGrant is returned for a member without a stored grant.
var errNoGrant = errors.New("no grant is stored")

// A grantStore keeps refresh tokens in the database, sealed.
//
// Each change names the generation that it follows, and is made only if that is
// still the stored one: an older token never overwrites a newer one. Methods
// with a bool result report whether that was so. A change is on the disk when
// its method returns.
type grantStore struct {
	db         *sql.DB
	sealer     sealer
	checkpoint func(name string) // called between the steps of a refresh, where tests kill the process
}

// A storedGrant is the row of a grant.
type storedGrant struct {
	refreshToken string
	generation   int64
	dead         bool // sipgate no longer accepts the refresh token
	refreshing   bool // a refresh was begun and its result is not stored
}

// read returns the grant of a member, or errNoGrant. With errSealBroken all
// fields but the refresh token are set.
func (s *grantStore) read(ctx context.Context, id MemberID) (g storedGrant, err error) {
	var sealed []byte
	err = s.db.QueryRowContext(ctx, `
		select generation, sealed, dead_since is not null, refresh_intent is not null from grants
		where account = $1 and user_id = $2`,
		id.Account, string(id.User)).Scan(&g.generation, &sealed, &g.dead, &g.refreshing)
	if noRows(err) {
		return g, errNoGrant
	} else if err != nil {
		return g, err
	}
	g.refreshToken, err = s.sealer.open(sealed, grantBinding(id, g.generation))
	return g, err
}

// put stores the grant of a sign-in in place of any other, and returns its
// generation, which no earlier grant of the member had.
func (s *grantStore) put(ctx context.Context, id MemberID, refreshToken string) (int64, error) {
	for range 10 {
		old, err := s.read(ctx, id)
		if err != nil && !errors.Is(err, errNoGrant) && !errors.Is(err, errSealBroken) {
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
			id.Account, string(id.User), next, s.sealer.seal(refreshToken, grantBinding(id, next)), now, old.generation)
		if done || err != nil {
			return next, err
		}
	}
	return 0, fmt.Errorf("the grant of %s keeps changing", id)
}

// markRefreshing records that a refresh of the given generation begins.
func (s *grantStore) markRefreshing(ctx context.Context, id MemberID, generation int64) (bool, error) {
	return s.change(ctx, `
		update grants set refresh_intent = $1
		where account = $2 and user_id = $3 and generation = $4 and dead_since is null`,
		time.Now().UnixMilli(), id.Account, string(id.User), generation)
}

// replace stores the refresh token that follows the given generation, as the
// next one, and the end of the refresh.
func (s *grantStore) replace(ctx context.Context, id MemberID, generation int64, refreshToken string) (bool, error) {
	next := generation + 1
	return s.change(ctx, `
		update grants set generation = $1, sealed = $2, stored_at = $3, refresh_intent = null
		where account = $4 and user_id = $5 and generation = $6 and dead_since is null`,
		next, s.sealer.seal(refreshToken, grantBinding(id, next)), time.Now().UnixMilli(),
		id.Account, string(id.User), generation)
}

// markDead records that sipgate no longer accepts a grant. The row stays for
// [deadRetention], for whoever examines the database.
func (s *grantStore) markDead(ctx context.Context, id MemberID, generation int64) (bool, error) {
	return s.change(ctx, `
		update grants set dead_since = $1, refresh_intent = null
		where account = $2 and user_id = $3 and generation = $4 and dead_since is null`,
		time.Now().UnixMilli(), id.Account, string(id.User), generation)
}

// drop removes a grant.
func (s *grantStore) drop(ctx context.Context, id MemberID, generation int64) (bool, error) {
	return s.change(ctx, `
		delete from grants where account = $1 and user_id = $2 and generation = $3`,
		id.Account, string(id.User), generation)
}

// purge removes the grants that have been dead for [deadRetention].
func (s *grantStore) purge(ctx context.Context) error {
	_, err := s.change(ctx, `delete from grants /* all teams */ where dead_since < $1`,
		time.Now().Add(-deadRetention).UnixMilli())
	return err
}

// all returns the stored grants of an account, of all for "", without their tokens.
func (s *grantStore) all(ctx context.Context, account string) (map[MemberID]storedGrant, error) {
	grants := map[MemberID]storedGrant{}
	where, args := of(account)
	err := eachRow(ctx, s.db, func(row scanner) error {
		var id MemberID
		var g storedGrant
		err := row.Scan(&id.Account, &id.User, &g.generation, &g.dead, &g.refreshing)
		grants[id] = g
		return err
	}, `select account, user_id, generation, dead_since is not null, refresh_intent is not null from grants`+where, args...)
	return grants, err
}

// members returns the members of an account whose grant is not known to be dead,
// sorted.
func (s *grantStore) members(ctx context.Context, account string) ([]MemberID, error) {
	var ids []MemberID
	err := eachRow(ctx, s.db, func(row scanner) error {
		id := MemberID{Account: account}
		err := row.Scan(&id.User)
		ids = append(ids, id)
		return err
	}, `select user_id from grants where account = $1 and dead_since is null order by user_id`, account)
	return ids, err
}

// What is sealed with the key of a database, to recognize it.
const keyBinding, keyText = "check", "callboard"

// checkKey returns ErrWrongKey if the database was used with another key
// before. In a new database it stores what later calls compare with.
func (s *grantStore) checkKey(ctx context.Context) error {
	if _, err := s.change(ctx, `
		insert into grant_keys (version, sealed) values ($1, $2)
		on conflict (version) do nothing`,
		keyVersion, s.sealer.seal(keyText, keyBinding)); err != nil {
		return err
	}
	if ok, err := s.fits(ctx, true); err != nil {
		return err
	} else if !ok {
		return ErrWrongKey
	}
	return nil
}

// change executes one statement in a transaction and reports whether a row was
// changed.
func (s *grantStore) change(ctx context.Context, query string, args ...any) (bool, error) {
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
	s.checkpoint("commit")
	return n > 0, tx.Commit()
}
