package main

import (
	"fmt"
	"slices"
	"time"
)

// measureRestart restarts the server or kills one of its nodes, lets calls happen meanwhile, and measures
// until every browser shows them.
func (l *load) measureRestart() error {
	r := &restart{what: "restart", run: l.runServer}
	switch {
	case l.kill:
		r.what, r.run = "kill of a node", func() error { return nil }
		l.say("killing a node …")
		l.killNode()
	case l.restart:
		l.say("restarting Callboard …")
		l.stopServer()
	default:
		return nil
	}
	l.report.restart = r
	before := l.cpu() // 0 of a server that has ended
	var changes []*change
	for _, t := range l.teams {
		i := slices.IndexFunc(l.talkers, func(b *browser) bool { return b.team == t })
		if i < 0 {
			continue
		}
		b := l.talkers[i]
		c, err := l.begin(b, "established")
		if err != nil {
			return err
		}
		changes = append(changes, t.expect(isAnswered, c))
	}
	if err := l.sim.clearRequests(); err != nil {
		return err
	}
	began := time.Now()
	for _, ch := range changes {
		ch.began.Store(&began)
	}
	l.resetSamples()
	if err := r.run(); err != nil {
		return err
	}
	r.started = time.Since(began)
	for deadline := began.Add(maxRestart); ; time.Sleep(10 * time.Millisecond) {
		r.lost = 0
		for _, ch := range changes {
			r.lost += int(ch.remaining.Load())
		}
		if r.lost == 0 || time.Now().After(deadline) {
			break
		}
	}
	r.all, r.cpu = time.Since(began), l.cpu()-before
	var x round
	x.collect(l.browsers)
	r.took = x.shown[isAnswered]
	l.report.lost += r.lost
	requests, err := l.sim.requests()
	if err != nil {
		return fmt.Errorf("requests after the restart: %w", err)
	}
	lists := map[string]int{}
	for _, q := range requests {
		if q.isList() {
			lists[q.Account]++
		}
	}
	for _, n := range lists {
		r.maxLists = max(r.maxLists, n)
	}
	r.teams = len(lists)
	return nil
}

// maxRestart is how long after a restart a browser may take to show what has
// happened before that counts as lost.
const maxRestart = time.Minute
