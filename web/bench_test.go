package web_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"callboard/web"
)

const fanout = 200

// BenchmarkFanOut delivers 1 KB to 200 sockets per round; BenchmarkFanOutRaw
// does the same with one write per plain connection. Their ratio is what a
// socket costs.
func BenchmarkFanOut(b *testing.B) {
	p := serve(b)
	var mu sync.Mutex
	var all []chan []byte
	sent := make(chan struct{}, fanout)
	p.handle("GET /feed", func(w http.ResponseWriter, r *http.Request) error {
		mine := make(chan []byte, 1)
		mu.Lock()
		all = append(all, mine)
		mu.Unlock()
		first := true
		return p.srv.Stream(w, r, func(ctx context.Context) ([]byte, error) {
			if !first {
				sent <- struct{}{} // the message before has gone out
			}
			first = false
			select {
			case m := <-mine:
				return m, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		})
	})
	for range fanout {
		c, br := p.rawSocket(b, "/feed")
		go func() { io.Copy(io.Discard, br); c.Close() }()
	}
	for {
		mu.Lock()
		n := len(all)
		mu.Unlock()
		if n == fanout {
			break
		}
		runtime.Gosched()
	}
	message := []byte(strings.Repeat("x", 1024))
	b.ReportAllocs()
	for b.Loop() {
		for _, c := range all {
			c <- message
		}
		for range all {
			<-sent
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*fanout), "ns/delivery")
}

func BenchmarkFanOutRaw(b *testing.B) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	var all []net.Conn
	for range fanout {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		go io.Copy(io.Discard, c)
		s, err := ln.Accept()
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		defer s.Close()
		all = append(all, s)
	}
	message := []byte(strings.Repeat("x", 1028))
	for b.Loop() {
		for _, c := range all {
			c.Write(message)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*fanout), "ns/delivery")
}

// BenchmarkIdleSocket reports the memory of an open socket.
func BenchmarkIdleSocket(b *testing.B) {
	p := serve(b)
	p.feed("/feed")
	memory := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	before := memory()
	const n = 500
	for range n {
		p.rawSocket(b, "/feed")
	}
	b.ReportMetric(float64(memory()-before)/n, "B/socket")
}

// BenchmarkGuard measures what a Guard adds to every request.
func BenchmarkGuard(b *testing.B) {
	h := web.Guard(web.GuardOptions{Log: (&journal{}).logger(), PublicURL: appURL}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	r := httptest.NewRequest("POST", "https://app.example/x", nil)
	r.Header.Set("Origin", "https://app.example")
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
