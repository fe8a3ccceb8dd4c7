package announcement

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"sync"
	"time"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations make the tables of the library, in goose's format.
var Migrations fs.FS = func() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err)
	}
	return sub
}()

// Options are the settings of a library. A zero field means the default.
type Options struct {
	Limits Limits           // of one file
	Files  int              // announcements of a team; default 50
	Bytes  int64            // of all announcements of a team, as converted; default 200 MB
	Level  Level            // that all of them get
	Now    func() time.Time // default time.Now
}

// Library keeps the announcements of all teams. It is safe for concurrent use,
// also by several processes on one database.
type Library struct {
	db   *sql.DB
	opts Options

	mu           sync.Mutex
	fetchWaiters map[string]*fetchWaiter // for the first fetch, by the token's hash
}

// NewLibrary returns the library in db, whose tables [Migrations] has made.
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
	return &Library{db: db, opts: o, fetchWaiters: map[string]*fetchWaiter{}}
}

// Order is an order of announcements.
type SortOrder string

// The orders there are.
const (
	ByUse  SortOrder = "use"  // what was played most comes first, and of that what was played last
	ByName SortOrder = "name" // by label
	ByAge  SortOrder = "new"  // the newest first
)

// Orders are all orders.
var SortOrders = []SortOrder{ByUse, ByName, ByAge}

var orderings = map[SortOrder]string{
	ByUse:  "plays desc, last_played desc, lower(label), label, id",
	ByName: "lower(label), label, id",
	ByAge:  "created desc, id",
}

// List returns the announcements of account in an order, by use if there is no
// such order.
func (l *Library) List(ctx context.Context, account string, order SortOrder) ([]Announcement, error) {
	ordering, ok := orderings[order]
	if !ok {
		ordering = orderings[ByUse]
	}
	rows, err := l.db.QueryContext(ctx, selectAnnouncement+`where account = $1 order by `+ordering, account)
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
	return list, rows.Err()
}

// Usage is how much of its quota a team has used.
type Usage struct {
	Files, MaxFiles int
	Bytes, MaxBytes int64 // as converted
}

// Full reports whether nothing more can be added.
func (u Usage) Full() bool { return u.Files >= u.MaxFiles || u.Bytes+wavHeaderSize >= u.MaxBytes }

// Usage returns how much of its quota an account has used.
func (l *Library) Usage(ctx context.Context, account string) (Usage, error) {
	return l.usage(ctx, l.db, account)
}

func (l *Library) usage(ctx context.Context, q querier, account string) (Usage, error) {
	u := Usage{MaxFiles: l.opts.Files, MaxBytes: l.opts.Bytes}
	const query = `select count(*), coalesce(sum(size), 0) from announcements where account = $1`
	return u, q.QueryRowContext(ctx, query, account).Scan(&u.Files, &u.Bytes)
}

// Get returns one announcement of account.
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

func orNotFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// Audio returns the telephone WAV of one announcement of account.
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

// Rename gives an announcement of account another label, cleaned as that of a
// new one.
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

// Remove deletes an announcement of account. Its public addresses end at once;
// a fetch that has begun gets the whole file.
func (l *Library) Remove(ctx context.Context, account, id string) error {
	return l.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := get(ctx, tx, account, id); err != nil {
			return err
		}
		for _, query := range []string{
			`delete from announcement_links where announcement = $1`,
			`delete from announcement_audio where announcement = $1`,
			`delete from announcements where id = $1`,
		} {
			if _, err := tx.ExecContext(ctx, query, id); err != nil {
				return err
			}
		}
		return nil
	})
}
