package team

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
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
)

func TestMain(m *testing.M) {
	if os.Getenv(crashPoint) != "" {
		crash()
		return
	}
	goleak.VerifyTestMain(m)
}

var (
	ada = MemberID{"111", "w0"}
	bob = MemberID{"222", "w0"} // the same user id in another account
)

// testKey is a key, and testKey2 another.
var testKey, testKey2 = Key([]byte("0123456789abcdefghijklmnopqrstuv")), Key([]byte("another key of thirty-two bytes!"))

// open opens the database in a file as the program does, and makes the tables
// if it is new.
func open(tb testing.TB, file string) *sql.DB {
	tb.Helper()
	db, err := openFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

func openFile(file string) (*sql.DB, error) {
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

// memory returns a new database.
func memory(tb testing.TB) *sql.DB { return open(tb, filepath.Join(tb.TempDir(), "callboard.db")) }

// grantsOf opens the grants in db, to be closed with the test.
func grantsOf(tb testing.TB, db *sql.DB, r Refresher) *Grants {
	tb.Helper()
	g, err := NewGrants(db, testKey, r, logTo(tb))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(g.Close)
	return g
}

func logTo(tb testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(tb.Output(), nil))
}

// put stores tokens for m that live for life.
func put(tb testing.TB, g *Grants, m MemberID, access, refresh string, life time.Duration) {
	tb.Helper()
	err := g.Put(tb.Context(), m, sipgate.Tokens{Access: access, Refresh: refresh, Lifetime: life})
	if err != nil {
		tb.Fatal(err)
	}
}

// stored returns the row of m, as a process started now would find it.
func stored(tb testing.TB, db *sql.DB, m MemberID) row {
	tb.Helper()
	sealer, err := newSealer(testKey)
	if err != nil {
		tb.Fatal(err)
	}
	r, err := (&store{db: db, sealer: sealer}).read(context.Background(), m)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func header(tb testing.TB, g *Grants, m MemberID) string {
	tb.Helper()
	h, err := g.Credentials(m).Authorization(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// wantKind fails the test unless err is of the kind.
func wantKind(tb testing.TB, err error, kind sipgate.Kind) {
	tb.Helper()
	if err == nil || sipgate.KindOf(err) != kind {
		tb.Fatalf("error %v of kind %v, want kind %v", err, sipgate.KindOf(err), kind)
	}
	if sipgate.MayHaveArrived(err) {
		tb.Errorf("%v says that a request may have arrived that was never sent", err)
	}
}

// refresh is a Refresher made of a function.
type refresh func(ctx context.Context, refresh string) (sipgate.Tokens, error)

func (f refresh) Refresh(ctx context.Context, refresh string) (sipgate.Tokens, error) {
	return f(ctx, refresh)
}

// An endpoint is a token endpoint over HTTP, as strict as sipgate's may be: a
// refresh token works once, and using it again ends the whole grant.
type endpoint struct {
	*httptest.Server
	tb testing.TB

	mu       sync.Mutex
	newest   string          // the only refresh token that works
	used     map[string]bool // those that did
	reused   bool            // the grant has ended
	requests []string        // the refresh tokens sent, in order
	before   func()          // called with a valid request, before it is executed
	after    func()          // called then, before the answer is sent
	answer   func(w http.ResponseWriter, access, refresh string)
}

// newEndpoint starts one that will take the refresh token "RT-0" first.
func newEndpoint(tb testing.TB) *endpoint {
	e := &endpoint{tb: tb, newest: "RT-0", used: map[string]bool{}}
	e.Server = httptest.NewServer(e)
	tb.Cleanup(e.Close)
	return e
}

func (e *endpoint) oauth() *sipgate.OAuth {
	return &sipgate.OAuth{TokenURL: e.URL + "/token", ClientID: "id", ClientSecret: "SENTINEL-CS", HTTP: e.Client()}
}

// direct returns what asks the endpoint without a network, so that the time of
// a synctest bubble can go on.
func (e *endpoint) direct() *sipgate.OAuth {
	return &sipgate.OAuth{
		TokenURL: "http://login.test/token", ClientID: "id", ClientSecret: "SENTINEL-CS",
		HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			e.ServeHTTP(w, r)
			return w.Result(), nil
		})},
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// ServeHTTP implements [http.Handler].
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := r.ParseForm()
	want := url.Values{
		"grant_type": {"refresh_token"}, "client_id": {"id"}, "client_secret": {"SENTINEL-CS"},
		"refresh_token": {r.PostForm.Get("refresh_token")},
	}
	if err != nil || r.Method != "POST" || r.URL.Path != "/token" || r.PostForm.Encode() != want.Encode() {
		e.tb.Errorf("%s %s is not a token request", r.Method, r.URL.Path)
		http.Error(w, `{"error":"invalid_request"}`, 400)
		return
	}
	e.mu.Lock()
	before, after := e.before, e.after
	e.mu.Unlock()
	if before != nil {
		before()
	}
	access, refresh, answer := e.exchange(r.PostForm.Get("refresh_token"))
	if after != nil {
		after()
	}
	if access == "" {
		http.Error(w, `{"error":"invalid_grant","error_description":"Stale token"}`, 400)
		return
	}
	answer(w, access, refresh)
}

func (e *endpoint) exchange(sent string) (access, refresh string, answer func(http.ResponseWriter, string, string)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.requests = append(e.requests, sent)
	if e.used[sent] {
		e.reused = true
	}
	if e.reused || sent != e.newest {
		return "", "", nil
	}
	e.used[sent] = true
	e.newest = fmt.Sprintf("RT-%d", len(e.used))
	if answer = e.answer; answer == nil {
		answer = good
	}
	return fmt.Sprintf("AT-%d", len(e.used)), e.newest, answer
}

// good is the ordinary answer.
func good(w http.ResponseWriter, access, refresh string) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"access_token":%q,"refresh_token":%q,"expires_in":300,"token_type":"bearer"}`, access, refresh)
}

// hold makes every valid request wait for proceed, from the moment that it is
// announced on arrived.
func (e *endpoint) hold() (arrived <-chan bool, proceed chan<- bool) {
	a, p := make(chan bool), make(chan bool)
	e.during(func() { a <- true; <-p }, nil)
	return a, p
}

// during sets what is called in the middle of a valid request.
func (e *endpoint) during(before, after func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.before, e.after = before, after
}

// seen returns the refresh tokens sent so far and whether one was reused.
func (e *endpoint) seen() (requests []string, reused bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.requests...), e.reused
}

// wantRequests fails the test unless exactly these refresh tokens were sent.
func (e *endpoint) wantRequests(want ...string) {
	e.tb.Helper()
	if got, _ := e.seen(); strings.Join(got, " ") != strings.Join(want, " ") {
		e.tb.Errorf("token requests with %v, want %v", got, want)
	}
}

// A locked buffer may be written by several goroutines.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
