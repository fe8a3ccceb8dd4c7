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
	collecting, finish := context.WithCancel(l.ctx)
	defer finish()
	collected := make(chan commands, 1)
	go func() { collected <- l.sim.commands(collecting) }()
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
	finish() // the last steps have reached sipgate, too
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
	c := <-collected
	if c.err != nil {
		return c.err
	}
	u.clicks = len(v.clicks)
	if reached := len(reached(v.clicks, c.requests)); reached < u.clicks {
		return fmt.Errorf("of %d commands %d reached sipgate", u.clicks, reached)
	}
	u.twice = len(c.requests) - u.clicks
	return v.finish()
}

// commands are requests that put a call on hold or resume it.
type commands struct {
	requests []request
	err      error
}

// commandsEvery is how often the simulated sipgate is asked for commands: it keeps the last
// 10,000 requests, and nodes that take on teams send thousands.
const commandsEvery = 4 * time.Second

// commands collects the commands that reach the simulated sipgate until ctx is done.
func (s *simulator) commands(ctx context.Context) (c commands) {
	seen := map[request]bool{}
	for on := true; on; {
		on = sleepUntil(ctx, time.Now().Add(commandsEvery))
		all, err := s.requests()
		if err != nil {
			return commands{err: err}
		}
		for _, r := range all {
			// Of one request that is read several times these are equal: whose it is may
			// be known only later. Requests are not in the order of their times.
			r = request{Time: r.Time.UTC(), Method: r.Method, Path: r.Path}
			if r.held() != "" && !seen[r] {
				c.requests, seen[r] = append(c.requests, r), true
			}
		}
	}
	return c
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
