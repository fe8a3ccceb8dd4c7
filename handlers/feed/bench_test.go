//go:build unix

package feed

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/views"
	"callboard/web"
)

// A crowd is a board with 50 calls and browsers that show it.
type crowd struct {
	feeds *Feeds
	board *switchboard.Board
	names map[string]string // of the callers
	sent  meter             // to each browser
	left  atomic.Int64      // browsers that were cut off
}

// A meter is a Socket that receives the bytes of each message.
type meter chan int

func (m meter) Send(frames ...*web.Frame) {
	for _, f := range frames {
		m <- f.Len()
	}
}

// newCrowd returns a crowd of n browsers that are all connected. In each of the
// audiences, rows look different.
func newCrowd(b *testing.B, n, audiences int) *crowd {
	b.Helper()
	c := &crowd{feeds: New(quiet), board: switchboard.New(switchboard.Options{}), names: map[string]string{}, sent: make(meter, 1000)}
	for i := range 50 {
		c.board.Observe(newCall(fmt.Sprint("call", i), fmt.Sprint("4930", 100+i)))
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	srv := web.NewServer(web.ServerOptions{PublicURL: &url.URL{Scheme: "http", Host: ln.Addr().String()}, MaxConns: -1})
	ctx, stop := context.WithCancel(b.Context())
	done, joined := make(chan error), make(chan error, n)
	var next atomic.Int64
	go func() {
		done <- srv.Serve(ctx, ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			v := c.viewer(int(next.Add(1)) % audiences)
			page, err := c.feeds.Page(c.board, v)
			if err != nil {
				joined <- err
				return
			}
			err = srv.OpenSocket(w, r, "", func(k *web.Socket) func() {
				leave, err := c.feeds.Join(c.board, v, page.Have, k)
				joined <- err
				return func() { c.left.Add(1); leave() }
			})
			if err != nil {
				joined <- err
			}
		}))
	}()
	b.Cleanup(func() {
		stop()
		<-done
		c.feeds.Close()
	})
	browsers(b, ln.Addr().String(), "/feed", n)
	b.Cleanup(func() {
		if n := c.left.Load(); n > 0 {
			b.Errorf("%d browsers were cut off", n)
		}
	})
	for range n {
		if err := <-joined; err != nil {
			b.Fatal(err)
		}
	}
	if _, err := c.feeds.Join(c.board, c.viewer(0), "", c.sent); err != nil {
		b.Fatal(err)
	}
	c.flush()
	return c
}

// viewer returns a viewer of an audience, who may act on no call, for a reason of
// its own.
func (c *crowd) viewer(audience int) *viewer {
	v := newViewer(fmt.Sprint("audience ", audience), views.English)
	for i := range 50 {
		v.denied[fmt.Sprint("+4930", 100+i)] = fmt.Sprint("reason ", audience)
	}
	return v
}

// rename changes one row: that of a call gets a new name.
func (c *crowd) rename(call int, name string) {
	c.names[fmt.Sprint("+4930", 100+call)] = name
	c.board.SetNames(copied(c.names))
}

// flush waits until all changes have been sent, and returns the bytes of each
// message to a browser.
func (c *crowd) flush() (messages []int) {
	c.feeds.do(c.board, func(*Hub) {})
	for len(c.sent) > 0 {
		messages = append(messages, <-c.sent)
	}
	return messages
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

// reading is for how long the browsers may read between two measurements.
const reading = 30 * time.Millisecond

// BenchmarkBroadcast changes one row for every browser, and in turns writes the
// same bytes to as many plain connections, with one write each. It reports the CPU
// time of a message to a browser, rendering included, and the ratio of the two.
func BenchmarkBroadcast(b *testing.B) {
	for _, test := range []struct{ browsers, audiences int }{{500, 1}, {500, 20}, {5000, 1}, {5000, 20}} {
		b.Run(fmt.Sprintf("%d browsers, %d audiences", test.browsers, test.audiences), func(b *testing.B) {
			c := newCrowd(b, test.browsers, test.audiences)
			conns := plain(b, test.browsers)
			var ours, theirs time.Duration
			messages, sent := 0, 0
			for i := 0; b.Loop(); i++ {
				begin := cpu()
				c.rename(i%50, fmt.Sprintf("Caller %06d", i))
				lengths := c.flush()
				ours += cpu() - begin
				time.Sleep(reading)
				begin = cpu()
				for _, n := range lengths {
					message := make([]byte, n)
					for _, conn := range conns {
						conn.Write(message)
					}
					messages, sent = messages+1, sent+n
				}
				theirs += cpu() - begin
				time.Sleep(reading)
			}
			n := float64(messages * test.browsers)
			b.ReportMetric(float64(ours.Nanoseconds())/n, "cpu-ns/message")
			b.ReportMetric(float64(theirs.Nanoseconds())/n, "cpu-ns/rawwrite")
			b.ReportMetric(float64(ours)/float64(theirs), "ratio")
			b.ReportMetric(float64(sent)/float64(messages), "B/message")
		})
	}
}

// BenchmarkBurst changes 20 rows at once. It reports the CPU time of a change and
// browser.
func BenchmarkBurst(b *testing.B) {
	const n, changes = 500, 20
	c := newCrowd(b, n, 1)
	var ours time.Duration
	messages := 0
	for i := 0; b.Loop(); i++ {
		begin := cpu()
		for j := range changes {
			c.rename(j, fmt.Sprintf("Caller %06d", i))
		}
		messages += len(c.flush())
		ours += cpu() - begin
		time.Sleep(reading)
	}
	b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N*n*changes), "cpu-ns/change")
	b.ReportMetric(float64(messages)/float64(b.N), "messages/burst")
}

// BenchmarkIdleSocket reports the memory of a browser that is connected.
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
	c := newCrowd(b, n, 1)
	b.ReportMetric(float64(memory()-before)/n, "B/socket")
	b.ReportMetric(float64(rss()-resident)/n, "rss-B/socket")
	runtime.KeepAlive(c)
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
