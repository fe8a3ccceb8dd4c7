//go:build linux

package acceptance

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callboard/handlers/acceptance/harness"
)

// BenchmarkPageAgainstFile gets the board with 50 calls and, in turns, the same
// bytes from an http.FileServer in a process of its own. It reports the CPU time
// of an answer of either, and the median of the ratios.
//
//	go test ./handlers/acceptance -run '^$' -bench PageAgainstFile -benchtime 3x
func BenchmarkPageAgainstFile(b *testing.B) {
	s := harness.NewPlain(b)
	v := s.SignIn(b, 0)
	for i := range 50 {
		s.Ring(fmt.Sprintf("+4930%07d", 5550000+i), "w0", "established")
	}
	s.Eventually("50 rows", func() bool { return len(v.Rows()) == 50 })
	for _, encoding := range []string{"identity", "gzip"} {
		b.Run(encoding, func(b *testing.B) {
			page := pageServer{v.HTTP, s.URL + "/", encoding, s.PID()}
			dir := b.TempDir()
			body := page.get(b)
			if err := os.WriteFile(filepath.Join(dir, "page"), body, 0o600); err != nil {
				b.Fatal(err)
			}
			file := serveFiles(b, dir)
			const answers = 1000
			page.cpuPer(b, answers)
			file.cpuPer(b, answers)
			var ours, theirs time.Duration
			var ratios []float64
			for b.Loop() {
				o, t := page.cpuPer(b, answers), file.cpuPer(b, answers)
				ours, theirs, ratios = ours+o, theirs+t, append(ratios, float64(o)/float64(t))
			}
			slices.Sort(ratios)
			n := float64(len(ratios)) * 1000
			b.ReportMetric(float64(ours.Nanoseconds())/n, "cpu-µs/page")
			b.ReportMetric(float64(theirs.Nanoseconds())/n, "cpu-µs/file")
			b.ReportMetric(ratios[len(ratios)/2], "ratio")
			b.ReportMetric(float64(len(body))/1000, "kB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// A pageServer answers a request, in a process.
type pageServer struct {
	client        *http.Client
	url, encoding string
	pid           int
}

func (p pageServer) get(b *testing.B) []byte {
	req, err := http.NewRequest("GET", p.url, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", p.encoding)
	resp, err := p.client.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.Fatal(resp.Status, err)
	}
	return body
}

// cpuPer returns the CPU time of the process for each of n answers.
func (p pageServer) cpuPer(b *testing.B, n int) time.Duration {
	before := p.cpu(b)
	for range n {
		p.get(b)
	}
	return (p.cpu(b) - before) / time.Duration(n)
}

// cpu returns the CPU time of the process, by its clock: see clock_getcpuclockid(3).
func (p pageServer) cpu(b *testing.B) time.Duration {
	const ofAllThreads = 2
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^p.pid<<3|ofAllThreads), &t); err != nil {
		b.Fatal(err)
	}
	return time.Duration(t.Nano())
}

// servedFiles is the directory that this process is to serve instead of testing.
const servedFiles = "CALLBOARD_BENCH_FILES"

// serveFiles serves a directory in a process of its own.
func serveFiles(b *testing.B, dir string) pageServer {
	addr := harness.FreeAddr(b)
	cmd := exec.Command(os.Args[0], "-test.run", "^TestServeFiles$")
	cmd.Env = append(os.Environ(), servedFiles+"="+dir, "CALLBOARD_BENCH_ADDR="+addr)
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	url := "http://" + addr + "/page"
	harness.Eventually(b, "files are served", func() bool { return harness.Answers(url) })
	return pageServer{http.DefaultClient, url, "identity", cmd.Process.Pid}
}

// TestServeFiles is the process of serveFiles.
func TestServeFiles(t *testing.T) {
	dir := os.Getenv(servedFiles)
	if dir == "" {
		t.Skip("only for BenchmarkPageAgainstFile")
	}
	t.Fatal(http.ListenAndServe(os.Getenv("CALLBOARD_BENCH_ADDR"), http.FileServer(http.Dir(dir))))
}
