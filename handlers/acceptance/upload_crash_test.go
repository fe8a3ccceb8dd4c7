package acceptance

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// After kill -9 at any moment of an upload there is the whole announcement or
// nothing of it, no file is left over, the audit has the outcome or "unknown",
// and the library works.
func TestKilledDuringUpload(t *testing.T) {
	t.Parallel()
	const seconds = 180 // 2.9 MB as stored, more than the database keeps in memory
	file := harness.WAV{Coding: 1, Bits: 8, Rate: 8000, Channels: 1, Hz: []float64{440}, Seconds: seconds}.Bytes()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	harness.Part{Name: "a.wav", Data: file}.Write(w)
	head := form.Len() - len(file)
	w.Close()
	for _, c := range []struct {
		name string
		sent int // bytes of the form
		// moment is when the program is killed, once that is sent; nil if the
		// beginning of the deed is on record.
		moment func(s *harness.Stack, before int64, answered func() bool) bool
		there  string // "no", "yes" or "either"
	}{
		{"at the first byte", head + 1, nil, "no"},
		{"at half of it", head + len(file)/2, nil, "no"},
		{"before the form's end", head + len(file), nil, "no"},
		{"while it is written", form.Len(), func(s *harness.Stack, before int64, answered func() bool) bool {
			return answered() || walSize(s) > before+1<<20
		}, "either"},
		{"afterwards", form.Len(), func(_ *harness.Stack, _ int64, answered func() bool) bool { return answered() }, "yes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := harness.NewPlain(t)
			v := s.SignIn(t, 0)
			before := walSize(s)
			body, sender := io.Pipe()
			var answer sync.WaitGroup
			status := make(chan int, 1)
			answer.Go(func() {
				req, _ := http.NewRequest("POST", s.URL+"/announcements", body)
				req.Header.Set("Content-Type", w.FormDataContentType())
				req.Header.Set("Origin", s.URL)
				if resp, err := v.HTTP.Do(req); err == nil {
					status <- resp.StatusCode
					resp.Body.Close()
				}
			})
			answer.Go(func() {
				sender.Write(form.Bytes()[:c.sent])
				if c.sent == form.Len() {
					sender.Close()
				}
			})
			s.Eventually("the moment", func() bool {
				if c.moment == nil {
					return audited(s, v, "announcements.write")
				}
				return c.moment(s, before, func() bool { return len(status) > 0 })
			})
			s.Kill()
			sender.CloseWithError(io.ErrClosedPipe)
			answer.Wait()
			s.Start()
			_, page := v.Get("/announcements")
			ids := soundID.FindAllStringSubmatch(page, -1)
			if c.there == "no" && len(ids) != 0 || c.there == "yes" && len(ids) != 1 || len(ids) > 1 {
				t.Errorf("%d announcements", len(ids))
			}
			for _, id := range ids {
				if n := len(storedSamples(v, id[1])); n != seconds*8000 {
					t.Errorf("%d samples: not the whole of it", n)
				}
			}
			if _, table := v.Get("/audit.csv?deed=announcements.write"); len(ids) == 0 && !strings.Contains(table, "unknown") || c.there == "yes" && !strings.Contains(table, "done") {
				t.Errorf("the audit: %s", table)
			}
			checkOnlyOwnFiles(s)
			if status, code, _ := addAnnouncement(v, "b.wav", harness.Steady(500, 1)); status != http.StatusCreated {
				t.Errorf("afterwards: %d %s", status, code)
			}
		})
	}
}

// walSize returns the size of the database's write-ahead log.
func walSize(s *harness.Stack) int64 {
	s.T.Helper()
	names, err := filepath.Glob(filepath.Join(s.Data, "*-wal"))
	if err != nil || len(names) != 1 {
		s.T.Fatalf("the database's log: %v, %v", names, err)
	}
	info, err := os.Stat(names[0])
	if err != nil {
		s.T.Fatal(err)
	}
	return info.Size()
}

// checkOnlyOwnFiles checks that the data directory, which is also the directory
// of temporary files, holds the database and the key only.
func checkOnlyOwnFiles(s *harness.Stack) {
	s.T.Helper()
	entries, err := os.ReadDir(s.Data)
	if err != nil {
		s.T.Fatal(err)
	}
	for _, e := range entries {
		if n := e.Name(); n != "key" && !strings.Contains(n, ".db") && !strings.Contains(n, "lock") {
			s.T.Errorf("left over: %s", n)
		}
	}
}
