//go:build unix

package cluster

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Variables of a process that a test starts.
const (
	childDatabase = "CLUSTER_TEST_DATABASE"
	childPlatform = "CLUSTER_TEST_PLATFORM"
)

// A process that acts as often as it can, for TestAStoppedProcess.
func TestChild(t *testing.T) {
	if os.Getenv(childDatabase) == "" {
		t.Skip("no process of a test")
	}
	r := &rig{TB: t, url: os.Getenv(childDatabase)}
	n, err := r.tryStart(newLink(r), Options{Lease: testLease, Renew: testRenew})
	if err != nil {
		t.Fatal(err)
	}
	base := &http.Transport{DialContext: n.Dial((&net.Dialer{}).DialContext), MaxIdleConnsPerHost: 4}
	via := n.Transport(base, "one")
	for n.Err() == nil {
		if _, err := n.Claim(context.Background(), "one"); err != nil {
			continue
		}
		for range 4 {
			go func() {
				req, _ := http.NewRequest("GET", os.Getenv(childPlatform), nil)
				if resp, err := via.RoundTrip(req); err == nil {
					io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			}()
		}
		time.Sleep(time.Millisecond)
	}
}

// atTheCheck is how many requests of the test's process may be between the last check
// and the call of the system that writes them: one for each of two processors. Without
// the check it would be all that wait.
const atTheCheck = 2

// A process that is stopped (SIGSTOP) until another node has its team, and goes on then,
// sends nothing more but what it was about to write at that moment.
func TestAStoppedProcess(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long until a lease ends")
	}
	r := newRig(t)
	var requests atomic.Int64
	platform := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	defer platform.Close()
	for range 3 {
		child := exec.Command(os.Args[0], "-test.run=^TestChild$")
		child.Env = append(os.Environ(), childDatabase+"="+r.url, childPlatform+"="+platform.URL)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		before := requests.Load()
		r.until("requests of the process", func() error {
			if requests.Load() < before+20 {
				return errors.New("none yet")
			}
			return nil
		})
		child.Process.Signal(syscall.SIGSTOP)
		b := r.start()
		r.until("the takeover", func() error {
			if h, err := b.Claim(t.Context(), "one"); err != nil || !h.Here {
				b.Forget("one")
				return errors.Join(err, errors.New("not here"))
			}
			return nil
		})
		sent := requests.Load()
		child.Process.Signal(syscall.SIGCONT)
		if err := child.Wait(); err != nil { // it ends when it knows that it was replaced
			t.Errorf("the process: %v", err)
		}
		if n := requests.Load() - sent; n > atTheCheck {
			t.Errorf("%d requests after the takeover", n)
		}
		if err := b.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
