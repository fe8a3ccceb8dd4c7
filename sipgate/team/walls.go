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
	maxWallName = 60
	mostWalls   = 20 // of one account
	wallToken   = 32 // random bytes
)

// Errors of [Walls].
var (
	// ErrNoWall says that there is no such link, or no longer.
	ErrNoWallboard = errors.New("no such wallboard")

	// ErrTooManyWalls says that another one has to be withdrawn first.
	ErrTooManyWallboards = errors.New("the team has as many wallboards as it can")
)

// A Wall is a link that shows an account's calls to whoever has it, without a
// sign-in.
type Wallboard struct {
	ID       string
	Account  string
	Name     string   // where the screen hangs
	Names    bool     // the names of contacts are shown
	By       MemberID // who made the link
	ByName   string   // as it was then
	Created  time.Time
	LastUsed time.Time // last, in steps of some minutes; zero: never
	Screens  int       // that show it right now
}

// Viewer is who looks at the wall, for the policy: nobody in particular, who
// may see what the team may and nothing else.
func (w Wallboard) Viewer() Member {
	return Member{MemberID: MemberID{Account: w.Account, User: sipgate.UserID("wall " + w.ID)}, Role: Viewer}
}

// Walls are the links of all accounts. Of what is in a link only a hash is
// stored.
type Wallboards struct {
	db  *sql.DB
	now func() time.Time

	mu   sync.Mutex
	open map[string]*screens // by id; of links that are shown right now
}

// screens are those that show one link.
type screens struct {
	n    int
	gone chan struct{} // closed when the link is withdrawn
}

// NewWalls keeps the links in db, which has the tables of [Migrations].
func NewWallboards(db *sql.DB) *Wallboards {
	return &Wallboards{db: db, now: time.Now, open: map[string]*screens{}}
}

// Create makes a link and returns the secret that is in it, which can never be
// told again. An empty name is a [*sipgate.ValueError].
func (w *Wallboards) Create(ctx context.Context, by Member, name string, names bool) (wall Wallboard, token string, err error) {
	wall = Wallboard{ID: rand.Text()[:16], Account: by.Account, Name: tidy(name, maxWallName), Names: names,
		By: by.MemberID, ByName: by.Name, Created: w.now().UTC().Truncate(time.Millisecond)}
	if wall.Name == "" {
		return Wallboard{}, "", &sipgate.ValueError{Field: "name", Code: "wall_name"}
	}
	secret := make([]byte, wallToken)
	rand.Read(secret)
	token = base64.RawURLEncoding.EncodeToString(secret)
	result, err := w.db.ExecContext(ctx, `
		insert into team_wall (id, account, token, name, names, by_user, by_name, created_at, used_at)
		select $1, $2, $3, $4, $5, $6, $7, $8, 0
		where (select count(*) from team_wall where account = $2) < $9`,
		wall.ID, wall.Account, hashed(token), wall.Name, wall.Names, string(by.User), wall.ByName, wall.Created.UnixMilli(), mostWalls)
	if err != nil {
		return Wallboard{}, "", err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return Wallboard{}, "", errors.Join(err, ErrTooManyWallboards)
	}
	return wall, token, nil
}

const wallColumns = `id, account, name, names, by_user, by_name, created_at, used_at`

func scanWall(row interface{ Scan(...any) error }) (Wallboard, error) {
	var w Wallboard
	var user string
	var created, used int64
	err := row.Scan(&w.ID, &w.Account, &w.Name, &w.Names, &user, &w.ByName, &created, &used)
	w.By, w.Created = MemberID{w.Account, sipgate.UserID(user)}, time.UnixMilli(created).UTC()
	if used > 0 {
		w.LastUsed = time.UnixMilli(used).UTC()
	}
	return w, err
}

// List returns an account's links, the newest first.
func (w *Wallboards) List(ctx context.Context, account string) ([]Wallboard, error) {
	rows, err := w.db.QueryContext(ctx, `select `+wallColumns+` from team_wall where account = $1 order by created_at desc, id`, account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Wallboard
	for rows.Next() {
		wall, err := scanWall(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, wall)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range all {
		if s := w.open[all[i].ID]; s != nil {
			all[i].Screens = s.n
		}
	}
	return all, rows.Err()
}

// Find returns the link with a secret, or ErrNoWall, and notes that it is used.
func (w *Wallboards) Find(ctx context.Context, token string) (Wallboard, error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(wallToken) {
		return Wallboard{}, ErrNoWallboard
	}
	wall, err := scanWall(w.db.QueryRowContext(ctx, `select `+wallColumns+` from team_wall where token = $1`, hashed(token)))
	if errors.Is(err, sql.ErrNoRows) {
		return Wallboard{}, ErrNoWallboard
	}
	if now := w.now(); err == nil && now.Sub(wall.LastUsed) >= seenStep {
		_, err = w.db.ExecContext(ctx, `update team_wall set used_at = $1 where id = $2`, now.UnixMilli(), wall.ID)
	}
	return wall, err
}

// Attend is Find for a screen that stays: gone is closed when the link is
// withdrawn. The screen calls leave when it goes.
func (w *Wallboards) Watch(ctx context.Context, token string) (wall Wallboard, gone <-chan struct{}, leave func(), err error) {
	if wall, err = w.Find(ctx, token); err != nil {
		return Wallboard{}, nil, nil, err
	}
	id := wall.ID
	w.mu.Lock()
	s := w.open[id]
	if s == nil {
		s = &screens{gone: make(chan struct{})}
		w.open[id] = s
	}
	s.n++
	w.mu.Unlock()
	leave = sync.OnceFunc(func() { w.leave(id, s) })
	// It may have been withdrawn in between, when nobody would have told.
	if wall, err = w.Find(ctx, token); err != nil {
		leave()
		return Wallboard{}, nil, nil, err
	}
	return wall, s.gone, leave, nil
}

func (w *Wallboards) leave(id string, s *screens) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.n--; s.n == 0 && w.open[id] == s {
		delete(w.open, id)
	}
}

// Revoke withdraws a link of an account, and tells all screens that show it.
func (w *Wallboards) Revoke(ctx context.Context, account, id string) (Wallboard, error) {
	wall, err := scanWall(w.db.QueryRowContext(ctx, `delete from team_wall where account = $1 and id = $2 returning `+wallColumns, account, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Wallboard{}, ErrNoWallboard
	}
	if err != nil {
		return Wallboard{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := w.open[id]; s != nil {
		close(s.gone)
		delete(w.open, id)
	}
	return wall, nil
}

// Get returns a link of an account.
func (w *Wallboards) Get(ctx context.Context, account, id string) (Wallboard, error) {
	wall, err := scanWall(w.db.QueryRowContext(ctx, `select `+wallColumns+` from team_wall where account = $1 and id = $2`, account, id))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoWallboard
	}
	return wall, err
}

// hashed is what is stored of a secret. It needs no salt: it is as random as
// can be.
func hashed(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
