package acceptance

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// statusOf returns the status and the body of an answer, 0 if there is none.
func statusOf(url string) (int, string) {
	resp, err := http.Get(url)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

// While the program shuts down and a request is still answered, the listener for
// administrators says that it is alive and not ready. Afterwards it is gone.
func TestNotReadyWhileShuttingDown(t *testing.T) {
	t.Parallel()
	s := harness.NewSimulator(t)
	s.Data = t.TempDir()
	addr := harness.FreeAddr(t)
	p := harness.Launch(t, s.Data, append(s.ServeArgs(s.Simulator), "-admin-addr", addr)...)
	admin := "http://" + addr
	harness.Eventually(t, "ready", func() bool { return harness.Answers(admin+"/readyz") && harness.Answers(s.URL+"/readyz") })

	slow := slowRequest(t, s.URL)
	ended := make(chan error, 1)
	go func() { ended <- p.End(os.Interrupt) }()
	harness.Eventually(t, "not ready", func() bool {
		status, body := statusOf(admin + "/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(body, "restarting")
	})
	if status, body := statusOf(admin + "/healthz"); status != http.StatusOK {
		t.Errorf("healthz meanwhile: %d %s", status, body)
	}
	slow.Close()
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	if status, _ := statusOf(admin + "/healthz"); status != 0 {
		t.Errorf("healthz afterwards: %d", status)
	}
}

// slowRequest returns a connection with a request in progress, whose body does
// not come.
func slowRequest(t *testing.T, url string) net.Conn {
	t.Helper()
	host := strings.TrimPrefix(url, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	// The answer to the first request shows that the second one was read.
	fmt.Fprintf(conn, "GET /healthz HTTP/1.1\r\nHost: %s\r\n\r\nPOST /login HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n", host, host, url)
	in := bufio.NewReader(conn)
	for _, want := range []string{"200", "100"} {
		resp, err := http.ReadResponse(in, nil)
		if err != nil || !strings.HasPrefix(resp.Status, want) {
			t.Fatalf("%v %v, want %s", resp, err, want)
		}
		if want == "200" {
			io.Copy(io.Discard, resp.Body)
		}
	}
	return conn
}

// The log of the program goes to its file, and at SIGHUP to a new one. Without an
// access log, requests are not in it. Its level can be set while it runs.
func TestLogOfTheProgram(t *testing.T) {
	t.Parallel()
	s := harness.NewSimulator(t)
	s.Data = t.TempDir()
	admin, name := harness.FreeAddr(t), filepath.Join(t.TempDir(), "callboard.log")
	p := harness.Launch(t, s.Data, append(s.ServeArgs(s.Simulator), "-admin-addr", admin, "-log-file", name, "-access-log=false", "-log", "json")...)
	logged := func() string { b, _ := os.ReadFile(name); return string(b) }
	harness.Eventually(t, "ready", func() bool { return harness.Answers(s.URL + "/readyz") })
	if err := os.Rename(name, name+".1"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(p.PID(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, "a new log file", func() bool { return strings.Contains(logged(), "log file opened anew") })
	setLevel := func(level string) {
		t.Helper()
		req, err := http.NewRequest("PUT", "http://"+admin+"/log-level", strings.NewReader(level))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if resp.Body.Close(); resp.StatusCode != http.StatusOK {
			t.Errorf("set the level %s: %s", level, resp.Status)
		}
	}
	setLevel("debug")
	if status, level := statusOf("http://" + admin + "/log-level"); status != 200 || level != "debug\n" {
		t.Errorf("the level: %d %q", status, level)
	}
	if err := p.End(os.Interrupt); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if log := logged(); !strings.Contains(log, `"msg":"log level set"`) || strings.Contains(log, `"msg":"request"`) {
		t.Errorf("the log file:\n%s", log)
	}
	if out := p.Log(4000); strings.Contains(out, "level") || !strings.Contains(out, "Callboard is at "+s.URL) {
		t.Errorf("standard output and error:\n%s", out)
	}
}
