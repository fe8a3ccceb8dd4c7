package acceptance

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
	"callboard/web/database/databasetest"
)

// An installation moves to PostgreSQL with all that it has: sessions, sign-ins at
// sipgate, calls, notes, announcements, the audit. The file stays as it was.
func TestMoveToPostgres(t *testing.T) {
	t.Parallel()
	address := databasetest.Postgres(t)
	s := harness.New(t)
	anna := s.SignIn(t, 0)
	anna.Upload("Closed today.wav", harness.ToneWAV(440, 1))
	s.Ring("+4930555002", "w0", "established")
	s.Eventually("row", func() bool { return len(anna.Rows()) == 1 })
	row := anna.Rows()[0]
	anna.Submit("/", "/calls/"+row+"/hold", "value=true")
	if status, page := anna.Post("/calls/"+row+"/notes", "text=Calls+back."); status != http.StatusSeeOther {
		t.Fatalf("note: %d %s", status, page)
	}
	s.Elapse(1) // until the journal is on the disk
	kinds := kindsOf(anna.Page("/calls/" + row))

	args := []string{"migrate", "-data", s.Data, "-to", address}
	if _, stderr, status := harness.Run(t, nil, args...); status != 1 || !strings.Contains(stderr, "in use by pid") {
		t.Errorf("while it runs: %d\n%s", status, stderr)
	}
	s.Stop()
	file := filepath.Join(s.Data, "callboard.db")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr, status := harness.Run(t, nil, args...)
	if status != 0 || !strings.Contains(stdout, "announcement_audio                 1 rows, the same in both") || !strings.Contains(stdout, "Set CALLBOARD_DATABASE") {
		t.Fatalf("%d\n%s%s", status, stdout, stderr)
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("the file was changed, or %v", err)
	}
	s.Args = append(s.Args, "-database", address)
	s.Start()
	s.Eventually("row", func() bool { return len(anna.Rows()) == 1 })
	page := anna.Page("/calls/" + row)
	if got := kindsOf(page); !strings.Contains(page, "Calls back.") || len(got) < len(kinds) || !slices.Equal(got[:len(kinds)], kinds) {
		t.Errorf("the timeline is %v, was %v", got, kinds)
	}
	if !strings.Contains(anna.Page("/announcements"), "Closed today") || !strings.Contains(anna.Page("/audit.csv"), "Anna") {
		t.Error("the announcement or the audit is missing")
	}
	anna.Submit("/", "/calls/"+row+"/hold", "value=false") // with the grant that was moved
}
