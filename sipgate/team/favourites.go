package team

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"callboard/sipgate"
)

// Favourites are the colleagues that members have marked, each for themselves. They
// are in memory. All methods may be called concurrently.
type Favourites struct {
	db      *sql.DB
	writing sync.Mutex // held while a mark changes, so that memory and database agree
	current atomic.Pointer[map[MemberID]map[sipgate.UserID]bool]
}

// NewFavourites reads the marks from db, which has the tables of [Migrations].
func NewFavourites(ctx context.Context, db *sql.DB) (*Favourites, error) {
	f := newFavourites(db)
	return f, f.reload(ctx, "")
}

func newFavourites(db *sql.DB) *Favourites {
	f := &Favourites{db: db}
	f.current.Store(&map[MemberID]map[sipgate.UserID]bool{})
	return f
}

func (f *Favourites) reload(ctx context.Context, account string) error {
	where, args := of(account)
	all := map[MemberID]map[sipgate.UserID]bool{}
	err := eachRow(ctx, f.db, func(row scanner) error {
		var id MemberID
		var colleague sipgate.UserID
		err := row.Scan(&id.Account, &id.User, &colleague)
		if all[id] == nil {
			all[id] = map[sipgate.UserID]bool{}
		}
		all[id][colleague] = true
		return err
	}, `select account, user_id, colleague from favourite_colleagues`+where, args...)
	if err != nil {
		return fmt.Errorf("read favourites: %w", err)
	}
	replaceTeam(&f.current, all, account, func(id MemberID) string { return id.Account })
	return nil
}

// Of returns the colleagues that a member has marked. The caller must not change
// the map.
func (f *Favourites) Of(id MemberID) map[sipgate.UserID]bool { return (*f.current.Load())[id] }

// Set marks a colleague as a favourite of a member, or removes the mark. The caller
// guarantees that the member asks for it and that the colleague is of their account.
// Errors are those of the database.
func (f *Favourites) Set(ctx context.Context, id MemberID, colleague sipgate.UserID, on bool) error {
	f.writing.Lock()
	defer f.writing.Unlock()
	query := `insert into favourite_colleagues (account, user_id, colleague) values ($1, $2, $3) on conflict do nothing`
	if !on {
		query = `delete from favourite_colleagues where account = $1 and user_id = $2 and colleague = $3`
	}
	if _, err := execute(ctx, f.db, query, id.Account, string(id.User), string(colleague)); err != nil {
		return fmt.Errorf("store favourite of %v: %w", id, err)
	}
	all := maps.Clone(*f.current.Load())
	own := maps.Clone(all[id])
	if own == nil {
		own = map[sipgate.UserID]bool{}
	}
	if own[colleague] = on; !on {
		delete(own, colleague)
	}
	all[id] = own
	f.current.Store(&all)
	return nil
}
