package web

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"syscall"
	"testing"
)

// connection returns both ends of a connection, over TCP, or in memory where a wire
// cannot write without waiting.
func connection(t *testing.T, memory bool) (client, server net.Conn) {
	t.Helper()
	if memory {
		return net.Pipe()
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err = net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err = ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return client, server
}

// What a script of FuzzWire does.
const (
	opSend    = iota // a frame with a length that follows
	opControl        // a control frame of the library
	opRead           // lets the client read once
	opSeal           // the last frame
	opPing
	opVanish // the client is gone
	ops
)

// FuzzWire: whatever is sent, read and closed in whichever order, the client gets
// what was accepted, byte for byte, up to the last frame, or a beginning of it if
// it was cut off.
func FuzzWire(f *testing.F) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 30 {
		script := make([]byte, 100)
		for i := range script {
			script[i] = byte(random.UintN(256))
		}
		f.Add(script, random.IntN(2) == 0)
	}
	send := bytes.Repeat([]byte{opSend, 255}, 20)
	f.Add(send, false)                                          // too much for a client that does not read
	f.Add(append(bytes.Clone(send[:4]), opSeal, opSend), false) // a last frame behind one that is being written
	f.Add([]byte{opSend, 200, opControl, opSend, 3, opSeal, opControl}, true)
	f.Fuzz(func(t *testing.T, script []byte, memory bool) {
		client, server := connection(t, memory)
		w := newWire(server, nil)
		may, got := make(chan struct{}, len(script)), make(chan []byte)
		go func() {
			var all []byte
			buf := make([]byte, 20_000)
			for range may {
				n, err := client.Read(buf)
				if all = append(all, buf[:n]...); err != nil {
					got <- all
					return
				}
			}
			rest, _ := io.ReadAll(client)
			got <- append(all, rest...)
		}()
		var want []byte
		sealed, cut := false, false
		accept := func(b []byte, ok bool) {
			if ok {
				want = append(want, b...)
			} else if !sealed {
				cut = true
			}
			if ok && sealed {
				t.Error("a frame was accepted after the last one")
			}
		}
		for i := 0; i < len(script); i++ {
			switch script[i] % ops {
			case opSend:
				n := 0
				if i++; i < len(script) {
					n = int(script[i]) * 300
				}
				text := bytes.Repeat([]byte{'a' + byte(i%26)}, n)
				frame := encodeFrame(firstText, text)
				accept(frame, w.send(frame))
			case opControl:
				pong := []byte{0x8a, 2, 'h', byte(i)}
				ok := takes(w)
				w.Write(pong)
				accept(bytes.Clone(pong), ok && takes(w))
				pong[0] = 0 // the library uses its buffer again
			case opRead:
				may <- struct{}{}
			case opSeal:
				frame := closeFrame(&CloseError{1000, "bye"})
				if w.seal(frame) {
					accept(frame, true)
					sealed = true
				}
			case opPing:
				if w.ping() {
					accept(pingFrame, true)
				}
			case opVanish:
				if i%5 == 0 {
					client.Close()
					cut = true
				}
			}
		}
		close(may)
		w.end()
		all := <-got
		client.Close()
		if cut && !bytes.HasPrefix(want, all) || !cut && !bytes.Equal(want, all) {
			t.Errorf("%d bytes arrived of %d, cut off: %v, equal up to %d", len(all), len(want), cut, equalUntil(all, want))
		}
		if w.send([]byte("x")) {
			t.Error("accepted after the end")
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.flushing || len(w.queue) > 0 {
			t.Error("something is left")
		}
	})
}

// takes reports whether w takes frames.
func takes(w *wire) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sealed.IsZero() && !w.dead
}

func equalUntil(a, b []byte) int {
	for i := range a {
		if i == len(b) || a[i] != b[i] {
			return i
		}
	}
	return len(a)
}

// TestFrames: a frame has the shortest header for its length.
func TestFrames(t *testing.T) {
	for n, want := range map[int]string{
		0: "\x81\x00", 125: "\x81\x7d", 126: "\x81\x7e\x00\x7e", 1<<16 - 1: "\x81\x7e\xff\xff", 1 << 16: "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00",
	} {
		text := bytes.Repeat([]byte("x"), n)
		f := NewFrame(text)
		if string(f.wire) != want+string(text) || f.Len() != len(want)+n {
			t.Errorf("%d bytes: %x", n, f.wire[:min(len(f.wire), 12)])
		}
	}
	b := closeFrame(&CloseError{4401, string(bytes.Repeat([]byte("ä"), 100))})
	if code := binary.BigEndian.Uint16(b[2:]); code != 4401 || len(b) > 127 || int(b[1]) != len(b)-2 || len(b)%2 != 0 {
		t.Errorf("close frame %x: code %d, the reason must fit and end with a whole letter", b, code)
	}
}

// TestSlowReaderIsBounded: what waits for a client that does not read is bounded,
// and it is cut off when it is more; another does not notice.
func TestSlowReaderIsBounded(t *testing.T) {
	for _, memory := range []bool{false, true} {
		client, server := connection(t, memory)
		w := newWire(server, nil)
		frame := encodeFrame(firstText, make([]byte, 1000))
		kept := 0
		for w.send(frame) {
			w.mu.Lock()
			kept = 0
			for _, b := range w.queue {
				kept += len(b)
			}
			w.mu.Unlock()
		}
		if kept < maxWaiting || kept > maxWaiting+3*len(frame) {
			t.Errorf("%d bytes were kept", kept)
		}
		w.end()
		client.Close()
	}
}

// A frame that the kernel takes at once is written by the caller, also below the
// limit of connections: nothing is left to a goroutine.
func TestFramesAreWrittenAtOnce(t *testing.T) {
	if !canWriteNow {
		t.Skip("a goroutine writes here")
	}
	client, server := connection(t, false)
	defer client.Close()
	for name, c := range map[string]net.Conn{"TCP": server, "a counted connection": &limitedConn{joiningConn: joiningConn{Conn: server}, free: func() {}}} {
		w := newWire(c, nil)
		if !w.send(pingFrame) || w.flushing {
			t.Errorf("%s: the frame waits", name)
		}
		got := make([]byte, len(pingFrame))
		if _, err := io.ReadFull(client, got); err != nil || !bytes.Equal(got, pingFrame) {
			t.Errorf("%s: %x, %v", name, got, err)
		}
	}
	server.Close()
}

// A full connection takes nothing, which is no error; one whose client is gone is.
func TestWriteNow(t *testing.T) {
	if !canWriteNow {
		t.Skip("a goroutine writes here")
	}
	client, server := connection(t, false)
	defer server.Close()
	direct, err := server.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	write := func() (n int, err error) {
		if bad := direct.Write(func(fd uintptr) bool { n, err = writeNow(fd, make([]byte, 1<<20)); return true }); bad != nil {
			t.Fatal(bad)
		}
		return n, err
	}
	total := 0
	for n, err := write(); n > 0 || err != nil; n, err = write() {
		if total += n; err != nil || total > 1<<30 {
			t.Fatalf("%v after %d bytes", err, total)
		}
	}
	if total == 0 {
		t.Error("nothing was taken at all")
	}
	client.(*net.TCPConn).SetLinger(0) // resets the connection
	client.Close()
	for range 1000 {
		if _, err = write(); err != nil {
			return
		}
		runtime.Gosched()
	}
	t.Error("a client that is gone is no error")
}
