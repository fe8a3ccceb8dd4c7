package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"syscall"
	"time"
)

// An upgrade is what was measured while each node was replaced by a new process.
type upgrade struct {
	took          time.Duration   // all nodes
	shown         []time.Duration // changes at sipgate, and commands → browser
	away          []time.Duration // from the end of a socket to the next one
	clicks, twice int
}

// measureUpgrade replaces one node after the other while calls go on, as an upgrade
// does. A command that is refused ends the measurement with an error.
func (l *load) measureUpgrade() error {
	if !l.upgrade {
		return nil
	}
	l.say("replacing the nodes, one after the other …")
	u := &upgrade{}
	l.report.upgrade = u
	l.resetSamples()
	if err := l.sim.clearRequests(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(l.ctx)
	defer cancel()
	conversed := make(chan *conversations, 1)
	go func() { conversed <- l.converse(ctx) }()
	began := time.Now()
	for i := range l.server {
		if err := l.replaceNode(i); err != nil {
			return err
		}
	}
	u.took = time.Since(began)
	sleepUntil(l.ctx, time.Now().Add(2*lastReconnect))
	cancel()
	v := <-conversed
	if v.err != nil {
		return fmt.Errorf("while nodes were replaced: %w; the ends of the logs:\n%s", v.err, l.server.tail())
	}
	l.report.lost += v.await(maxRestart)
	var x round
	x.collect(l.browsers)
	u.shown = slices.Concat(x.shown[:]...)
	for _, b := range l.browsers {
		b.mu.Lock()
		u.away = append(u.away, b.away...)
		b.mu.Unlock()
	}
	requests, err := l.sim.requests()
	if err != nil {
		return err
	}
	u.clicks = len(v.clicks)
	sent := 0
	for _, r := range requests {
		if r.held() != "" {
			sent++
		}
	}
	if reached := len(reached(v.clicks, requests)); reached < u.clicks {
		return fmt.Errorf("of %d commands %d reached sipgate", u.clicks, reached)
	}
	u.twice = sent - u.clicks
	return v.finish()
}

// replaceNode ends a node in order and starts a new one in its place. As a balancer has
// it, its browsers reach the next one from the moment on when it is not ready.
func (l *load) replaceNode(i int) error {
	old, s := l.server[i], l.sites[i]
	own := s.addr.Load()
	old.cmd.Process.Signal(syscall.SIGTERM)
	for unready := false; !unready; {
		resp, err := http.Get("http://" + *own + "/readyz")
		if unready = err != nil || resp.StatusCode != http.StatusOK; err == nil {
			resp.Body.Close()
		}
	}
	l.route(i, *l.sites[(i+1)%len(l.sites)].addr.Load())
	<-old.done
	old.log.Close()
	p, err := l.startNode(i, *own)
	if err != nil {
		return err
	}
	l.server[i] = p
	l.route(i, *own)
	return nil
}
