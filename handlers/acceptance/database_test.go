package acceptance

import (
	"crypto/rand"
	"database/sql"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"callboard/handlers/acceptance/harness"
)

// makeReadOnly makes the running dashboard's database read-only, as a disk that
// the system has remounted does: SQLite writes to no file whose header names a
// later format for writing.
func makeReadOnly(t *testing.T, data string) {
	t.Helper()
	file := filepath.Join(data, "callboard.db")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	db.Exec("pragma busy_timeout = 5000; pragma user_version = 1") // so that the dashboard reads the header again
	var busy, log, done int
	if err := db.QueryRow("pragma wal_checkpoint(truncate)").Scan(&busy, &log, &done); err != nil || busy != 0 {
		t.Fatalf("checkpoint: %d, %v", busy, err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte{3}, 18); err != nil {
		t.Fatal(err)
	}
}

// withoutDatabase requests every route while the database cannot be written. The
// answers name the cause, no answer is an internal error, and pages can be read.
func (w *crawler) withoutDatabase(t *testing.T, v *harness.Client, ids map[string]string) {
	makeReadOnly(t, w.Data)
	ask := func(method, path, form string, as ...func(*http.Request)) (status int, body string) {
		contentType := ""
		if method == "POST" {
			contentType = harness.FormType
		}
		resp := v.Send(method, w.URL+path, contentType, strings.NewReader(form), as...)
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Errorf("%s %s: %v", method, path, err)
		}
		return resp.StatusCode, string(b)
	}
	w.each("GET", ids, func(route, path string) {
		if status, body := ask("GET", path, ""); status >= 500 {
			t.Errorf("%s: %d %s", route, status, body)
		}
	})
	unwritten := []string{"database_readonly", "audit_unavailable", "busy"}
	refused := 0
	w.each("POST", ids, func(route, path string) {
		for _, form := range []string{"value=true&action_id=" + rand.Text(), "text=x", "label=x", "role=agent", "lang=de", "name=x&lang=de", "shares=true", "notify=true", "grace=4", "do=remove", ""} {
			status, body := ask("POST", path, form, harness.AsProgram)
			if status >= 500 && status != http.StatusServiceUnavailable {
				t.Errorf("%s with %s: %d %s", route, form, status, body)
			}
			if status == http.StatusServiceUnavailable {
				refused++
				if code := codeOf(body); !slices.Contains(unwritten, code) || strings.Contains(body, "went wrong") {
					t.Errorf("%s with %s: %s", route, form, body)
				}
			}
		}
	})
	if refused < 10 {
		t.Errorf("only %d requests needed the database", refused)
	}
	if status, body := ask("POST", "/login", "", harness.AsProgram); status != http.StatusServiceUnavailable || codeOf(body) != "database_readonly" {
		t.Errorf("a sign-in: %d %s", status, body)
	}
	if status, body := ask("GET", "/readyz", ""); status != http.StatusServiceUnavailable || !strings.Contains(body, "read-only") {
		t.Errorf("readyz: %d %s", status, body)
	}
	if status, body := ask("GET", "/healthz", ""); status != http.StatusOK || body != "ok\n" {
		t.Errorf("healthz: %d %q", status, body)
	}
}
