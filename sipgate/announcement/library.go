package announcement

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations contains the migrations of the library's tables, in goose's format.
var Migrations fs.FS = func() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err)
	}
	return sub
}()

// Options are the options of a library. A zero field means the default.
type Options struct {
	Limits   Limits           // of one file
	Files    int              // maximum number of announcements of a team; default 50
	Bytes    int64            // maximum size of all announcements of a team, as converted; default 200 MB
	Level    Level            // loudness of all announcements
	Unplayed time.Duration    // after which an announcement is removed that nobody has played; 0: never
	Now      func() time.Time // default time.Now
	OnAdd    func(err error)  // called with the result of each Add, unless it is nil

	// CompareLabels orders labels for readers. Default strings.Compare.
	CompareLabels func(a, b string) int
}

// Library stores the announcements of all teams. A team is identified by the
// number of its sipgate account. Library is safe for concurrent use, also by
// several processes on one database.
type Library struct {
	db   *sql.DB
	opts Options

	mu           sync.Mutex
	fetchWaiters map[string]*fetchWaiter // by the hash of the token
}

// NewLibrary returns the library in db, which must have the tables of [Migrations].
func NewLibrary(db *sql.DB, o Options) *Library {
	o.Limits = o.Limits.withDefaults()
	if o.Files <= 0 {
		o.Files = 50
	}
	if o.Bytes <= 0 {
		o.Bytes = 200_000_000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.CompareLabels == nil {
		o.CompareLabels = strings.Compare
	}
	return &Library{db: db, opts: o, fetchWaiters: map[string]*fetchWaiter{}}
}

// SortOrder is an order in which [Library.List] returns announcements.
type SortOrder string

// The sort orders.
const (
	ByUse  SortOrder = "use"  // most plays first, then last played
	ByName SortOrder = "name" // by label
	ByAge  SortOrder = "new"  // newest first
)

// SortOrders lists all sort orders.
var SortOrders = []SortOrder{ByUse, ByName, ByAge}

// ordering returns the comparison of a sort order, that of [ByUse] if it is unknown.
func (l *Library) ordering(o SortOrder) func(a, b Announcement) int {
	byLabel := func(a, b Announcement) int { return l.opts.CompareLabels(a.Label, b.Label) }
	switch o {
	case ByName:
		return byLabel
	case ByAge:
		return func(a, b Announcement) int { return b.Created.Compare(a.Created) }
	}
	return func(a, b Announcement) int {
		return cmp.Or(b.Plays-a.Plays, b.LastPlayed.Compare(a.LastPlayed), byLabel(a, b))
	}
}

// List returns the announcements of account in the given order, or [ByUse] if the
// order is unknown.
func (l *Library) List(ctx context.Context, account string, order SortOrder) ([]Announcement, error) {
	rows, err := l.db.QueryContext(ctx, selectAnnouncement+`where account = $1 order by id`, account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Announcement
	for rows.Next() {
		a, err := scanAnnouncement(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	slices.SortStableFunc(list, l.ordering(order))
	return list, rows.Err()
}

// Usage is the part of its quota that a team uses.
type Usage struct {
	Files, MaxFiles int
	Bytes, MaxBytes int64 // as converted
}

// Full reports whether no announcement can be added.
func (u Usage) Full() bool { return u.Files >= u.MaxFiles || u.Bytes+wavHeaderSize >= u.MaxBytes }

// Usage returns the part of its quota that account uses.
func (l *Library) Usage(ctx context.Context, account string) (Usage, error) {
	return l.usage(ctx, l.db, account)
}

func (l *Library) usage(ctx context.Context, q querier, account string) (Usage, error) {
	u := Usage{MaxFiles: l.opts.Files, MaxBytes: l.opts.Bytes}
	const query = `select count(*), coalesce(sum(size), 0) from announcements where account = $1`
	return u, q.QueryRowContext(ctx, query, account).Scan(&u.Files, &u.Bytes)
}

// Get returns an announcement of account. It returns ErrNotFound for the
// announcements of other accounts, like all methods of Library.
func (l *Library) Get(ctx context.Context, account, id string) (Announcement, error) {
	return get(ctx, l.db, account, id)
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func get(ctx context.Context, q querier, account, id string) (Announcement, error) {
	if !isToken(id) {
		return Announcement{}, ErrNotFound
	}
	a, err := scanAnnouncement(q.QueryRowContext(ctx, selectAnnouncement+`where account = $1 and id = $2`, account, id))
	return a, orNotFound(err)
}

// getLocked returns ErrNotFound unless account has the announcement, which stays until
// the end of the transaction then. Accounts that have none are not locked.
func getLocked(ctx context.Context, tx *sql.Tx, account, id string) error {
	if _, err := get(ctx, tx, account, id); err != nil {
		return err
	}
	if err := lock(ctx, tx, account); err != nil {
		return err
	}
	_, err := get(ctx, tx, account, id)
	return err
}

// orNotFound returns ErrNotFound for sql.ErrNoRows, and other errors unchanged.
func orNotFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// Audio returns the telephone WAV of an announcement of account.
func (l *Library) Audio(ctx context.Context, account, id string) ([]byte, error) {
	if !isToken(id) {
		return nil, ErrNotFound
	}
	const query = `select wav from announcement_audio join announcements on id = announcement
		where account = $1 and id = $2`
	var wav []byte
	err := l.db.QueryRowContext(ctx, query, account, id).Scan(&wav)
	return wav, orNotFound(err)
}

// Rename gives an announcement of account another label, sanitized. It returns
// BadLabel if nothing is left of it.
func (l *Library) Rename(ctx context.Context, account, id, label string) error {
	label, err := validLabel(label)
	if err != nil {
		return err
	}
	res, err := l.db.ExecContext(ctx, `update announcements set label = $1 where account = $2 and id = $3`, label, account, id)
	if err != nil {
		return storageError(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrNotFound)
	}
	return nil
}

// Remove deletes an announcement of account, its public addresses and its marks. A
// fetch that has begun gets the whole file.
func (l *Library) Remove(ctx context.Context, account, id string) error {
	return l.inTx(ctx, func(tx *sql.Tx) error {
		if err := getLocked(ctx, tx, account, id); err != nil {
			return err
		}
		return remove(ctx, tx, id, "")
	})
}

// remove deletes an announcement by statements with a comment.
func remove(ctx context.Context, tx *sql.Tx, id, comment string) error {
	for _, query := range []string{
		`delete from announcement_links where announcement = $1`,
		`delete from announcement_favourites where announcement = $1`,
		`delete from announcement_audio where announcement = $1`,
		`delete from announcements where id = $1`,
	} {
		if _, err := tx.ExecContext(ctx, query+comment, id); err != nil {
			return err
		}
	}
	return nil
}
