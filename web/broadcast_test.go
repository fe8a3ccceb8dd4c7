package web_test

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"callboard/web"
)

// A message is a frame as a browser reads it.
type message struct {
	first   byte
	payload string
}

// readMessage reads one whole frame. It returns io.EOF at the end of a frame and
// another error within one.
func readMessage(br *bufio.Reader) (m message, err error) {
	if m.first, err = br.ReadByte(); err != nil {
		return m, io.EOF
	}
	short, err := br.ReadByte()
	n := uint64(short)
	var long [8]byte
	switch {
	case err != nil:
		return m, io.ErrUnexpectedEOF
	case n == 126:
		_, err = io.ReadFull(br, long[6:])
		n = binary.BigEndian.Uint64(long[:])
	case n == 127:
		_, err = io.ReadFull(br, long[:])
		n = binary.BigEndian.Uint64(long[:])
	}
	if err != nil || n > 1<<24 {
		return m, io.ErrUnexpectedEOF
	}
	payload := make([]byte, n)
	if _, err = io.ReadFull(br, payload); err != nil {
		return m, io.ErrUnexpectedEOF
	}
	m.payload = string(payload)
	return m, nil
}

// A reader is a browser of one kind in TestEveryBrowserReadsABeginning.
type reader struct {
	conn  net.Conn
	br    *bufio.Reader
	stops bool // stops reading after the greeting, until the others are done
	limit int  // after so many frames it does what leaves says; 0: it reads all
	leave func(net.Conn)

	caughtUp chan bool // receives once for each frame that asks for it, and false at the end
	others   <-chan struct{}
}

// run reads to the end and reports what is wrong.
func (r *reader) run(t *testing.T, name string, total int) {
	defer r.conn.Close()
	if r.limit == 0 && !r.stops {
		defer func() { r.caughtUp <- false }()
	}
	for _, want := range []string{"hello", "there"} {
		if m, err := readMessage(r.br); err != nil || m.payload != want {
			t.Errorf("%s: greeting: %v, %v, want %q", name, m, err, want)
		}
	}
	if r.stops {
		<-r.others
	}
	next, closed := 0, false
	for {
		m, err := readMessage(r.br)
		if err != nil {
			if all := r.limit == 0 && !r.stops; all && next != total || err != io.EOF && all {
				t.Errorf("%s: %d of %d frames, then %v", name, next, total, err)
			}
			return
		}
		switch {
		case closed:
			t.Fatalf("%s: %x after the close frame", name, m.first)
		case m.first == closeFrame:
			closed = true
			r.conn.Write(frame{first: closeFrame, payload: m.payload[:2]}.bytes())
			continue
		case m.first == pong:
			continue
		case m.first != text:
			t.Fatalf("%s: a frame begins with %x", name, m.first)
		}
		number, rest, _ := strings.Cut(m.payload, " ")
		if number != fmt.Sprint(next) || strings.Trim(rest, "x!") != "" {
			t.Fatalf("%s: %.20q, want %d", name, m.payload, next)
		}
		next++
		if r.limit == 0 && !r.stops && strings.HasSuffix(rest, "!") {
			r.caughtUp <- true
		}
		if next == r.limit {
			r.leave(r.conn)
		}
	}
}

// lengths of frames: those where the header or the number of writes changes.
var lengths = []int{125, 126, 127, 1 << 10, 4 << 10, 1<<16 - 1, 1 << 16, 70_000}

// TestEveryBrowserReadsABeginning: whatever browsers do while frames of all lengths
// are sent to all of them, each gets them in order, whole, none twice and without a
// gap. One that reads gets all of them, also if the others do not read, and if up
// to 64 KiB wait for it.
func TestEveryBrowserReadsABeginning(t *testing.T) {
	for name, test := range map[string]struct {
		tune  []any
		total int
	}{
		"plain": {nil, 10_000},
		"TLS":   {[]any{overTLS}, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, test.tune...)
			joined, left := p.joins("/feed")
			readers, done := map[string]*reader{}, make(chan struct{})
			var sockets []*web.Socket
			caughtUp := make(chan bool, 100)
			add := func(name string, limit int, leave func(net.Conn)) *reader {
				c, br := p.rawSocket(t, "/feed")
				r := &reader{conn: c, br: br, limit: limit, leave: leave, caughtUp: caughtUp, others: done}
				readers[name] = r
				k := <-joined
				k.Send(frameOf("hello"), frameOf("there"))
				sockets = append(sockets, k)
				return r
			}
			const reading = 4
			for i := range reading {
				add(fmt.Sprint("reads ", i), 0, nil)
			}
			readers["reads 0"].br = bufio.NewReaderSize(readers["reads 0"].br, 16) // in small pieces
			for i := range 4 {
				add(fmt.Sprint("stops ", i), 0, nil).stops = true
				add(fmt.Sprint("goes ", i), 100*i+1, func(c net.Conn) { c.Close() })
				add(fmt.Sprint("closes ", i), 70*i+1, func(c net.Conn) {
					c.Write(frame{first: closeFrame, payload: "\x03\xe8"}.bytes())
				})
				add(fmt.Sprint("talks ", i), 60*i+1, func(c net.Conn) { c.Write(frame{first: text, payload: "x"}.bytes()) })
				add(fmt.Sprint("pings ", i), 50*i+1, func(c net.Conn) { c.Write(frame{first: ping, payload: "x"}.bytes()) })
			}
			var all sync.WaitGroup
			for name, r := range readers {
				all.Go(func() { r.run(t, name, test.total) })
			}
			random := rand.New(rand.NewPCG(1, 2))
			behind := 0   // bytes that a browser may not have read
			alive := true // all that read do
			for i := 0; i < test.total && alive; i++ {
				length := 20 + random.IntN(200)
				if random.IntN(100) == 0 {
					length = lengths[random.IntN(len(lengths))]
				}
				text := fmt.Sprint(i, " ")
				text += strings.Repeat("x", length-len(text)-1)
				behind += length
				round := behind > 32<<10 || i == test.total-1
				if round {
					text += "!"
				} else {
					text += "x"
				}
				f := frameOf(text)
				for _, k := range sockets {
					k.Send(f)
				}
				if round {
					for range reading {
						alive = <-caughtUp && alive
					}
					behind = 0
				}
			}
			close(done)
			for _, k := range sockets {
				k.Close(&web.CloseError{Code: 1000})
			}
			all.Wait()
			for range readers {
				<-left
			}
		})
	}
}

// overTLS makes a program do TLS itself.
func overTLS(ln net.Listener) net.Listener {
	ts := httptest.NewUnstartedServer(nil)
	ts.StartTLS()
	defer ts.Close()
	return tls.NewListener(ln, &tls.Config{Certificates: ts.TLS.Certificates})
}
