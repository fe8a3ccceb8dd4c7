//go:build unix

package forward_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"callboard/web"
	"callboard/web/forward"
)

// What other processes do in a benchmark: the browsers, and the home of a socket
// that is passed on. Only the process of the benchmark is measured.
const (
	roleVariable = "FORWARD_BENCH_ROLE"
	atVariable   = "FORWARD_BENCH_AT"
	benchSockets = 200
)

var benchFrame = web.NewFrame([]byte(strings.Repeat("x", 600))) // a row

// browsers opens sockets at an address and says on its output how many frames came.
func browsers(addr string) {
	var opened, all sync.WaitGroup
	var mu sync.Mutex
	got := 0
	for range benchSockets {
		opened.Add(1)
		all.Go(func() {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				panic(err)
			}
			fmt.Fprintf(c, "GET /feed?team=red HTTP/1.1\r\nHost: app.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
				"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://app.example\r\n\r\n")
			br := bufio.NewReader(c)
			if resp, err := http.ReadResponse(br, nil); err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
				panic(fmt.Sprint(resp, err))
			}
			opened.Done()
			for buf := make([]byte, benchFrame.Len()); ; {
				if _, err := io.ReadFull(br, buf); err != nil {
					return
				}
				mu.Lock()
				if got++; got%benchSockets == 0 {
					fmt.Println("all")
				}
				mu.Unlock()
			}
		})
	}
	opened.Wait()
	fmt.Println("open")
	all.Wait()
}

// A crowd are sockets of a node that all get what is sent.
type crowd struct {
	mu  sync.Mutex
	all []*web.Socket
}

func (c *crowd) join(n *node) {
	n.mux.HandleFunc("/feed", func(w http.ResponseWriter, r *http.Request) {
		n.server.OpenSocket(w, r, "", func(k *web.Socket) func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.all = append(c.all, k)
			return nil
		})
	})
}

func (c *crowd) send() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.all {
		k.Send(benchFrame)
	}
}

// home serves a team's sockets, and sends with each line of its input.
func home() {
	s, c := newSite(new(testing.B)), &crowd{}
	n := s.addNode("b", c.join)
	s.settle("red", "b")
	fmt.Println(s.addrs["b"])
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		c.send()
	}
	n.stop()
}

// inRole does what this process is started for, if it is not to test.
func inRole() bool {
	switch os.Getenv(roleVariable) {
	case "browsers":
		browsers(os.Getenv(atVariable))
	case "home":
		home()
	default:
		return false
	}
	return true
}

// start starts this program in a role. line returns its next line of output, tell
// writes to its input.
func start(b *testing.B, role, at string) (line func() string, tell func()) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"="+role, atVariable+"="+at)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	return func() string {
		if !lines.Scan() {
			b.Fatalf("%s ended", role)
		}
		return lines.Text()
	}, func() { io.WriteString(in, "\n") }
}

// cpu returns the processor time of this process.
func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkDelivery measures the processor time for a frame to one browser, of the
// node to which the browser is connected: the home, and a node between.
func BenchmarkDelivery(b *testing.B) {
	measure := func(b *testing.B, n *node, send func()) {
		line, _ := start(b, "browsers", strings.TrimPrefix(n.url, "http://"))
		if got := line(); got != "open" {
			b.Fatal(got)
		}
		before := cpu()
		for b.Loop() {
			send()
			line()
		}
		b.ReportMetric(float64(cpu()-before)/float64(b.N*benchSockets), "cpu-ns/delivery")
	}
	b.Run("direct", func(b *testing.B) {
		s, c := newSite(b), &crowd{}
		n := s.addNode("a", c.join)
		s.settle("red", "a")
		measure(b, n, c.send)
	})
	b.Run("between", func(b *testing.B) {
		s := newSite(b)
		n := s.addNode("a", echo)
		line, tell := start(b, "home", "")
		s.addrs["b"] = line()
		s.settle("red", "b")
		measure(b, n, tell)
	})
}

// BenchmarkRequest measures how long a click takes at home and through another node.
func BenchmarkRequest(b *testing.B) {
	s := newSite(b)
	a, _ := s.addNode("a", echo), s.addNode("b", echo)
	s.settle("red", "a")
	s.settle("blue", "b")
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	for team, name := range map[string]string{"red": "home", "blue": "through"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r, _ := http.NewRequest("POST", a.url+"/echo?team="+team, strings.NewReader("value=true"))
				r.Host = s.public.Host
				r.Header.Set("Origin", s.public.String())
				resp, err := transport.RoundTrip(r)
				if err != nil {
					b.Fatal(err)
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
}

var _ forward.Homes = (*view)(nil)
