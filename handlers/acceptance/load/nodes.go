package main

import (
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"callboard/web/database/databasetest"
	"callboard/web/freeport"
)

// nodes are the processes of Callboard: one, or several with one PostgreSQL.
type nodes []*process

// memory returns the resident memory of all in bytes.
func (n nodes) memory() (sum int, err error) {
	for _, p := range n {
		used, err := p.memory()
		if err != nil {
			return 0, err
		}
		sum += used
	}
	return sum, nil
}

// cpu returns the CPU time that all have used; of one that is gone, 0.
func (n nodes) cpu() (sum time.Duration) {
	for _, p := range n {
		used, _ := p.cpu()
		sum += used
	}
	return sum
}

func (n nodes) stop() {
	var stopping sync.WaitGroup
	for _, p := range n {
		stopping.Go(p.stop)
	}
	stopping.Wait()
}

// tail returns the ends of the logs.
func (n nodes) tail() string {
	var all []string
	for _, p := range n {
		all = append(all, p.tail())
	}
	return strings.Join(all, "\n")
}

// addNodes chooses where the nodes of the dashboard at a public address listen, a single
// one there, and finds or starts their PostgreSQL.
func (l *load) addNodes(public string) (err error) {
	if l.settings.nodes == 0 {
		l.sites = []*site{newSite(public, public)}
		return nil
	}
	for range l.settings.nodes {
		addr, err := freeport.Addr()
		if err != nil {
			return err
		}
		l.sites = append(l.sites, newSite(public, addr))
	}
	if l.balancer, err = balance(public, *l.sites[0].addr.Load()); err != nil {
		return err
	}
	if l.database = l.settings.postgres; l.database != "" {
		_, err := url.Parse(l.database)
		return err
	}
	if l.postgres, err = databasetest.StartPostgres(); err == nil {
		l.database = l.postgres.URL.String()
	}
	return err
}

// runServer starts the nodes, the first one first: it makes the key of all.
func (l *load) runServer() error {
	l.server = nil
	for i, s := range l.sites {
		p, err := l.startNode(i, *s.addr.Load())
		if err != nil {
			return err
		}
		l.server = append(l.server, p)
	}
	return nil
}

// startNode starts a node and waits until it is ready.
func (l *load) startNode(i int, addr string) (*process, error) {
	name := fmt.Sprint("callboard", i+1)
	args := append([]string{}, l.serveArgs...)
	args = append(args, "--addr", addr, "--data", filepath.Join(l.dir, name))
	if l.database != "" {
		peer, err := freeport.Addr()
		if err != nil {
			return nil, err
		}
		drain := "0s"
		if l.upgrade {
			drain = "1s"
		}
		args = append(args, "--database", l.database, "--node-addr", peer, "--drain", drain)
	}
	p, err := start(l.dir, name, exec.Command(l.program, args...))
	if err == nil {
		err = p.await("http://" + addr + "/readyz")
	}
	return p, err
}

func (l *load) stopServer() {
	l.server.stop()
	for _, s := range l.sites {
		s.transport.CloseIdleConnections()
	}
}

func (l *load) restartServer() error {
	l.stopServer()
	return l.runServer()
}

// killNode kills the first node as kill -9 does. Its browsers reach the next one then, as
// a balancer has it.
func (l *load) killNode() {
	killed := l.server[0]
	l.server = l.server[1:]
	killed.cmd.Process.Kill()
	<-killed.done
	killed.log.Close()
	l.route(0, *l.sites[1].addr.Load())
}

// route has the browsers of a site reach another node, and sipgate, too.
func (l *load) route(i int, addr string) {
	l.sites[i].addr.Store(&addr)
	l.sites[i].transport.CloseIdleConnections()
	l.balancer.to.Store(&addr)
}
