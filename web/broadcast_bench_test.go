//go:build unix

package web_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"callboard/web"
)

// browsers starts a process with n connections to addr.
func browsers(b *testing.B, addr, path string, n int) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %d", browsersOf, addr, path, n))
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); cmd.Wait() })
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		b.Fatalf("browsers: %s", line)
	}
}

// audience returns Groups with n sockets together, and returns when all have joined.
func audience(b *testing.B, n, groups int) []web.Group {
	p := serve(b, func(o *web.ServerOptions) { o.MaxConns = -1 })
	gs := make([]web.Group, groups)
	joined := make(chan struct{}, n)
	var mu sync.Mutex
	next := 0
	p.handle("GET /feed", func(w http.ResponseWriter, r *http.Request) error {
		return p.srv.OpenSocket(w, r, "", func(k *web.Socket) func() {
			mu.Lock()
			g := &gs[next%groups]
			next++
			mu.Unlock()
			g.Add(k)
			joined <- struct{}{}
			return func() { g.Remove(k) }
		})
	})
	browsers(b, p.addr, "/feed", n)
	for range n {
		<-joined
	}
	return gs
}

// plain returns n connections that are written to without a websocket.
func plain(b *testing.B, n int) []net.Conn {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	accepted := make(chan []net.Conn)
	go func() {
		var all []net.Conn
		for range n {
			c, err := ln.Accept()
			if err != nil {
				break
			}
			all = append(all, c)
		}
		accepted <- all
	}()
	browsers(b, ln.Addr().String(), "-", n)
	ln.Close()
	all := <-accepted
	b.Cleanup(func() {
		for _, c := range all {
			c.Close()
		}
	})
	return all
}

// cpu returns the CPU time of this process.
func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// window is longer than a Group joins broadcasts.
const window = 30 * time.Millisecond

// BenchmarkBroadcast delivers 1 KB to every socket, and in turns the same bytes to
// as many plain connections with one write each. It reports the CPU time of a
// delivery and the ratio of the two.
func BenchmarkBroadcast(b *testing.B) {
	for _, test := range []struct{ sockets, audiences int }{{500, 1}, {500, 20}, {5000, 1}} {
		b.Run(fmt.Sprintf("%d sockets, %d audiences", test.sockets, test.audiences), func(b *testing.B) {
			gs := audience(b, test.sockets, test.audiences)
			conns := plain(b, test.sockets)
			text := bytes.Repeat([]byte("x"), 1<<10)
			f := web.NewFrame(text)
			raw := append(make([]byte, f.Len()-len(text)), text...)
			var ours, theirs time.Duration
			for b.Loop() {
				begin := cpu()
				for i := range gs {
					gs[i].Broadcast(f, nil)
				}
				time.Sleep(window)
				between := cpu()
				for _, c := range conns {
					c.Write(raw)
				}
				time.Sleep(window)
				ours, theirs = ours+between-begin, theirs+cpu()-between
			}
			n := float64(b.N * test.sockets)
			b.ReportMetric(float64(ours.Nanoseconds())/n, "cpu-ns/delivery")
			b.ReportMetric(float64(theirs.Nanoseconds())/n, "cpu-ns/rawwrite")
			b.ReportMetric(float64(ours)/float64(theirs), "ratio")
		})
	}
}

// BenchmarkBurst broadcasts 20 changes at once. It reports the CPU time of a change
// and socket.
func BenchmarkBurst(b *testing.B) {
	const sockets, changes = 500, 20
	g := &audience(b, sockets, 1)[0]
	f := web.NewFrame(bytes.Repeat([]byte("x"), 1<<10))
	var ours time.Duration
	for b.Loop() {
		begin := cpu()
		for range changes {
			g.Broadcast(f, nil)
		}
		time.Sleep(2 * window)
		ours += cpu() - begin
	}
	b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N*sockets*changes), "cpu-ns/change")
}

// BenchmarkIdleSocket reports the memory of an open socket.
func BenchmarkIdleSocket(b *testing.B) {
	const n = 5000
	memory := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	before, resident := memory(), rss()
	audience(b, n, 1)
	b.ReportMetric(float64(memory()-before)/n, "B/socket")
	b.ReportMetric(float64(rss()-resident)/n, "rss-B/socket")
}

// rss returns the resident memory of this process, or 0 where it cannot be read.
func rss() uint64 {
	text, _ := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseUint(fields[1], 10, 64)
	return pages * uint64(os.Getpagesize())
}
