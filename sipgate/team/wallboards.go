package team

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"sync"
	"time"

	"callboard/sipgate"
)

const (
	maxWallboardName = 60 // characters
	maxWallboards    = 20 // of one account
	tokenBytes       = 32 // random bytes of the token in a link
)

// Errors of [Wallboards].
var (
	// ErrNoWallboard is returned if there is no such wallboard, or no longer.
	ErrNoWallboard = errors.New("no such wallboard")

	// ErrTooManyWallboards is returned if the account has as many wallboards as
	// it may have.
	ErrTooManyWallboards = errors.New("the team has as many wallboards as it can")
)

// A Wallboard is a link that shows an account's calls to everyone who has it,
// without a sign-in.
type Wallboard struct {
	ID       string
	Account  string
	Name     string   // where the screen is, in the words of its admin
	Names    bool     // shows the names of contacts
	By       MemberID // who created it
	ByName   string   // the name of By at that time
	Created  time.Time
	LastUsed time.Time // to within five minutes; zero: never
	Screens  int       // how many show it now; only set by [Wallboards.List]
}

// Viewer returns the actor that the policy decides for when a screen shows the
// wallboard: a viewer of the account who is none of its members.
func (w Wallboard) Viewer() Member {
	return Member{MemberID: MemberID{Account: w.Account, User: sipgate.UserID("wall " + w.ID)}, Role: Viewer}
}

// Wallboards keeps the wallboards of all accounts. Of the secret token in a
// link it stores only a hash. All methods may be called concurrently.
type Wallboards struct {
	db  *sql.DB
	now func() time.Time

	creating sync.Mutex // held while a wallboard is counted and stored

	mu      sync.Mutex          // guards screens and their counts
	screens map[string]*screens // by id, of the wallboards shown now
}

// screens are the screens that show one wallboard.
type screens struct {
	count   int
	revoked context.Context // done when the wallboard is revoked
	revoke  context.CancelFunc
}

// NewWallboards stores in db, which has the tables of [Migrations].
func NewWallboards(db *sql.DB) *Wallboards {
	return &Wallboards{db: db, now: time.Now, screens: map[string]*screens{}}
}

// Create adds a wallboard and returns the secret token of its link, which
// cannot be read again later. Errors are a [*sipgate.ValueError] for an empty
// name, ErrTooManyWallboards, and those of the database.
func (w *Wallboards) Create(ctx context.Context, by Member, name string, names bool) (wallboard Wallboard, token string, err error) {
	wallboard = Wallboard{ID: rand.Text()[:16], Account: by.Account, Name: cleanText(name, maxWallboardName), Names: names,
		By: by.MemberID, ByName: by.Name, Created: w.now().UTC().Truncate(time.Millisecond)}
	if wallboard.Name == "" {
		return Wallboard{}, "", &sipgate.ValueError{Field: "name", Code: "wall_name"}
	}
	secret := make([]byte, tokenBytes)
	rand.Read(secret)
	token = base64.RawURLEncoding.EncodeToString(secret)
	w.creating.Lock()
	defer w.creating.Unlock()
	result, err := w.db.ExecContext(ctx, `
		insert into team_wall (id, account, token, name, names, by_user, by_name, created_at, used_at)
		select $1, $2, $3, $4, $5, $6, $7, $8, 0
		where (select count(*) from team_wall where account = $2) < $9`,
		wallboard.ID, wallboard.Account, hash(token), wallboard.Name, wallboard.Names, string(by.User), wallboard.ByName,
		wallboard.Created.UnixMilli(), maxWallboards)
	if err != nil {
		return Wallboard{}, "", err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return Wallboard{}, "", errors.Join(err, ErrTooManyWallboards)
	}
	return wallboard, token, nil
}

const wallboardColumns = `id, account, name, names, by_user, by_name, created_at, used_at`

// scanWallboard reads the [wallboardColumns], and returns ErrNoWallboard if
// there is no row.
func scanWallboard(row scanner) (Wallboard, error) {
	var w Wallboard
	var created, used int64
	err := row.Scan(&w.ID, &w.Account, &w.Name, &w.Names, &w.By.User, &w.ByName, &created, &used)
	if noRows(err) {
		err = ErrNoWallboard
	}
	if err != nil {
		return Wallboard{}, err
	}
	w.By.Account, w.Created = w.Account, time.UnixMilli(created).UTC()
	if used > 0 {
		w.LastUsed = time.UnixMilli(used).UTC()
	}
	return w, nil
}

// List returns the wallboards of an account, the newest first.
func (w *Wallboards) List(ctx context.Context, account string) ([]Wallboard, error) {
	var list []Wallboard
	err := eachRow(ctx, w.db, func(row scanner) error {
		wallboard, err := scanWallboard(row)
		list = append(list, wallboard)
		return err
	}, `select `+wallboardColumns+` from team_wall where account = $1 order by created_at desc, id`, account)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range list {
		if s := w.screens[list[i].ID]; s != nil {
			list[i].Screens = s.count
		}
	}
	return list, nil
}

// Find returns the wallboard whose link has the token, or ErrNoWallboard, and
// records that it is used.
func (w *Wallboards) Find(ctx context.Context, token string) (Wallboard, error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return Wallboard{}, ErrNoWallboard
	}
	wallboard, err := scanWallboard(w.db.QueryRowContext(ctx, `select `+wallboardColumns+` from team_wall where token = $1`, hash(token)))
	if now := w.now(); err == nil && now.Sub(wallboard.LastUsed) >= activeStep {
		_, err = w.db.ExecContext(ctx, `update team_wall set used_at = $1 where id = $2`, now.UnixMilli(), wallboard.ID)
	}
	return wallboard, err
}

// AccountOf returns the account of the wallboard whose link has a token. It does not
// count as a use. It returns ErrNoWallboard for a token that is not valid.
func (w *Wallboards) AccountOf(ctx context.Context, token string) (account string, err error) {
	err = w.db.QueryRowContext(ctx, `select account from team_wall where token = $1`, hash(token)).Scan(&account)
	if noRows(err) {
		err = ErrNoWallboard
	}
	return account, err
}

// Watch is Find for a screen that stays: revoked is done when the wallboard is
// revoked. The caller calls leave when the screen goes away.
func (w *Wallboards) Watch(ctx context.Context, token string) (wallboard Wallboard, revoked context.Context, leave func(), err error) {
	if wallboard, err = w.Find(ctx, token); err != nil {
		return Wallboard{}, nil, nil, err
	}
	id := wallboard.ID
	w.mu.Lock()
	s := w.screens[id]
	if s == nil {
		s = &screens{}
		s.revoked, s.revoke = context.WithCancel(context.Background())
		w.screens[id] = s
	}
	s.count++
	w.mu.Unlock()
	leave = sync.OnceFunc(func() { w.leave(id, s) })
	// A revocation before the screen was counted has not ended its context.
	if wallboard, err = w.Find(ctx, token); err != nil {
		leave()
		return Wallboard{}, nil, nil, err
	}
	return wallboard, s.revoked, leave, nil
}

func (w *Wallboards) leave(id string, s *screens) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.count--; s.count == 0 {
		s.revoke() // nobody waits for it; releases the context
		if w.screens[id] == s {
			delete(w.screens, id)
		}
	}
}

// Revoke removes a wallboard of an account and ends the contexts of all
// screens that show it. It returns ErrNoWallboard if the account has no such
// wallboard.
func (w *Wallboards) Revoke(ctx context.Context, account, id string) (Wallboard, error) {
	wallboard, err := scanWallboard(w.db.QueryRowContext(ctx, `delete from team_wall where account = $1 and id = $2 returning `+wallboardColumns, account, id))
	if err != nil {
		return Wallboard{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := w.screens[id]; s != nil {
		s.revoke()
		delete(w.screens, id)
	}
	return wallboard, nil
}

// Get returns a wallboard of an account, or ErrNoWallboard.
func (w *Wallboards) Get(ctx context.Context, account, id string) (Wallboard, error) {
	return scanWallboard(w.db.QueryRowContext(ctx, `select `+wallboardColumns+` from team_wall where account = $1 and id = $2`, account, id))
}

// hash returns what is stored of a token. It needs no salt, since a token is as
// random as a salt would be.
func hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
