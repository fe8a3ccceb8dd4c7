package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// A socket is the client's end of a websocket (RFC 6455) that only listens. It
// is much cheaper than a library for both directions: one buffer, and no copy
// of a message that fits into it.
type socket struct {
	net.Conn
	r *bufio.Reader
}

const socketBuffer = 4 << 10

// dial opens the socket of the page.
func (b *browser) dial(ctx context.Context) (*socket, error) {
	at, err := url.Parse(b.site.url)
	if err != nil {
		return nil, err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", *b.site.addr.Load())
	if err != nil {
		return nil, err
	}
	if b.stops {
		conn.(*net.TCPConn).SetReadBuffer(socketBuffer)
	}
	b.port.Store(int32(conn.LocalAddr().(*net.TCPAddr).Port))
	k := &socket{conn, bufio.NewReaderSize(conn, socketBuffer)}
	conn.SetDeadline(time.Now().Add(time.Minute))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: %s\r\nCookie: %s\r\nX-Forwarded-For: %s\r\nAccept-Language: %s\r\n\r\n",
		b.feed, at.Host, b.site.url, b.cookie, b.address, b.language)
	resp, err := http.ReadResponse(k.r, nil)
	if err == nil && resp.StatusCode != http.StatusSwitchingProtocols {
		err = errors.New("socket: " + resp.Status)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	conn.SetDeadline(time.Time{})
	return k, nil
}

// Opcodes of frames.
const (
	opContinue = 0
	opText     = 1
	opClose    = 8
	opPing     = 9
	opPong     = 10
)

// maxFrame bounds what is read of a frame.
const maxFrame = 64 << 20

// frameBuffers are for frames that do not fit into the buffer of their socket.
var frameBuffers = sync.Pool{New: func() any { return new([]byte) }}

// listen passes the messages to got until the socket ends. size is what came
// over the network, headers included. A message is not valid after the call.
func (k *socket) listen(got func(message []byte, size int)) error {
	for {
		op, n, header, err := k.header()
		if err != nil {
			return err
		}
		if n <= socketBuffer {
			payload, err := k.r.Peek(n)
			if err == nil {
				err = k.take(op, payload, header+n, got)
			}
			if err != nil {
				return err
			}
			k.r.Discard(n)
			continue
		}
		buf := frameBuffers.Get().(*[]byte)
		*buf = slices.Grow((*buf)[:0], n)[:n]
		_, err = io.ReadFull(k.r, *buf)
		if err == nil {
			err = k.take(op, *buf, header+n, got)
		}
		frameBuffers.Put(buf)
		if err != nil {
			return err
		}
	}
}

// header reads the header of a frame. A server sends each message in one frame.
func (k *socket) header() (op, n, size int, err error) {
	var h [8]byte
	if _, err := io.ReadFull(k.r, h[:2]); err != nil {
		return 0, 0, 0, err
	}
	op, n, size = int(h[0]&0x0f), int(h[1]&0x7f), 2
	if h[0]&0x80 == 0 || op == opContinue {
		return 0, 0, 0, errors.New("a message in several frames")
	}
	switch n {
	case 126:
		_, err = io.ReadFull(k.r, h[:2])
		n, size = int(binary.BigEndian.Uint16(h[:])), 4
	case 127:
		_, err = io.ReadFull(k.r, h[:8])
		n, size = int(min(binary.BigEndian.Uint64(h[:]), maxFrame+1)), 10
	}
	if n > maxFrame {
		err = errors.New("a frame of more than 64 MB")
	}
	return op, n, size, err
}

func (k *socket) take(op int, payload []byte, size int, got func([]byte, int)) error {
	switch op {
	case opText:
		got(payload, size)
	case opPing:
		frame := append([]byte{0x80 | opPong, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...) // masked with zeros
		_, err := k.Write(frame)
		return err
	case opClose:
		return errors.New("closed by the server")
	}
	return nil
}
