package announcement

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"syscall"
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
	Bytes  int64            // of all announcements of a team, as converted; default 50 MB
	Now    func() time.Time // default time.Now
}

// Library keeps the announcements of all teams. It is safe for concurrent use,
// also by several processes on one database.
type Library struct {
	db   *sql.DB
	opts Options

	mu      sync.Mutex
	waiting map[string]*waiter // for the first fetch, by the token's hash
}

// NewLibrary returns the library in db, whose tables [Migrations] has made.
func NewLibrary(db *sql.DB, o Options) *Library {
	o.Limits = o.Limits.orDefault()
	if o.Files <= 0 {
		o.Files = 50
	}
	if o.Bytes <= 0 {
		o.Bytes = 50_000_000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Library{db: db, opts: o, waiting: map[string]*waiter{}}
}

// Announcement is an entry of the library.
type Announcement struct {
	ID         string // 43 characters, base64url
	Label      string
	By         string // who uploaded it
	Created    time.Time
	Length     time.Duration
	Size       int64     // in bytes, as converted
	PeakSample int       // largest magnitude of a sample, 0 to 32768
	Source     Source    // the file as it came
	LastPlayed time.Time // zero if never
}

// Peak is the level of the loudest sample in dBFS, −Inf for silence.
func (a Announcement) Peak() float64 { return decibel(float64(a.PeakSample) / 32768) }

// Add converts the file that src yields and adds it to the library of account.
// The label comes from filename. A file that sounds the same to the last
// sample as one that is there already is not added again: that one is
// returned, under the label it has.
//
// Audio and entry are stored together or not at all. Errors are *Error, or
// those of src and of the database.
func (l *Library) Add(ctx context.Context, account, by, filename string, src io.Reader) (Announcement, error) {
	label, err := LabelFor(filename)
	if err != nil {
		return Announcement{}, err
	}
	clip, err := Decode(src, filename, l.opts.Limits)
	if err != nil {
		return Announcement{}, err
	}
	a := Announcement{
		ID:         newToken(),
		Label:      label,
		By:         by,
		Created:    fromMillis(l.opts.Now().UnixMilli()),
		Length:     clip.Length().Truncate(time.Millisecond),
		Size:       int64(len(clip.wav)),
		PeakSample: clip.peak,
		Source:     clip.Source,
	}
	a.Source.Length = a.Source.Length.Truncate(time.Millisecond)
	err = l.update(ctx, func(tx *sql.Tx) error {
		a, err = l.insert(ctx, tx, account, a, clip.wav)
		return err
	})
	return a, err
}

// insert stores a, unless it is there already or would exceed the quota. The
// row of the team is taken first and makes concurrent insertions wait.
func (l *Library) insert(ctx context.Context, tx *sql.Tx, account string, a Announcement, wav []byte) (Announcement, error) {
	const lock = `insert into announcement_teams (account) values ($1)
		on conflict (account) do update set account = excluded.account`
	if _, err := tx.ExecContext(ctx, lock, account); err != nil {
		return a, err
	}
	hash := sha256.Sum256(wav)
	sum := hex.EncodeToString(hash[:])
	same, err := scan(tx.QueryRowContext(ctx, selectEntry+`where account = $1 and sha256 = $2`, account, sum))
	if !errors.Is(err, sql.ErrNoRows) {
		return same, err
	}
	var files int
	var size int64
	const usage = `select count(*), coalesce(sum(size), 0) from announcements where account = $1`
	if err := tx.QueryRowContext(ctx, usage, account).Scan(&files, &size); err != nil {
		return a, err
	}
	switch {
	case files >= l.opts.Files:
		return a, refuse(OverQuota, "%d announcements are there already", files)
	case size+a.Size > l.opts.Bytes:
		return a, refuse(OverQuota, "%d bytes of %d are used, and this one has %d", size, l.opts.Bytes, a.Size)
	}
	const entry = `insert into announcements (id, account, label, created_by, created, length_ms, size,
		sha256, peak, format, rate, channels, source_ms, last_played)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0)`
	_, err = tx.ExecContext(ctx, entry, a.ID, account, a.Label, a.By, a.Created.UnixMilli(), a.Length.Milliseconds(), a.Size,
		sum, a.PeakSample, a.Source.Format, a.Source.Rate, a.Source.Channels, a.Source.Length.Milliseconds())
	if err != nil {
		return a, err
	}
	_, err = tx.ExecContext(ctx, `insert into announcement_audio (announcement, wav) values ($1, $2)`, a.ID, wav)
	return a, err
}

const selectEntry = `select id, label, created_by, created, length_ms, size, peak,
	format, rate, channels, source_ms, last_played from announcements `

func scan(row interface{ Scan(...any) error }) (Announcement, error) {
	var a Announcement
	var created, length, source, played int64
	err := row.Scan(&a.ID, &a.Label, &a.By, &created, &length, &a.Size, &a.PeakSample,
		&a.Source.Format, &a.Source.Rate, &a.Source.Channels, &source, &played)
	a.Created, a.LastPlayed = fromMillis(created), fromMillis(played)
	a.Length = time.Duration(length) * time.Millisecond
	a.Source.Length = time.Duration(source) * time.Millisecond
	return a, err
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// List returns the announcements of account by label.
func (l *Library) List(ctx context.Context, account string) ([]Announcement, error) {
	rows, err := l.db.QueryContext(ctx, selectEntry+`where account = $1 order by lower(label), label, id`, account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Announcement
	for rows.Next() {
		a, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, rows.Err()
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
	a, err := scan(q.QueryRowContext(ctx, selectEntry+`where account = $1 and id = $2`, account, id))
	return a, notFound(err)
}

func notFound(err error) error {
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
	return wav, notFound(err)
}

// Rename gives an announcement of account another label, cleaned as that of a
// new one.
func (l *Library) Rename(ctx context.Context, account, id, label string) error {
	label, err := checkLabel(label)
	if err != nil {
		return err
	}
	res, err := l.db.ExecContext(ctx, `update announcements set label = $1 where account = $2 and id = $3`, label, account, id)
	if err != nil {
		return storage(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrNotFound)
	}
	return nil
}

// Remove deletes an announcement of account. Its public addresses end at once;
// a fetch that has begun gets the whole file.
func (l *Library) Remove(ctx context.Context, account, id string) error {
	return l.update(ctx, func(tx *sql.Tx) error {
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

// update runs f in a transaction.
func (l *Library) update(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return storage(err)
	}
	defer tx.Rollback() // does nothing after a commit
	if err := f(tx); err != nil {
		return storage(err)
	}
	return storage(tx.Commit())
}

// storage recognises a full disk in the errors of SQLite (result code 13) and
// PostgreSQL (class 53), without importing either.
func storage(err error) error {
	var lite interface{ Code() int }
	var post interface{ SQLState() string }
	full := errors.Is(err, syscall.ENOSPC) ||
		errors.As(err, &lite) && lite.Code()&0xFF == 13 ||
		errors.As(err, &post) && strings.HasPrefix(post.SQLState(), "53100")
	if full {
		return fmt.Errorf("%w: %w", refuse(StorageFull, "the disk is full"), err)
	}
	return err
}

// newToken returns 256 random bits in 43 characters.
func newToken() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// isToken reports whether s can come from newToken.
func isToken(s string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == 32 && len(s) == 43
}
