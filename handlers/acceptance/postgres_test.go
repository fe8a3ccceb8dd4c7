package acceptance

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"callboard/handlers/acceptance/harness"
	"callboard/web/database/databasetest"
)

// With PostgreSQL the program does what it does with a file: what was done is still there
// after a restart of the program. While PostgreSQL is away, pages say so; when it is
// back, so are they, and sessions go on.
func TestOnPostgres(t *testing.T) {
	t.Parallel()
	server := databasetest.OwnPostgres(t)
	s := harness.New(t)
	s.Stop()
	s.Args = append(s.Args, "-database", server.URL.String())
	if err := os.Remove(filepath.Join(s.Data, "callboard.db")); err != nil {
		t.Fatal(err)
	}
	s.Start()
	anna := s.SignIn(t, 0)
	anna.Upload("Closed today.wav", harness.ToneWAV(440, 1))
	s.Ring("+4930555002", "w0", "established")
	s.Eventually("row", func() bool { return len(anna.Rows()) == 1 })
	row := anna.Rows()[0]
	anna.Submit("/", "/calls/"+row+"/hold", "value=true")
	note := url.Values{"text": {"Calls back."}}.Encode()
	if status, page := anna.Post("/calls/"+row+"/notes", note); status != http.StatusSeeOther {
		t.Fatalf("note: %d %s", status, page)
	}
	s.Elapse(1) // until the journal is on the disk
	kinds := kindsOf(anna.Page("/calls/" + row))
	s.Restart()
	isThere := func() {
		t.Helper()
		s.Eventually("row", func() bool { return len(anna.Rows()) == 1 })
		page := anna.Page("/calls/" + row)
		if got := kindsOf(page); !strings.Contains(page, "Calls back.") || len(got) < len(kinds) || !slices.Equal(got[:len(kinds)], kinds) || !slices.Contains(kinds, "held") {
			t.Errorf("the timeline is %v, was %v", got, kinds)
		}
		if !strings.Contains(anna.Page("/announcements"), "Closed today") || !strings.Contains(anna.Page("/audit.csv"), "Anna") {
			t.Error("the announcement or the audit is missing")
		}
	}
	isThere()
	if _, err := os.Stat(filepath.Join(s.Data, "callboard.db")); err == nil {
		t.Error("there is a file")
	}

	// A second program that knows of no other nodes would act for the same teams.
	data, own := t.TempDir(), slices.Clone(s.Args)
	own[slices.Index(own, "-addr")+1], own[slices.Index(own, "-data")+1] = harness.FreeAddr(t), data
	second := harness.Launch(t, data, own...)
	if err := second.Wait(); err == nil || !strings.Contains(second.Log(2000), "another Callboard uses this database") {
		t.Errorf("a second program: %v\n%s", err, second.Log(2000))
	}
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if status, body := anna.Post("/calls/"+row+"/notes", note, harness.AsProgram); status != http.StatusServiceUnavailable || codeOf(body) != "database_gone" {
		t.Errorf("a note: %d %s", status, body)
	}
	if status, body := anna.Get("/announcements"); status != http.StatusServiceUnavailable || !strings.Contains(body, `data-error="database_gone"`) {
		t.Errorf("the announcements: %d %s", status, body)
	}
	s.Eventually("readyz 503", func() bool { status, _ := anna.Get("/readyz"); return status == http.StatusServiceUnavailable })
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	s.Eventually("readyz 200", func() bool { status, _ := anna.Get("/readyz"); return status == http.StatusOK })
	isThere()
	t.Logf("back after %v", time.Since(back))
	if strings.Contains(s.Log(1<<20), "panic") {
		t.Error(s.Log(4000))
	}
}

// Commands about files say what to do with PostgreSQL instead.
func TestCommandsOnPostgres(t *testing.T) {
	t.Parallel()
	const address = "postgres://u:hunter2@localhost:1/d"
	env := []string{"CALLBOARD_DATABASE=" + address}
	for name, args := range map[string][]string{
		"backup":  {"backup", "x.db"},
		"restore": {"restore", "x.db"},
		"daily":   {"serve", "-client-id", "x", "-client-secret", "x", "-public-url", "http://localhost:8080", "-backup-dir", "x"},
	} {
		if _, stderr, status := harness.Run(t, env, args...); status != 1 || !strings.Contains(stderr, "pg_dump") || strings.Contains(stderr, "hunter2") {
			t.Errorf("%s: %d\n%s", name, status, stderr)
		}
	}
	for name, value := range map[string]string{"no database": address, "no address": "postgres://u:hunter2@h:x/d"} {
		_, stderr, status := harness.Run(t, []string{"CALLBOARD_DATABASE=" + value}, "erase", "+49301234567")
		if status != 1 || strings.Contains(stderr, "hunter2") {
			t.Errorf("%s: %d\n%s", name, status, stderr)
		}
	}
}

// The doctor examines a PostgreSQL database, and names no password.
func TestDoctorOnPostgres(t *testing.T) {
	t.Parallel()
	address := databasetest.Postgres(t)
	s := harness.New(t)
	s.Stop()
	s.Args = append(s.Args, "-database", address)
	s.Start()
	s.SignIn(t, 0)
	args := append([]string{"doctor"}, s.Args[1:]...)
	stdout, stderr, _ := harness.Run(t, nil, args...)
	for _, want := range []string{"It is whole", "up to date, in use by ", "Stored sign-ins at sipgate: 1", "pg_dump"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("without %q:\n%s%s", want, stdout, stderr)
		}
	}
	stdout, _, _ = harness.Run(t, nil, "doctor", "-database", "postgres://u:hunter2@127.0.0.1:1/d")
	if !strings.Contains(stdout, "refused") || strings.Contains(stdout, "hunter2") {
		t.Error(stdout)
	}
}
