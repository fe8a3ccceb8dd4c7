package acceptance

import (
	"bytes"
	"database/sql"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"callboard/handlers/acceptance/harness"
)

// A caller is erased while the program runs, once their calls are off the board: no
// page and no file has the number any more, the audit says that it happened, and the
// program goes on.
func TestEraseWhileRunning(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	anna := s.SignIn(t, 0)
	id := s.Ring("+4930555002", "w0", "established")
	var rows []string
	s.Eventually("the call on the board", func() bool { rows = anna.Rows(); return len(rows) == 1 })
	note := func(row, text string) {
		t.Helper()
		if status, page := anna.Post("/calls/"+row+"/notes", url.Values{"text": {text}}.Encode()); status != http.StatusSeeOther {
			t.Fatalf("a note: %d %s", status, page)
		}
	}
	note(rows[0], "Call back at 030 555-002 please")
	erase := func() (string, int) {
		t.Helper()
		stdout, stderr, status := harness.Run(t, nil, "erase", "--data", s.Data, "+49 30 555002")
		return stdout + stderr, status
	}
	if said, status := erase(); status != 1 || !strings.Contains(said, "try again in a minute") {
		t.Errorf("during the call: %d %s", status, said)
	}
	s.HangUp(id)
	s.Eventually("the end of the call", func() bool { return !strings.Contains(anna.Page("/"), "/calls/"+rows[0]) })
	if said, status := erase(); status != 1 || !strings.Contains(said, "has just ended") {
		t.Errorf("after the call: %d %s", status, said)
	}
	aMinutePasses(t, s.Data)
	if said, status := erase(); status != 0 || !strings.Contains(said, "1 calls") {
		t.Fatalf("a minute later: %d %s", status, said)
	}
	if status, _ := anna.Get("/calls/" + rows[0]); status != http.StatusNotFound {
		t.Errorf("the page of the call answers %d", status)
	}
	if page := anna.Page("/audit"); !strings.Contains(page, "Command line") || strings.Contains(page, "555002") {
		t.Error("the audit does not say that a caller was erased, or names them")
	}
	for _, trace := range []string{"30555002", "555-002"} {
		noTrace(t, s.Data, trace)
	}
	s.Ring("+4930555003", "w0", "established")
	s.Eventually("another call", func() bool { rows = anna.Rows(); return len(rows) == 1 })
	note(rows[0], "goes on")
	if page := anna.Page("/calls/" + rows[0]); !strings.Contains(page, "goes on") {
		t.Error("the next note is missing")
	}
}

// aMinutePasses makes what the journal has a minute older.
func aMinutePasses(t *testing.T, data string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, "callboard.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`update journal_rows set heard_at = heard_at - 60000`); err != nil {
		t.Fatal(err)
	}
}

// noTrace checks that no file of a directory contains a text.
func noTrace(t *testing.T, dir, text string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(text)) {
			t.Errorf("%q is in %s", text, f.Name())
		}
	}
}
