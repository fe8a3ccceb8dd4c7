// Package freeport gives test programs addresses at which nothing listens.
//
// A test that starts a program has to say where it listens, some time before it does. A
// port that the system chose and that was given back may be gone by then: it may have
// become one end of any other test's connection. The ports of this package are others
// than those the system chooses, and no two processes have the same.
package freeport

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
)

// A process owns blocks of ports for as long as it listens at the first one of each.
// Linux chooses ports from 32768 on for connections.
const (
	first     = 10_100 // browsers refuse 10080
	blocks    = 220
	blockSize = 100
)

// ErrNone is returned if other processes have all blocks.
var ErrNone = errors.New("freeport: no ports are left")

// ports are those of one process.
type ports struct {
	mu        sync.Mutex
	owned     []net.Listener
	next, end int
}

var own ports

// Addr returns a loopback address, host:port, at which nothing listens and that no other
// call returns, in whatever process.
func Addr() (string, error) { return own.addr() }

func (p *ports) addr() (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if p.next == p.end {
			if err := p.grow(); err != nil {
				return "", err
			}
		}
		addr := at(p.next)
		p.next++
		if l, err := net.Listen("tcp", addr); err == nil {
			return addr, l.Close()
		}
	}
}

// grow takes a block that no process has.
func (p *ports) grow() error {
	for i := range blocks {
		base := first + (os.Getpid()+i)%blocks*blockSize
		if l, err := net.Listen("tcp", at(base)); err == nil {
			p.owned, p.next, p.end = append(p.owned, l), base+1, base+blockSize
			return nil
		}
	}
	return ErrNone
}

func at(port int) string { return fmt.Sprint("127.0.0.1:", port) }
