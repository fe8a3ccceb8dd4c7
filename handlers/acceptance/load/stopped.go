package main

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// watchStopped watches how the server closes the connections of the browsers
// that have just stopped reading. The returned function ends that and reports.
func (l *load) watchStopped() (end func()) {
	r := &l.report
	ports := map[int]bool{}
	for _, b := range l.browsers {
		if b.stops {
			ports[int(b.port.Load())] = true
		}
	}
	r.stoppedBrowsers = len(ports)
	if len(ports) == 0 {
		return func() {}
	}
	var watching sync.WaitGroup
	done, began := make(chan struct{}), time.Now()
	watching.Go(func() {
		for last := false; !last && r.stoppedClosed < len(ports); {
			select {
			case <-done:
				last = true
			case <-time.After(500 * time.Millisecond):
			}
			if closed := len(ports) - openPeers("/proc/net/tcp", ports); closed > r.stoppedClosed {
				r.stoppedClosed, r.stoppedTook = closed, time.Since(began)
			}
		}
	})
	return func() {
		close(done)
		watching.Wait()
	}
}

// openPeers returns how many of the connections that lead to these ports still
// belong to a process. A browser that does not read cannot know that itself: the
// end of the connection comes behind what it has not read.
func openPeers(table string, ports map[int]bool) (n int) {
	file, err := os.Open(table)
	if err != nil {
		return 0
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 10 || fields[9] == "0" { // the inode
			continue
		}
		_, hex, _ := strings.Cut(fields[2], ":") // the other end
		if port, err := strconv.ParseInt(hex, 16, 32); err == nil && ports[int(port)] {
			n++
		}
	}
	return n
}
