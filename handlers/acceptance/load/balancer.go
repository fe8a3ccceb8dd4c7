package main

import (
	"io"
	"net"
	"sync/atomic"
)

// A balancer is what the simulated sipgate reaches at the public address of several
// nodes: it passes each connection on to one of them.
type balancer struct {
	net.Listener
	to atomic.Pointer[string] // address of a node that serves
}

// balance listens at the public address.
func balance(public, to string) (*balancer, error) {
	ln, err := net.Listen("tcp", public)
	if err != nil {
		return nil, err
	}
	b := &balancer{Listener: ln}
	b.to.Store(&to)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go b.carry(c)
		}
	}()
	return b, nil
}

func (b *balancer) carry(c net.Conn) {
	defer c.Close()
	node, err := net.Dial("tcp", *b.to.Load())
	if err != nil {
		return
	}
	defer node.Close()
	go func() {
		io.Copy(c, node)
		c.Close() // so that the next request finds another node
	}()
	io.Copy(node, c)
}
