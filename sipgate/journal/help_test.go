package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/web/database/databasetest"
)

func TestMain(m *testing.M) {
	if file := os.Getenv(childFile); file != "" {
		runChild(file)
		return
	}
	goleak.VerifyTestMain(databasetest.OnBoth(m))
}

const (
	ours   = "1234567" // an account
	theirs = "7654321" // another one

	jennifer = "4915790000001"
	doc      = "4921100000010"
	marty    = "4921100000011"
	group    = "4921100000000"
)

var someNames = map[string]string{
	"+" + jennifer: "Jennifer", "+" + doc: "Doc", "+" + marty: "Marty", "+" + group: "Team",
}

// openFile opens a database file as the program does, but without waiting for the
// disk. It creates the tables if the file is new.
func openFile(file string) (*sql.DB, error) {
	_, missing := os.Stat(file)
	name := url.URL{Scheme: "file", Path: file, RawQuery: "_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)" +
		"&_pragma=busy_timeout(5000)&_txlock=immediate"}
	db, err := sql.Open("sqlite", name.String())
	if err != nil || missing == nil {
		return db, err
	}
	files, err := filepath.Glob("migrations/*.sql")
	if err == nil {
		err = migrate(db, files...)
	}
	return db, err
}

// migrate runs the statements of migration files, or of other SQL files.
func migrate(db *sql.DB, files ...string) error {
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		if _, err = db.Exec(up); err != nil {
			return err
		}
	}
	return nil
}

func openDB(tb testing.TB, file string) *sql.DB {
	tb.Helper()
	if db := databasetest.PostgresFor(tb, file, map[string]fs.FS{"journal": Migrations}); db != nil {
		return db.DB
	}
	db, err := openFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

func tempFile(tb testing.TB) string { return filepath.Join(tb.TempDir(), "callboard.db") }

func newJournal(tb testing.TB, db *sql.DB) *Journal {
	tb.Helper()
	j, err := New(tb.Context(), db, Options{Log: slog.New(slog.NewTextHandler(tb.Output(), nil))})
	if err != nil {
		tb.Fatal(err)
	}
	return j
}

// subscribeOnly is a board without the method Call.
type subscribeOnly struct{ Board }

// A testBoard is a board with an account's journal and a fake sipgate.
type testBoard struct {
	t *testing.T
	*switchboard.Board
	*fake
	j       *Journal
	account string
	stop    func() // stops following, as the end of the program does
}

// openBoard must be called in a bubble, with a journal of that bubble.
func openBoard(t *testing.T, j *Journal, account string, members ...switchboard.MemberID) *testBoard {
	t.Helper()
	b := switchboard.New(switchboard.Options{RestoreRowID: j.RowLookup(account)})
	return openBoardWith(t, j, account, b, b, members...)
}

func openBoardWith(t *testing.T, j *Journal, account string, b *switchboard.Board, l Board, members ...switchboard.MemberID) *testBoard {
	t.Helper()
	x := &testBoard{t: t, Board: b, fake: &fake{}, j: j, account: account}
	b.SetNames(someNames)
	for _, m := range members {
		b.Join(switchboard.Member{ID: m, Name: strings.ToUpper(string(m)), API: x.fake})
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := j.Follow(ctx, account, l); err != nil {
			t.Error(err)
		}
	})
	x.stop = func() { cancel(); wg.Wait() }
	t.Cleanup(x.stop)
	synctest.Wait()
	return x
}

// observe passes events to the board, each followed by three seconds.
func (x *testBoard) observe(events ...sipgate.Event) {
	for _, e := range events {
		x.Observe(e)
		time.Sleep(3 * time.Second)
		synctest.Wait()
	}
}

func (x *testBoard) poll() {
	x.t.Helper()
	if err := x.Poll(x.t.Context()); err != nil {
		x.t.Fatalf("poll: %v", err)
	}
	time.Sleep(2 * time.Second)
	synctest.Wait()
}

func (x *testBoard) execute(by switchboard.MemberID, row switchboard.RowID, a switchboard.Action) error {
	err := x.Execute(x.t.Context(), switchboard.Command{By: by, Call: row, Action: a})
	time.Sleep(time.Second)
	synctest.Wait()
	return err
}

// onlyCall returns the board's only row.
func (x *testBoard) onlyCall() switchboard.Call {
	x.t.Helper()
	calls := x.Snapshot().Calls
	if len(calls) != 1 {
		x.t.Fatalf("%d rows, want 1: %+v", len(calls), calls)
	}
	return calls[0]
}

func (x *testBoard) record(row switchboard.RowID) Record {
	x.t.Helper()
	r, err := x.j.Record(x.t.Context(), x.account, row)
	if err != nil {
		x.t.Fatal(err)
	}
	return r
}

// timeline formats entries: seconds since the start, kind, name, detail.
func timeline(r Record) string {
	var s strings.Builder
	for _, e := range r.Entries {
		about := ""
		if e.Approximate {
			about = "~"
		}
		fmt.Fprintf(&s, "%s%d %s", about, int(e.At.Sub(r.Started).Round(time.Second).Seconds()), e.Kind)
		if e.Name != "" {
			fmt.Fprintf(&s, " by %s", e.Name)
		}
		if e.Detail != "" {
			fmt.Fprintf(&s, ": %s", e.Detail)
		}
		s.WriteByte('\n')
	}
	return s.String()
}

// wantTimeline compares a row's timeline.
func (x *testBoard) wantTimeline(row switchboard.RowID, want string) {
	x.t.Helper()
	if got := timeline(x.record(row)); got != untab(want) {
		x.t.Errorf("timeline\n%s\nwant\n%s", got, untab(want))
	}
}

func untab(s string) string {
	return strings.TrimPrefix(strings.ReplaceAll(s, "\t", ""), "\n")
}

// fake is a sipgate without HTTP. It lists calls and executes commands.
type fake struct {
	mu    sync.Mutex
	calls []sipgate.Call
	err   error // of the next commands
	slow  time.Duration
}

func (f *fake) add(id sipgate.CallID, outside, inside string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, sipgate.Call{ID: id, Participants: []sipgate.Participant{
		{ID: "p1", Number: outside}, {ID: "p2", Number: inside, Owner: true},
	}})
}

func (f *fake) remove(id sipgate.CallID) { f.change(id, func(c *sipgate.Call) { c.ID = "" }) }

// fail sets the result of the next commands.
func (f *fake) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// change changes a call. It removes a call without an id.
func (f *fake) change(id sipgate.CallID, how func(*sipgate.Call)) error {
	f.mu.Lock()
	err, slow := f.err, f.slow
	f.mu.Unlock()
	if slow > 0 {
		time.Sleep(slow)
	}
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var kept []sipgate.Call
	for _, c := range f.calls {
		if c.ID == id {
			how(&c)
		}
		if c.ID != "" {
			kept = append(kept, c)
		}
	}
	f.calls = kept
	return nil
}

func (f *fake) Calls(context.Context) (sipgate.CallList, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return json.Marshal(map[string]any{"data": append([]sipgate.Call{}, f.calls...)})
}

func (f *fake) Hold(_ context.Context, id sipgate.CallID, on bool) error {
	return f.change(id, func(c *sipgate.Call) { c.Hold = on })
}

func (f *fake) Mute(_ context.Context, id sipgate.CallID, on bool) error {
	return f.change(id, func(c *sipgate.Call) { c.Muted = on })
}

func (f *fake) Record(_ context.Context, id sipgate.CallID, on, _ bool) error {
	return f.change(id, func(c *sipgate.Call) { c.Recording = on })
}

// Transfer gives the call a new id and replaces its owner by the target, as sipgate
// does.
func (f *fake) Transfer(_ context.Context, id sipgate.CallID, t sipgate.Transfer) error {
	return f.change(id, func(c *sipgate.Call) {
		c.ID += "T"
		c.Hold, c.Muted, c.Recording = false, false, false
		c.Participants = []sipgate.Participant{c.Participants[0], {ID: "p3", Number: string(t.To), Owner: true}}
	})
}

func (f *fake) SendDTMF(_ context.Context, id sipgate.CallID, _ sipgate.DTMF) error {
	return f.change(id, func(*sipgate.Call) {})
}

func (f *fake) Announce(_ context.Context, id sipgate.CallID, _ string) error {
	return f.change(id, func(*sipgate.Call) {})
}

func (f *fake) HangUp(_ context.Context, id sipgate.CallID) error {
	return f.change(id, func(c *sipgate.Call) { c.ID = "" })
}

func newCall(id sipgate.CallID, d sipgate.Direction, from, to string, users ...string) sipgate.Event {
	return sipgate.Event{Kind: sipgate.EventNewCall, CallID: id, OrigCallID: id, Direction: d, From: from, To: to, Users: users}
}

func answer(e sipgate.Event, user string) sipgate.Event {
	e.Kind, e.Users, e.OrigCallID, e.XCID, e.AnsweringNumber = sipgate.EventAnswer, nil, "", "", e.To
	if user != "" {
		e.Users = []string{user}
	}
	return e
}

func hangup(e sipgate.Event, cause string) sipgate.Event {
	e.Kind, e.Users, e.OrigCallID, e.XCID, e.Cause = sipgate.EventHangup, nil, "", "", cause
	return e
}

func diverted(e sipgate.Event, by string) sipgate.Event {
	e.Diversion = by
	return e
}

func origin(e sipgate.Event, id sipgate.CallID, xcid string) sipgate.Event {
	e.OrigCallID, e.XCID = id, xcid
	return e
}

// inBubble runs a test with a journal in a synctest bubble.
func inBubble(t *testing.T, f func(t *testing.T, j *Journal)) {
	file := tempFile(t)
	synctest.Test(t, func(t *testing.T) { f(t, newJournal(t, openDB(t, file))) })
}

func splitLines(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == '\n' })
}
