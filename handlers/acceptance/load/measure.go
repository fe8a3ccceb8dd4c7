package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// quietTime returns how long the server gets to become quiet before it is
// measured.
func (l *load) quietTime() time.Duration { return min(3*time.Second, l.idle) }

// measure opens the boards and measures.
func (l *load) measure() error {
	for _, step := range []func() error{l.openBoards, l.measureIdle, l.measureRounds, l.measureRestart, l.measureUpgrade} {
		if err := step(); err != nil {
			return err
		}
		if l.ctx.Err() != nil {
			return l.ctx.Err()
		}
	}
	return nil
}

// openBoards opens the page and the socket of every browser.
func (l *load) openBoards() error {
	l.say("opening %d boards …", len(l.browsers))
	time.Sleep(l.quietTime())
	r := &l.report
	r.settings = l.settings
	var err error
	if r.memoryBefore, err = l.server.memory(); err != nil {
		return fmt.Errorf("memory of the server: %w", err)
	}
	began, cpu := time.Now(), l.cpu()
	if err := each(l.browsers, 8, func(b *browser) error { return b.open(l.ctx) }); err != nil {
		return err
	}
	r.pageCPU = (l.cpu() - cpu) / time.Duration(len(l.browsers))
	r.pagesTook = time.Since(began)
	return each(l.browsers, 8, func(b *browser) error {
		k, err := b.dial(l.ctx)
		if err == nil {
			l.reconnecting.Go(func() { l.keep(b, k) })
		}
		return err
	})
}

// cpu returns the CPU time of the server, of all its nodes.
func (l *load) cpu() time.Duration { return l.server.cpu() }

// othersCPU returns the CPU time of all programs that have nothing to do with
// the measurement.
func (l *load) othersCPU() time.Duration {
	all, _ := machineCPU()
	simulated, _ := l.simulated.cpu()
	all -= l.cpu() + simulated
	own, _ := cpuOf("self")
	return all - own
}

// keep listens to a browser's socket and opens it again, as the page does, until the
// run is over.
func (l *load) keep(b *browser, k *socket) {
	var ended time.Time
	for wait := firstReconnect; ; {
		if k != nil {
			b.back(ended)
			stop := context.AfterFunc(l.ctx, func() { k.Close() })
			k.listen(func(message []byte, size int) { b.got(l.ctx, message, size) })
			stop()
			k.Close()
			ended = time.Now()
			b.mu.Lock()
			b.closed++
			b.mu.Unlock()
			wait = firstReconnect
		}
		jitter := 0.4 + 1.2*rand.Float64()
		if b.stopped.Load() || !sleepUntil(l.ctx, time.Now().Add(time.Duration(float64(wait)*jitter))) {
			return
		}
		wait = min(wait*8/5, lastReconnect)
		var err error
		if k, err = b.dial(l.ctx); err != nil {
			k = nil
		}
	}
}

// The delays of the page, in the mean, before it opens a socket again.
const (
	firstReconnect = 500 * time.Millisecond
	lastReconnect  = 4 * time.Second
)

// measureIdle measures what open boards cost while nothing happens.
func (l *load) measureIdle() error {
	if err := l.waitForQuiet(); err != nil {
		return err
	}
	l.say("measuring %s without changes …", l.idle)
	r := &l.report
	l.traffic()
	if err := l.sim.clearRequests(); err != nil {
		return err
	}
	cpu := l.cpu()
	time.Sleep(l.idle)
	r.idleCPU = float64(l.cpu()-cpu) / float64(l.idle)
	r.idleTraffic = l.traffic()
	requests, err := l.sim.requests()
	if err != nil {
		return err
	}
	r.idleRequests, r.idleLists = len(requests), lists(requests)
	r.memoryIdle, err = l.server.memory()
	return err
}

// Boards are quiet when a socket gets no more than quietBytes in quietTime, and
// a team asks sipgate for little else than lists of calls. After a start they
// are not: the server learns who is there, and what they may do.
const (
	quietBytes    = 2 << 10
	quietRequests = 0.2 // per team and second
)

// maxUnrest is how long the boards may take to become quiet.
const maxUnrest = time.Minute

// waitForQuiet waits until the boards are quiet.
func (l *load) waitForQuiet() error {
	l.traffic()
	for began := time.Now(); ; {
		if err := l.sim.clearRequests(); err != nil {
			return err
		}
		if !sleepUntil(l.ctx, time.Now().Add(l.quietTime())) {
			return l.ctx.Err()
		}
		requests, err := l.sim.requests()
		if err != nil {
			return err
		}
		others := float64(len(requests)-lists(requests)) / float64(len(l.teams)) / l.quietTime().Seconds()
		if l.traffic().bytes <= quietBytes*len(l.browsers) && others <= quietRequests {
			return nil
		}
		if time.Since(began) > maxUnrest {
			l.say("the boards are not quiet after %s: without changes they cost less than is measured now", maxUnrest)
			return nil
		}
	}
}

// traffic returns what all sockets got since the last time.
func (l *load) traffic() (sum traffic) {
	for _, b := range l.browsers {
		b.mu.Lock()
		sum.messages += b.sent.messages
		sum.bytes += b.sent.bytes
		b.sent = traffic{}
		b.mu.Unlock()
	}
	return sum
}

// measureRounds lets changes happen, in turns with plain TCP if that is wanted.
func (l *load) measureRounds() error {
	var err error
	if l.raw {
		if l.raws, err = l.startRaw(); err != nil {
			return err
		}
	}
	for _, b := range l.browsers {
		b.stopped.Store(b.stops)
	}
	stopping := l.watchStopped()
	for i := range l.rounds {
		if i > 0 {
			if err := l.waitForQuiet(); err != nil { // the calls of the last round leave the boards
				return err
			}
		}
		l.say("measuring %s with changes, round %d of %d …", l.duration, i+1, l.rounds)
		round, err := l.measureRound()
		if err != nil {
			return err
		}
		if l.raw {
			if err := l.measureRaw(round); err != nil {
				return err
			}
		}
		l.report.rounds = append(l.report.rounds, round)
	}
	stopping()
	for _, b := range l.browsers {
		b.mu.Lock()
		if !b.stops {
			l.report.ended += b.closed
		}
		b.mu.Unlock()
	}
	return nil
}

func (l *load) resetSamples() {
	for _, b := range l.browsers {
		b.mu.Lock()
		b.samples, b.away = nil, nil
		b.mu.Unlock()
	}
}

// waitForLast is how long after its beginning a change may reach a browser
// before it counts as lost.
const waitForLast = 10 * time.Second

func (l *load) measureRound() (*round, error) {
	r := &round{}
	l.traffic()
	l.resetSamples()
	if err := l.sim.clearRequests(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(l.ctx, l.duration)
	defer cancel()
	began, cpu, others := time.Now(), l.cpu(), l.othersCPU()
	v := l.converse(ctx)
	if v.err != nil {
		return nil, fmt.Errorf("%w; the end of Callboard's log:\n%s", v.err, l.server.tail())
	}
	r.lost = v.await(waitForLast)
	r.took, r.cpu, r.traffic = time.Since(began), l.cpu()-cpu, l.traffic()
	r.others = float64(l.othersCPU()-others) / float64(r.took)
	r.changes, r.late = len(v.tally.changes), v.late
	r.collect(l.browsers)
	l.report.lost += r.lost
	requests, err := l.sim.requests()
	if err != nil {
		return nil, err
	}
	r.requests, r.lists = len(requests), lists(requests)
	r.clicks = reached(v.clicks, requests)
	if r.memory, err = l.server.memory(); err != nil {
		return nil, err
	}
	return r, v.finish()
}

// reached returns how long each click took to become a request at sipgate.
func reached(clicks []click, requests []request) (all []time.Duration) {
	at := map[string][]time.Time{}
	for _, r := range requests {
		if id := r.held(); id != "" {
			at[id] = append(at[id], r.Time)
		}
	}
	for _, c := range clicks {
		for i, t := range at[c.callID] {
			if t.After(c.sent) {
				all = append(all, t.Sub(c.sent))
				at[c.callID] = slices.Delete(at[c.callID], i, i+1)
				break
			}
		}
	}
	return all
}
