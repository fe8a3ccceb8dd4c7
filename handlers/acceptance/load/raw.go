package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"
)

// rawVariable is the environment variable with which this program is the server
// of plain TCP.
const rawVariable = "CALLBOARD_LOAD_RAW"

// An order makes the server of plain TCP send messages to a group of its
// connections.
type order struct{ Group, Messages, Bytes uint32 }

// hello is the first thing that a connection sends: its group, or commanding.
type hello struct{ Group uint32 }

const commanding = 1<<32 - 1

// serveRaw serves plain TCP: each message is one write to each connection. It
// prints its address and ends with its standard input.
func serveRaw() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(ln.Addr())
	var mu sync.Mutex
	groups := map[uint32][]net.Conn{}
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			var h hello
			if binary.Read(conn, binary.BigEndian, &h) != nil {
				conn.Close()
				continue
			}
			if h.Group == commanding {
				go obey(conn, &mu, groups)
				continue
			}
			mu.Lock()
			groups[h.Group] = append(groups[h.Group], conn)
			mu.Unlock()
		}
	}()
	io.Copy(io.Discard, os.Stdin)
}

// obey carries out orders.
func obey(conn net.Conn, mu *sync.Mutex, groups map[uint32][]net.Conn) {
	message := make([]byte, 1<<20)
	for {
		var o order
		if binary.Read(conn, binary.BigEndian, &o) != nil {
			return
		}
		mu.Lock()
		for range o.Messages {
			for _, c := range groups[o.Group] {
				c.Write(message[:min(int(o.Bytes), len(message))])
			}
		}
		mu.Unlock()
	}
}

// A rawLoad is the server of plain TCP and the connections to it.
type rawLoad struct {
	server   *process
	stdin    io.Closer
	commands net.Conn
	conns    []net.Conn
	reading  sync.WaitGroup
}

// startRaw starts the server of plain TCP, with as many connections in as many
// groups as there are browsers and teams.
func (l *load) startRaw() (*rawLoad, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = []string{rawVariable + "=1"}
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer out.Close()
	defer in.Close()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout = in
	w := &rawLoad{stdin: stdin}
	if w.server, err = start(l.dir, "raw", cmd); err != nil {
		return nil, err
	}
	in.Close()
	var addr string
	if _, err := fmt.Fscanln(bufio.NewReader(out), &addr); err != nil {
		return w, err
	}
	if w.commands, err = dialRaw(addr, commanding); err != nil {
		return w, err
	}
	for _, b := range l.browsers {
		if b.stops {
			continue
		}
		conn, err := dialRaw(addr, uint32(l.groupOf(b.team)))
		if err != nil {
			return w, err
		}
		w.conns = append(w.conns, conn)
		w.reading.Go(func() { w.read(conn) })
	}
	return w, nil
}

func (l *load) groupOf(t *team) int {
	for i, other := range l.teams {
		if other == t {
			return i
		}
	}
	return -1
}

func dialRaw(addr string, group uint32) (net.Conn, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return conn, binary.Write(conn, binary.BigEndian, hello{group})
}

func (w *rawLoad) read(conn net.Conn) {
	buf := make([]byte, socketBuffer)
	for {
		if _, err := conn.Read(buf); err != nil {
			return
		}
	}
}

func (w *rawLoad) close() {
	w.stdin.Close()
	for _, c := range w.conns {
		c.Close()
	}
	if w.commands != nil {
		w.commands.Close()
	}
	w.server.stop()
	w.reading.Wait()
}

// measureRaw sends by plain TCP what the dashboard sent in a round because of
// the changes, at the same rate.
func (l *load) measureRaw(r *round) error {
	l.say("measuring plain TCP …")
	extra := l.report.extra(r)
	perChange := max(1, int(float64(extra.messages)/float64(r.deliveries)+0.5))
	size := max(1, extra.bytes/max(1, perChange*r.deliveries))
	cpu, err := l.raws.server.cpu()
	if err != nil {
		return err
	}
	began := time.Now()
	for i := range r.changes {
		at := began.Add(time.Duration(float64(i/l.burst*l.burst) / l.changes * float64(time.Second)))
		if !sleepUntil(l.ctx, at) {
			return l.ctx.Err()
		}
		o := order{uint32(i % len(l.teams)), uint32(perChange), uint32(size)}
		if err := binary.Write(l.raws.commands, binary.BigEndian, o); err != nil {
			return err
		}
	}
	time.Sleep(time.Second) // the last messages
	after, err := l.raws.server.cpu()
	r.raw = after - cpu
	r.rawDeliveries = r.changes * len(l.raws.conns) / len(l.teams)
	return err
}
