package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"callboard/web/database/databasetest"
	"callboard/web/freeport"
)

// A load is one run of the program.
type load struct {
	settings
	ctx      context.Context
	cancel   context.CancelFunc
	dir      string
	progress io.Writer

	sim          *simulator
	simulated    *process
	sites        []*site // one for each node
	serveArgs    []string
	server       nodes
	teams        []*team
	browsers     []*browser
	talkers      []*browser // the browsers whose members have calls, no member twice
	numbers      numbers
	database     string // its address, with several nodes
	postgres     *databasetest.Server
	balancer     *balancer // of several nodes
	raws         *rawLoad
	reconnecting sync.WaitGroup
	report       report
}

func (l *load) say(format string, args ...any) { fmt.Fprintf(l.progress, format+"\n", args...) }

// setUp starts the simulator and Callboard and signs the members in.
func (l *load) setUp() error {
	steps := []struct {
		what string
		do   func() error
	}{
		{"building Callboard", l.build},
		{"starting the simulated sipgate", l.startSimulator},
		{"starting Callboard", l.startServer},
		{fmt.Sprintf("signing in %d browsers to %d teams", l.settings.browsers, l.settings.teams), l.signIn},
		{"restarting Callboard, to measure its memory", l.restartServer},
		{fmt.Sprintf("beginning %d calls", l.settings.calls), l.beginCalls},
	}
	for _, step := range steps {
		l.say("%s …", step.what)
		if err := cmp.Or(l.ctx.Err(), step.do()); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return nil
}

// close ends everything that was started.
func (l *load) close() {
	l.cancel()
	l.server.stop()
	if l.balancer != nil {
		l.balancer.Close()
	}
	if l.simulated != nil {
		l.simulated.stop()
	}
	if l.postgres != nil {
		l.postgres.Close()
	}
	if l.raws != nil {
		l.raws.close()
	}
	l.reconnecting.Wait()
}

func (l *load) build() (err error) {
	if l.program == "" {
		l.program, err = build(l.ctx, l.dir)
	} else {
		l.program, err = filepath.Abs(l.program)
	}
	return err
}

func (l *load) startSimulator() error {
	addr, err := freeport.Addr()
	if err != nil {
		return err
	}
	l.sim = &simulator{ctx: l.ctx, url: "http://" + addr, client: &http.Client{Transport: newTransport()}}
	cmd := exec.Command(l.program, "simulator", "--addr", addr, "--visibility", "account", "--pickup=-1s",
		"--accounts", strconv.Itoa(l.settings.teams+1), "--users", strconv.Itoa(l.users))
	if l.simulated, err = start(l.dir, "simulator", cmd); err != nil {
		return err
	}
	return l.simulated.await(l.sim.url + "/_simulator/push-key")
}

// newTransport returns a transport that keeps enough connections for all that
// happens at a time.
func newTransport() *http.Transport {
	return &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64, IdleConnTimeout: 20 * time.Second}
}

// neo is the platform of one of the accounts.
const neo = "neo"

func (l *load) startServer() error {
	addr, err := freeport.Addr()
	if err != nil {
		return err
	}
	var state simulatorState
	if err := l.sim.control("GET", "state", nil, &state); err != nil {
		return err
	}
	key, err := l.sim.send("GET", "push-key", nil)
	if err != nil {
		return err
	}
	keyFile := filepath.Join(l.dir, "push.pem")
	if err := os.WriteFile(keyFile, key, 0o600); err != nil {
		return err
	}
	if err := l.addNodes(addr); err != nil {
		return err
	}
	l.serveArgs = []string{"serve", "--public-url", "http://" + addr, "--key-file", filepath.Join(l.dir, "key"), "--accounts", "any",
		"--api", l.sim.url + "/v2/", "--login", l.sim.url, "--push-key-file", keyFile, "--country", "DE", "--trusted-proxies", "127.0.0.1",
		"--client-id", state.Clients[0].ClientID, "--client-secret", state.Clients[0].ClientSecret,
		"--max-connections", strconv.Itoa(2*l.settings.browsers + 1000), "--sockets-per-member", strconv.Itoa(l.settings.browsers)}
	for _, a := range state.Accounts {
		if a.Platform != neo && len(l.teams) < l.settings.teams { // neo sends no push events
			l.teams = append(l.teams, &team{account: a.ID, users: a.Users, calls: map[string]*call{}})
		}
	}
	return l.runServer()
}

// languages are those of the boards.
var languages = []string{"de", "en"}

// signIn makes the browsers and signs them in: the administrators first, who set
// up the push events.
func (l *load) signIn() error {
	for i := range l.settings.browsers {
		t := l.teams[i%len(l.teams)]
		n := len(t.browsers)
		b := &browser{site: l.sites[(i+i/len(l.teams))%len(l.sites)], team: t, index: n, user: t.users[n%len(t.users)], address: fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255),
			language: languages[i/len(l.teams)%l.languages]}
		t.browsers = append(t.browsers, b)
		l.browsers = append(l.browsers, b)
	}
	stopping := int(float64(l.stopped) * float64(len(l.browsers)))
	for i, b := range l.browsers {
		// The last browsers of each team stop.
		b.stops = i >= len(l.browsers)-stopping
		if !b.stops && b.index < len(b.team.users) {
			l.talkers = append(l.talkers, b)
		}
	}
	first := l.browsers[:len(l.teams)]
	err := each(first, 8, func(b *browser) error {
		if err := b.signIn(l.ctx); err != nil {
			return err
		}
		_, err := b.request(l.ctx, http.MethodPost, "/status/webhooks", url.Values{"do": {"set"}})
		return err
	})
	if err != nil {
		return err
	}
	err = each(l.browsers[len(first):], 8, func(b *browser) error {
		if b.index >= len(b.team.users) {
			return nil
		}
		return b.signIn(l.ctx)
	})
	for _, b := range l.browsers {
		b.cookie = b.team.browsers[b.index%len(b.team.users)].cookie // also of tabs
	}
	return err
}

// each calls f for all items, some at a time, and returns the first error.
func each[T any](items []T, atATime int, f func(T) error) error {
	var (
		running sync.WaitGroup
		next    atomic.Int64
		failed  = make(chan error, atATime)
	)
	for range atATime {
		running.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(items) {
					return
				}
				if err := f(items[i]); err != nil {
					next.Store(int64(len(items)))
					failed <- err
					return
				}
			}
		})
	}
	running.Wait()
	close(failed)
	return <-failed
}

// beginCalls begins the calls that are on the boards all the time, and leaves
// room for those that change.
func (l *load) beginCalls() error {
	standing := max(0, l.settings.calls-min(max(1, int(l.changes/stepsPerSecond)), l.changesAtATime()))
	of := make([]*browser, standing)
	for i := range of {
		of[i] = l.talkers[i%len(l.talkers)]
	}
	return each(of, 4, func(b *browser) error {
		_, err := l.begin(b, "established")
		return err
	})
}
