package acceptance

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// Benchmarks of the program as a whole:
//
//	go test -run '^$' -bench . ./handlers/acceptance

// BenchmarkStart measures the time from the start of the program to its first
// answer, with a new data directory, and its memory without any user.
func BenchmarkStart(b *testing.B) {
	harness.Program(b) // is built now
	var memory float64
	for b.Loop() {
		b.StopTimer()
		dir, addr := b.TempDir(), harness.FreeAddr(b)
		b.StartTimer()
		p := harness.Launch(b, dir, "-addr", addr, "-public-url", "http://"+addr, "-client-id", "id", "-client-secret", "secret")
		for {
			resp, err := http.Get("http://" + addr + "/login")
			if err == nil {
				resp.Body.Close()
				break
			}
		}
		b.StopTimer()
		memory = residentMB(b, p.PID())
		p.End(os.Kill)
		b.StartTimer()
	}
	b.ReportMetric(memory, "MB-idle")
}

// residentMB returns the resident memory of a process on Linux.
func residentMB(b *testing.B, pid int) (mb float64) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skip("memory is read from /proc, which is not here")
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	fmt.Sscan(after, &mb)
	return mb / 1024
}

// BenchmarkBoardPage measures the board with 50 calls, and the size of a first
// visit with all files of the page.
func BenchmarkBoardPage(b *testing.B) {
	s := harness.New(b)
	v := s.SignIn(b, 0)
	for i := range 50 {
		s.Ring(fmt.Sprintf("+4930%07d", 5550000+i), "w0", "established")
	}
	s.Eventually("50 rows", func() bool { return len(v.Rows()) == 50 })
	_, page := v.Get("/")
	weight := gzipped(b, page)
	for _, m := range asset.FindAllStringSubmatch(page, -1) {
		weight += gzipped(b, string(s.Get(s.URL+m[1])))
	}
	for b.Loop() {
		if status, _ := v.Get("/"); status != http.StatusOK {
			b.Fatal(status)
		}
	}
	b.ReportMetric(float64(weight)/1000, "kB-first-visit")
	b.ReportMetric(float64(len(page))/1000, "kB-page")
}

// BenchmarkHistory measures a history of 1,000 entries: a page without filters,
// pages that sipgate filters, pages that Callboard filters, one that finds
// nothing, the table, and recent entries.
func BenchmarkHistory(b *testing.B) {
	s := harness.New(b)
	s.FillHistory(1000)
	lead, member := s.SignIn(b, 0), s.SignIn(b, 1)
	for name, test := range map[string]struct {
		v    *harness.Client
		path string
	}{
		"all": {lead, "/history"}, "own": {member, "/history"}, "missed": {lead, "/history?missed=true"}, "number": {lead, "/history?phonenumber=%2B496990009640"},
		"unread": {lead, "/history?unread=true"}, "text": {lead, "/history?q=wiegand"}, "nothing": {lead, "/history?q=nothing+of+the+kind"},
		"member": {lead, "/history?member=w1"}, "table": {lead, "/history.csv"}, "news": {lead, "/history/news?after=1"},
	} {
		b.Run(name, func(b *testing.B) {
			before := s.Requests("GET", "/v2/history")
			n := 0
			for b.Loop() {
				n++
				if status, _ := test.v.Get(test.path); status != http.StatusOK && status != http.StatusNoContent {
					b.Fatal(status)
				}
			}
			b.ReportMetric(float64(s.Requests("GET", "/v2/history")-before)/float64(n), "requests/op")
		})
	}
}

func gzipped(b *testing.B, data string) int {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := io.WriteString(w, data); err != nil {
		b.Fatal(err)
	}
	w.Close()
	return buf.Len()
}

// BenchmarkRequestsToSipgate counts the requests to sipgate, which must not
// depend on the number of open pages.
func BenchmarkRequestsToSipgate(b *testing.B) {
	for _, pages := range []int{1, 50} {
		b.Run(fmt.Sprintf("pages=%d", pages), func(b *testing.B) {
			s := harness.New(b)
			who := []*harness.Client{s.SignIn(b, 0), s.SignIn(b, 1), s.SignIn(b, 2)}
			s.Ring("+4930555001", "w0", "established")
			for i := range pages {
				who[i%len(who)].Listen(b)
			}
			s.Elapse(3)
			for b.Loop() {
				before := s.Requests("GET", "/v2/calls")
				s.Elapse(12)
				b.ReportMetric(float64(s.Requests("GET", "/v2/calls")-before)*5, "requests/min")
			}
		})
	}
}
