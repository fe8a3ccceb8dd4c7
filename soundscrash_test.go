package main

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
)

// After kill -9 at any moment of an upload there is the whole announcement or
// nothing of it, no file is left over, the audit does not know how it ended
// (unless it did), and the library goes on (F24, I10, I12).
func TestF24UploadKilled(t *testing.T) {
	t.Parallel()
	const seconds = 300 // 4.8 MB as stored
	file := recording{coding: 1, bits: 8, rate: 8000, channels: 1, hz: []float64{440}, seconds: seconds}.file()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part{name: "a.wav", data: file}.write(w)
	head := form.Len() - len(file)
	w.Close()
	for _, c := range []struct {
		name string
		sent int // bytes of the form
		// moment is when the program is killed, once that is sent; nil if the
		// beginning of the deed is on record.
		moment func(s *stack, before int64, answered func() bool) bool
		there  string // "no", "yes" or "either"
	}{
		{"at the first byte", head + 1, nil, "no"},
		{"at half of it", head + len(file)/2, nil, "no"},
		{"before the form's end", head + len(file), nil, "no"},
		{"while it is written", form.Len(), func(s *stack, before int64, answered func() bool) bool {
			return answered() || s.walSize() > before+1<<20
		}, "either"},
		{"afterwards", form.Len(), func(_ *stack, _ int64, answered func() bool) bool { return answered() }, "yes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStack(t)
			s.stop()
			p := launch(t, s.data, s.args...)
			s.await(s.url + "/healthz")
			v := s.visitor(t, 0)
			before := s.walSize()
			body, sender := io.Pipe()
			var answer sync.WaitGroup
			status := make(chan int, 1)
			answer.Go(func() {
				req, _ := http.NewRequest("POST", s.url+"/announcements", body)
				req.Header.Set("Content-Type", w.FormDataContentType())
				req.Header.Set("Origin", s.url)
				if resp, err := v.http.Do(req); err == nil {
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
			s.eventually("the moment", func() bool {
				if c.moment == nil {
					return s.begun(v, "announcements.write")
				}
				return c.moment(s, before, func() bool { return len(status) > 0 })
			})
			p.end(os.Kill)
			sender.CloseWithError(io.ErrClosedPipe)
			answer.Wait()
			s.start()
			_, page := v.get("/announcements")
			ids := soundID.FindAllStringSubmatch(page, -1)
			if c.there == "no" && len(ids) != 0 || c.there == "yes" && len(ids) != 1 || len(ids) > 1 {
				t.Errorf("%d announcements", len(ids))
			}
			for _, id := range ids {
				if n := len(v.stored(id[1])); n != seconds*8000 {
					t.Errorf("%d samples: not the whole of it", n)
				}
			}
			if _, table := v.get("/audit.csv?deed=announcements.write"); len(ids) == 0 && !strings.Contains(table, "unknown") || c.there == "yes" && !strings.Contains(table, "done") {
				t.Errorf("the audit: %s", table)
			}
			s.onlyOwnFiles()
			if status, code, _ := v.add("b.wav", steady(500, 1)); status != http.StatusCreated {
				t.Errorf("afterwards: %d %s", status, code)
			}
		})
	}
}

// walSize is how much was written to the database's log.
func (s *stack) walSize() int64 {
	s.t.Helper()
	names, err := filepath.Glob(filepath.Join(s.data, "*-wal"))
	if err != nil || len(names) != 1 {
		s.t.Fatalf("the database's log: %v, %v", names, err)
	}
	info, err := os.Stat(names[0])
	if err != nil {
		s.t.Fatal(err)
	}
	return info.Size()
}

// onlyOwnFiles fails the test if there is anything in the data directory, which
// is the folder for temporary files too, but the database and the key.
func (s *stack) onlyOwnFiles() {
	s.t.Helper()
	entries, err := os.ReadDir(s.data)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		if n := e.Name(); n != "key" && !strings.Contains(n, ".db") && !strings.Contains(n, "lock") {
			s.t.Errorf("left over: %s", n)
		}
	}
}
