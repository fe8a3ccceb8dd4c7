package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/sessions"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations make the tables of this package, in the format of goose.
var Migrations fs.FS = func() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err)
	}
	return sub
}()

const (
	// touchEvery is the precision with which the last use of a session is
	// stored.
	touchEvery = time.Minute
	// clockSlack is how far in the future a session may have begun, after the
	// clock was set back. One that began even later would live too long, so it
	// counts as ended.
	clockSlack = 5 * time.Minute
	purgeEvery = 10 * time.Minute
)

// A record is a row of web_session. Times are Unix milliseconds.
type record struct {
	id, subject, value string
	created, seen      int64
}

// entryKey is the key of the one value that a gorilla session of ours has.
type entryKey struct{}

// An entry is what a gorilla session holds, in place of a bag of values.
type entry struct {
	record
	ended []string // after Save: the ids of the sessions that it ended
}

// newSession returns a gorilla session with an empty entry, which is not stored
// yet.
func (s *sqlStore) newSession() (*sessions.Session, *entry) {
	g, e := sessions.NewSession(s, s.name), &entry{}
	g.Options, g.IsNew = s.options(), true
	g.Values[entryKey{}] = e
	return g, e
}

// entryOf returns the entry of a session that newSession made.
func entryOf(g *sessions.Session) *entry { return g.Values[entryKey{}].(*entry) }

// sqlStore is a sessions.Store whose sessions live in a database.
type sqlStore struct {
	db     *sql.DB
	o      SessionOptions
	name   string
	purged atomic.Int64 // when expired rows were last deleted, Unix milliseconds
}

func newStore(db *sql.DB, o SessionOptions) *sqlStore {
	return &sqlStore{db: db, o: o, name: cookieName("s", o.Secure)}
}

// cookieName returns name with the prefix that makes browsers refuse the cookie
// from any other host, path or scheme.
func cookieName(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

// options returns the options of one session's cookie. gorilla's defaults are
// SameSite=None and readable by scripts. SameSite is Lax and not Strict, because
// the way back from the login server is a cross-site navigation that must bring
// the cookie along.
func (s *sqlStore) options() *sessions.Options {
	return &sessions.Options{
		Path: "/", MaxAge: int(s.o.Absolute / time.Second),
		Secure: s.o.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

func (s *sqlStore) cookie(value string, maxAge int) *http.Cookie {
	o := s.options()
	o.MaxAge = maxAge
	return sessions.NewCookie(s.name, value, o)
}

// Get implements sessions.Store.
func (s *sqlStore) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New implements sessions.Store. The session is not new if r carries the
// cookie of a live one. An error means that the database did not answer.
func (s *sqlStore) New(r *http.Request, _ string) (*sessions.Session, error) {
	g, e := s.newSession()
	id, ok := s.id(r)
	if !ok {
		return g, nil
	}
	rec := record{id: id}
	err := s.db.QueryRowContext(r.Context(),
		`select subject, value, created, seen from web_session where id = $1`, id,
	).Scan(&rec.subject, &rec.value, &rec.created, &rec.seen)
	if errors.Is(err, sql.ErrNoRows) {
		return g, nil
	}
	if err != nil {
		return g, err
	}
	if !s.alive(rec.created, rec.seen) {
		return g, nil
	}
	g.ID, g.IsNew, e.record = id, false, rec
	return g, nil
}

// Save implements sessions.Store. It ends the session that r has and, unless
// MaxAge is negative, stores g under a new id. The entry of g lists the sessions
// that ended. Save goes on if the client leaves: a member who signs out and
// closes the tab has signed out.
func (s *sqlStore) Save(r *http.Request, w http.ResponseWriter, g *sessions.Session) error {
	ctx, e := context.WithoutCancel(r.Context()), entryOf(g)
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	ended, value := []string{}, ""
	if old, ok := s.id(r); ok {
		if ended, err = ids(tx.QueryContext(ctx, `delete from web_session where id = $1 returning id`, old)); err != nil {
			return err
		}
	}
	if g.Options.MaxAge >= 0 {
		value = secret()
		g.ID = digest(value)
		replaced, err := s.insert(ctx, tx, g.ID, e.record)
		if err != nil {
			return err
		}
		ended = append(ended, replaced...)
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	e.ended = ended
	http.SetCookie(w, sessions.NewCookie(g.Name(), value, g.Options))
	return nil
}

// insert adds a session and returns the ids of the sessions it replaced because
// its subject had too many. In PostgreSQL two that are added at the same moment may
// both stay until the next one.
func (s *sqlStore) insert(ctx context.Context, tx *sql.Tx, id string, rec record) ([]string, error) {
	now := time.Now()
	if now.Sub(time.UnixMilli(s.purged.Load())).Abs() > purgeEvery {
		if _, err := tx.ExecContext(ctx, `delete from web_session where seen <= $1 or created <= $2`,
			now.Add(-s.o.Idle).UnixMilli(), now.Add(-s.o.Absolute).UnixMilli()); err != nil {
			return nil, err
		}
		s.purged.Store(now.UnixMilli())
	}
	// Keep two sign-ins within one millisecond in order.
	created := now.UnixMilli()
	var newest sql.NullInt64
	if err := tx.QueryRowContext(ctx, `select max(created) from web_session where subject = $1`, rec.subject).Scan(&newest); err != nil {
		return nil, err
	}
	if rec.subject != "" && newest.Int64 >= created && newest.Int64 < created+1000 {
		created = newest.Int64 + 1
	}
	if _, err := tx.ExecContext(ctx, `insert into web_session (id, subject, value, created, seen) values ($1, $2, $3, $4, $5)`,
		id, rec.subject, rec.value, created, now.UnixMilli()); err != nil {
		return nil, err
	}
	if rec.subject == "" {
		return nil, nil
	}
	return ids(tx.QueryContext(ctx, `delete from web_session where id in (
		select id from web_session where subject = $1 and id <> $2 order by created desc, id limit 1000000 offset $3
	) returning id`, rec.subject, id, s.o.PerSubject-1))
}

// exists reports whether a session that was found a moment ago still exists.
func (s *sqlStore) exists(ctx context.Context, id string) (ok bool, err error) {
	err = s.db.QueryRowContext(ctx, `select exists (select 1 from web_session where id = $1)`, id).Scan(&ok)
	return ok, err
}

// touch stores that rec is used now.
func (s *sqlStore) touch(ctx context.Context, rec *record) error {
	rec.seen = time.Now().UnixMilli()
	_, err := s.db.ExecContext(ctx, `update web_session set seen = $1 where id = $2`, rec.seen, rec.id)
	return err
}

func (s *sqlStore) deleteSubject(ctx context.Context, subject string) ([]string, error) {
	return ids(s.db.QueryContext(context.WithoutCancel(ctx), `delete from web_session where subject = $1 returning id`, subject))
}

// allAlive returns the ids of the live sessions, oldest first.
func (s *sqlStore) allAlive(ctx context.Context) ([]string, error) {
	rows, err := s.db.QueryContext(ctx, `select id, created, seen from web_session order by created, id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var alive []string
	for rows.Next() {
		var rec record
		if err := rows.Scan(&rec.id, &rec.created, &rec.seen); err != nil {
			return nil, err
		}
		if s.alive(rec.created, rec.seen) {
			alive = append(alive, rec.id)
		}
	}
	return alive, rows.Err()
}

// values returns the values of sessions by id, without those that have ended.
func (s *sqlStore) values(ctx context.Context, ids []string) (map[string]string, error) {
	texts := make(map[string]string, len(ids))
	for _, id := range ids {
		var text string
		err := s.db.QueryRowContext(ctx, `select value from web_session where id = $1`, id).Scan(&text)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		if err == nil {
			texts[id] = text
		}
	}
	return texts, nil
}

func (s *sqlStore) expiry(created, seen time.Time) time.Time {
	idle, absolute := seen.Add(s.o.Idle), created.Add(s.o.Absolute)
	if idle.Before(absolute) {
		return idle
	}
	return absolute
}

func (s *sqlStore) alive(created, seen int64) bool {
	c, now := time.UnixMilli(created), time.Now()
	return !c.After(now.Add(clockSlack)) && now.Before(s.expiry(c, time.UnixMilli(seen)))
}

// id returns the database id of the session cookie of r. A request with two
// such cookies has no session: an attacker may have added one of them.
func (s *sqlStore) id(r *http.Request) (string, bool) {
	v, ok := cookieValue(r, s.name)
	return digest(v), ok
}

// cookieValue returns the value of the only cookie called name, if secret may
// have made it.
func cookieValue(r *http.Request, name string) (string, bool) {
	vs := cookieValues(r, name)
	if len(vs) != 1 || !isSecret(vs[0]) {
		return "", false
	}
	return vs[0], true
}

// cookieValues returns the raw values of all cookies called name. The standard
// library's parser leaves malformed ones out and takes quotes off, so that two
// can look like one, and one like another.
func cookieValues(r *http.Request, name string) []string {
	var vs []string
	for _, line := range r.Header["Cookie"] {
		for part := range strings.SplitSeq(line, ";") {
			if n, v, _ := strings.Cut(strings.Trim(part, " \t"), "="); n == name {
				vs = append(vs, v)
			}
		}
	}
	return vs
}

// secretLen is the length of 256 bits in unpadded base64.
const secretLen = 43

// secret returns 256 random bits that can stand in a cookie and a URL.
func secret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func isSecret(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return len(s) == secretLen
}

// digest returns the SHA-256 of a secret, which is what the database stores.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// ids returns the only column of rows.
func ids(rows *sql.Rows, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	got := []string{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		got = append(got, id)
	}
	return got, rows.Err()
}
