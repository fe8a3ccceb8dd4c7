package acceptance

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// A noteWriter writes one note after the other on a call, until the dashboard is
// gone.
type noteWriter struct {
	row      string
	stored   atomic.Int64 // notes that were confirmed
	finished sync.WaitGroup
}

// maxNoteWrites stays below the number of notes that a call can have.
const maxNoteWrites = 150

func (w *noteWriter) note(n int64) string { return fmt.Sprintf("Note no. %d.", n) }

func (w *noteWriter) start(s *harness.Stack, v *harness.Client) {
	w.finished.Go(func() {
		for n := int64(1); n <= maxNoteWrites; n++ {
			body := strings.NewReader(url.Values{"text": {w.note(n)}}.Encode())
			req, _ := http.NewRequest("POST", s.URL+"/calls/"+w.row+"/notes", body)
			req.Header.Set("Content-Type", harness.FormType)
			req.Header.Set("Origin", s.URL)
			resp, err := v.HTTP.Do(req)
			if err != nil {
				return
			}
			resp.Body.Close()
			if resp.StatusCode == http.StatusSeeOther {
				w.stored.Store(n)
			}
		}
	})
}

// A backup that is made under load, and restored elsewhere after kill -9, has all
// that was confirmed before it was begun: notes and timelines, audit, sessions,
// sign-ins at sipgate, announcements.
func TestRestoreAfterKill(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	anna, jonas := s.SignIn(t, 0), s.SignIn(t, 1)
	anna.Upload("Closed today.wav", harness.ToneWAV(440, 1))
	s.Ring("+4930555002", "w0", "established")
	s.Ring("+4930555003", "w0", "established")
	var writers []*noteWriter
	s.Eventually("rows", func() bool { return len(anna.Rows()) == 2 })
	for _, row := range anna.Rows() {
		writers = append(writers, &noteWriter{row: row})
	}
	anna.Submit("/", "/calls/"+writers[0].row+"/hold", "value=true")
	s.Elapse(1) // until the journal is on the disk
	kinds := kindsOf(anna.Page("/calls/" + writers[0].row))
	audit := strings.Count(anna.Page("/audit.csv"), "\n")
	for _, w := range writers {
		w.start(s, anna)
	}
	s.Eventually("load", func() bool {
		return !slices.ContainsFunc(writers, func(w *noteWriter) bool { return w.stored.Load() < 20 })
	})

	var confirmed []int64
	for _, w := range writers {
		confirmed = append(confirmed, w.stored.Load())
	}
	backup := filepath.Join(t.TempDir(), "copy.db")
	if stdout, stderr, status := harness.Run(t, nil, "backup", "-data", s.Data, backup); status != 0 || !strings.Contains(stdout, filepath.Join(s.Data, "key")) {
		t.Fatalf("backup: %d\n%s%s", status, stdout, stderr)
	}
	if stdout, stderr, status := harness.Run(t, nil, "backup", "-data", s.Data, backup); status != 1 || !strings.Contains(stderr, "never replaces") {
		t.Errorf("to the same file: %d\n%s%s", status, stdout, stderr)
	}
	s.Kill()
	for _, w := range writers {
		w.finished.Wait()
	}

	restoreElsewhere(t, s, backup)
	for i, w := range writers {
		page := anna.Page("/calls/" + w.row)
		for n := range confirmed[i] {
			if !strings.Contains(page, w.note(n+1)) {
				t.Errorf("note %d of %d is missing", n+1, confirmed[i])
			}
		}
	}
	if got := kindsOf(anna.Page("/calls/" + writers[0].row)); len(got) < len(kinds) || !slices.Equal(got[:len(kinds)], kinds) {
		t.Errorf("the timeline is %v, was %v", got, kinds)
	}
	if n := strings.Count(anna.Page("/audit.csv"), "\n"); n < audit+int(confirmed[0]+confirmed[1]) {
		t.Errorf("%d lines in the audit, %d before and %v notes", n, audit, confirmed)
	}
	if !strings.Contains(anna.Page("/announcements"), "Closed today") {
		t.Error("the announcement is missing")
	}
	for _, v := range []*harness.Client{anna, jonas} {
		if status, _ := v.Get("/"); status != http.StatusOK {
			t.Errorf("a member is not signed in any more: %d", status)
		}
	}
	// The sign-in at sipgate goes on: a command needs it.
	s.Eventually("rows after the restore", func() bool { return len(anna.Rows()) == 2 })
	anna.Submit("/", "/calls/"+writers[0].row+"/hold", "value=false")
	if anyHeld(s) {
		t.Error("not resumed")
	}
}

// restoreElsewhere restores a backup to a new directory, beside a copy of the key, and
// starts the dashboard with it.
func restoreElsewhere(t *testing.T, s *harness.Stack, backup string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if _, stderr, status := harness.Run(t, nil, "restore", "-data", dir, backup); status != 1 || !strings.Contains(stderr, "Anna Bergmann") || !strings.Contains(stderr, "Jonas Keller") {
		t.Errorf("without the key: %d\n%s", status, stderr)
	}
	key, err := os.ReadFile(filepath.Join(s.Data, "key"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "key"), key, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if stdout, stderr, status := harness.Run(t, nil, "restore", "-data", dir, backup); status != 0 || !strings.Contains(stdout, "The key fits") {
		t.Fatalf("restore: %d\n%s%s", status, stdout, stderr)
	}
	if _, stderr, status := harness.Run(t, nil, "restore", "-data", dir, backup); status != 1 || !strings.Contains(stderr, "not empty") {
		t.Errorf("a second time: %d\n%s", status, stderr)
	}
	s.Args[slices.Index(s.Args, "-data")+1] = dir
	s.Data = dir
	s.Start()
}
