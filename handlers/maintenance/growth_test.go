package maintenance

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/announcement"
	"callboard/sipgate/journal"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/web"
	"callboard/web/database"
)

// office is a team that works on fake time, with all that stores something.
type office struct {
	t        *testing.T
	db       *database.DB
	board    *switchboard.Board
	journal  *journal.Journal
	audit    *team.Audit
	library  *announcement.Library
	sessions *web.Sessions[string]
	login    *web.Login
	calls    int
}

const retention = 10 * 24 * time.Hour

func openOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, db: hold(t, t.TempDir())}
	if err := database.Migrate(t.Context(), o.db.DB, "test", Owners()); err != nil {
		t.Fatal(err)
	}
	var err error
	log := slog.New(slog.DiscardHandler)
	if o.journal, err = journal.New(t.Context(), o.db.DB, journal.Options{Retention: retention, Log: log}); err != nil {
		t.Fatal(err)
	}
	o.audit = team.NewAudit(o.db.DB, retention)
	o.library = announcement.NewLibrary(o.db.DB, announcement.Options{Unplayed: retention})
	o.sessions = web.NewSessions[string](o.db.DB, web.SessionOptions{})
	o.sessions.Subject = func(v string) string { return v }
	o.login = &web.Login{DB: o.db.DB, Log: log, AuthURL: "https://login.example/auth", ClientID: "app"}
	o.board = switchboard.New(switchboard.Options{RestoreRowID: o.journal.RowLookup(anna.Account)})
	ctx, cancel := context.WithCancel(t.Context())
	var following sync.WaitGroup
	following.Go(func() { o.journal.Follow(ctx, anna.Account, o.board) })
	t.Cleanup(func() {
		cancel()
		following.Wait()
		o.sessions.Close()
	})
	synctest.Wait()
	return o
}

// must fails the test for an error.
func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// day is a day at work: sign-ins, calls with notes, entries in the audit, an
// announcement; and what housekeeping does.
func (o *office) day() {
	o.t.Helper()
	ctx := o.t.Context()
	for range 3 {
		o.must(o.sessions.Start(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), "w0"))
		o.must(o.login.Start(httptest.NewRecorder(), httptest.NewRequest("POST", "/login", strings.NewReader(""))))
	}
	for range 4 {
		o.call(ctx)
	}
	_, err := o.library.Add(ctx, anna.Account, announcement.Upload{FileName: fmt.Sprint("day ", o.calls, ".wav"), UploadedBy: "Anna"}, wav(440+o.calls))
	o.must(err)
	_, err = o.audit.Purge(ctx)
	o.must(err)
	o.must(o.journal.Purge(ctx))
	_, err = o.library.Purge(ctx)
	o.must(err)
	time.Sleep(24*time.Hour - 4*time.Minute)
}

func (o *office) call(ctx context.Context) {
	o.calls++
	e := sipgate.Event{Kind: sipgate.EventNewCall, CallID: sipgate.CallID(fmt.Sprint("C", o.calls)), Direction: sipgate.Incoming,
		From: fmt.Sprint(4915790000000 + o.calls), To: "4921100000010", Users: []string{"Anna"}}
	o.board.Observe(e)
	time.Sleep(10 * time.Second)
	row := o.board.Snapshot().Calls[0].ID
	e.Kind, e.AnsweringNumber = sipgate.EventAnswer, e.To
	o.board.Observe(e)
	id, err := o.audit.Begin(ctx, team.AuditEntry{By: anna, ByName: "Anna", Action: team.Hold, Call: string(row), Parties: e.From})
	o.must(err)
	o.must(o.audit.End(ctx, id, team.OutcomeDone, 204, time.Second))
	time.Sleep(20 * time.Second)
	o.must(o.journal.AddNote(ctx, anna.Account, row, "Anna", strings.Repeat("wants an offer ", 20)))
	e.Kind, e.Cause = sipgate.EventHangup, "normalClearing"
	o.board.Observe(e)
	time.Sleep(30 * time.Second)
}

// After the time for which everything is kept, the database grows no more, neither
// a single table nor the file.
func TestDatabaseDoesNotGrowWithoutBound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := openOffice(t)
		for range 15 {
			o.day()
		}
		tables, pages := o.rows(), o.pages()
		if tables["journal_rows"] < 30 || tables["audit"] < 30 || tables["announcements"] < 8 || tables["web_session"] == 0 {
			t.Fatalf("little is stored: %v", tables)
		}
		for range 30 {
			o.day()
		}
		for table, n := range o.rows() {
			if n > tables[table]+tables[table]/10 {
				t.Errorf("%s has %d rows after 45 days, %d after 15", table, n, tables[table])
			}
		}
		if n := o.pages(); n > pages+pages/10 {
			t.Errorf("the file has %d pages after 45 days, %d after 15", n, pages)
		}
	})
}

// rows returns the number of rows of each table.
func (o *office) rows() map[string]int {
	o.t.Helper()
	names, err := o.db.Query(`select name from sqlite_schema where type = 'table'`)
	o.must(err)
	defer names.Close()
	all := map[string]int{}
	for names.Next() {
		var name string
		o.must(names.Scan(&name))
		all[name] = 0
	}
	for name := range all {
		all[name] = count(o.t, o.db, `select count(*) from `+name)
	}
	return all
}

func (o *office) pages() int { return count(o.t, o.db, `pragma page_count`) }

// wav returns a sound of half a second.
func wav(hz int) *bytes.Reader {
	const rate = 8000
	pcm := make([]byte, 0, rate)
	for i := range rate / 2 {
		pcm = binary.LittleEndian.AppendUint16(pcm, uint16(int16(8000*math.Sin(2*math.Pi*float64(hz)*float64(i)/rate))))
	}
	header := []byte("RIFF....WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data....")
	binary.LittleEndian.PutUint32(header[4:], uint32(36+len(pcm)))
	binary.LittleEndian.PutUint32(header[40:], uint32(len(pcm)))
	return bytes.NewReader(append(header, pcm...))
}
