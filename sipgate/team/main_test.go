package team

import (
	"bytes"
	"context"
	"database/sql"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"callboard/sipgate"
	"callboard/web/database/databasetest"
)

func TestMain(m *testing.M) {
	if os.Getenv(crashPoint) != "" {
		refreshUntilKilled()
		return
	}
	goleak.VerifyTestMain(databasetest.OnBoth(m))
}

var (
	ada = MemberID{"111", "w0"}
	bob = MemberID{"222", "w0"} // the same user id in another account
)

var testKey, otherKey = Key([]byte("0123456789abcdefghijklmnopqrstuv")), Key([]byte("another key of thirty-two bytes!"))

// open opens the database in a file as the program does, and creates the tables
// of grants if it is new. In the run with PostgreSQL it has all tables.
func open(tb testing.TB, file string) *sql.DB {
	tb.Helper()
	if db := databasetest.PostgresFor(tb, file, map[string]fs.FS{"team": Migrations}); db != nil {
		return db.DB
	}
	db, err := openDBFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

func openDBFile(file string) (*sql.DB, error) {
	_, missing := os.Stat(file)
	name := url.URL{Scheme: "file", Path: file, RawQuery: "_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=busy_timeout(5000)&_txlock=immediate"}
	db, err := sql.Open("sqlite", name.String())
	if err != nil || missing == nil {
		return db, err
	}
	text, err := fs.ReadFile(Migrations, "00001_grants.sql")
	if err != nil {
		return nil, err
	}
	up, _, _ := strings.Cut(string(text), "-- +goose Down")
	_, err = db.Exec(up)
	return db, err
}

// newGrantsDB returns a new database with the tables of grants.
func newGrantsDB(tb testing.TB) *sql.DB { return open(tb, filepath.Join(tb.TempDir(), "callboard.db")) }

// openGrants reads the grants in db and closes them at the end of the test.
func openGrants(tb testing.TB, db *sql.DB, r Refresher) *Grants {
	tb.Helper()
	g, err := NewGrants(db, testKey, r, testLogger(tb))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(g.Close)
	return g
}

func testLogger(tb testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(tb.Output(), nil))
}

// put stores tokens whose access token has the lifetime.
func put(tb testing.TB, g *Grants, id MemberID, access, refresh string, lifetime time.Duration) {
	tb.Helper()
	err := g.Put(tb.Context(), id, sipgate.Tokens{Access: access, Refresh: refresh, Lifetime: lifetime})
	if err != nil {
		tb.Fatal(err)
	}
}

// stored returns the stored grant of a member, as a new process would read it.
func stored(tb testing.TB, db *sql.DB, id MemberID) storedGrant {
	tb.Helper()
	sealer, err := newSealer(testKey)
	if err != nil {
		tb.Fatal(err)
	}
	grant, err := (&grantStore{db: db, sealer: sealer}).read(context.Background(), id)
	if err != nil {
		tb.Fatal(err)
	}
	return grant
}

// header returns the Authorization header of a member.
func header(tb testing.TB, g *Grants, id MemberID) string {
	tb.Helper()
	h, err := g.Credentials(id).Authorization(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// wantKind fails the test unless err has the kind and says that no request can
// have arrived.
func wantKind(tb testing.TB, err error, kind sipgate.Kind) {
	tb.Helper()
	if err == nil || sipgate.KindOf(err) != kind {
		tb.Fatalf("error %v of kind %v, want kind %v", err, sipgate.KindOf(err), kind)
	}
	if sipgate.MayHaveArrived(err) {
		tb.Errorf("%v says that a request may have arrived, but none was sent", err)
	}
}

// A refresherFunc is a function as a Refresher.
type refresherFunc func(ctx context.Context, refreshToken string) (sipgate.Tokens, error)

func (f refresherFunc) Refresh(ctx context.Context, refreshToken string) (sipgate.Tokens, error) {
	return f(ctx, refreshToken)
}

// A lockedBuffer may be written by several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
