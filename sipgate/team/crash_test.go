package team

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"callboard/sipgate"
)

// crashPoint names the environment variable that makes the test binary the
// process to be killed. Its value is "the point, the database, the endpoint".
const crashPoint = "CALLBOARD_TEST_CRASH"

var crashes = flag.Int("crashes", 2, "how often TestF23 kills a process at each point")

// TestF23 kills a process with SIGKILL at each step of a refresh and shows
// what the next one makes of the file it left behind (I2). The one permitted
// loss is a crash between the moment when sipgate has changed the token and
// our commit.
func TestF23(t *testing.T) {
	for _, test := range []struct {
		point    string
		executed bool   // sipgate has changed the refresh token
		stored   string // in the file of the dead process
		intent   bool
		then     string // what the next process sends
		survives bool
	}{
		{"intent written", false, "RT-0", true, "RT-0", true},
		{"request sent", false, "RT-0", true, "RT-0", true},
		{"request executed", true, "RT-0", true, "RT-0", false},
		{"reply read", true, "RT-0", true, "RT-0", false},
		{"commit", true, "RT-0", true, "RT-0", false},
		{"after commit", true, "RT-1", false, "RT-1", true},
	} {
		for run := range *crashes {
			t.Run(fmt.Sprintf("%s/%d", test.point, run), func(t *testing.T) {
				t.Parallel()
				file := filepath.Join(t.TempDir(), "callboard.db")
				e := newEndpoint(t)
				crashIn(t, e, file, test.point)

				db := open(t, file)
				if r := stored(t, db, ada); r.refresh != test.stored || r.intent != test.intent || r.dead {
					t.Errorf("the dead process left %+v", r)
				}
				sent, _ := e.seen()
				if want := test.executed; want != (len(sent) == 1) {
					t.Fatalf("sipgate saw %v", sent)
				}
				g := grantsOf(t, db, e.oauth())
				if test.intent {
					g.Close() // waits for the try that nobody asked for
				}
				h, err := g.Credentials(ada).Authorization(t.Context())
				if test.survives && err != nil {
					t.Errorf("lost: %v", err)
				}
				if !test.survives {
					wantKind(t, err, sipgate.Unauthorized)
				}
				if _, reused := e.seen(); reused == test.survives {
					t.Errorf("reuse noticed: %v, header %q", reused, h)
				}
				e.wantRequests(append(sent, test.then)...) // one try
				g.Close()
				if r := stored(t, db, ada); r.dead == test.survives || test.survives && r.refresh != e.newest {
					t.Errorf("stored %+v in the end, sipgate wants %s", r, e.newest)
				}
			})
		}
	}
}

// crashIn lets another process refresh ada's grant and kills it at the point.
func crashIn(t *testing.T, e *endpoint, file, point string) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(self)
	child.Env = append(os.Environ(), crashPoint+"="+strings.Join([]string{point, file, e.URL}, ","))
	child.Stderr = t.Output()
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	reached, dead := make(chan bool, 1), make(chan bool)
	hold := func() { reached <- true; <-dead }
	switch point {
	case "request sent":
		e.during(func() {
			hold()
			panic(http.ErrAbortHandler) // as if the request had been lost
		}, nil)
	case "request executed":
		e.during(nil, hold)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if lines.Text() == "reached" {
				reached <- true
			}
		}
	}()
	select {
	case <-reached:
	case <-time.After(30 * time.Second):
		t.Error("the child did not get there")
	}
	child.Process.Kill()
	child.Wait()
	e.during(nil, nil)
	close(dead)
}

// crash is what the process does that is to be killed.
func crash() {
	args := strings.Split(os.Getenv(crashPoint), ",")
	var refreshing, read atomic.Bool
	at := func(point string) {
		if point == "reply read" {
			read.Store(true)
		}
		if !refreshing.Load() || point != args[0] || point == "commit" && !read.Load() {
			return
		}
		fmt.Println("reached")
		select {} // until it is killed
	}
	db, err := openFile(args[1])
	check(err)
	o := &sipgate.OAuth{TokenURL: args[2] + "/token", ClientID: "id", ClientSecret: "SENTINEL-CS"}
	g, err := newGrants(db, testKey, o, slog.New(slog.DiscardHandler), at)
	check(err)
	check(g.Put(context.Background(), ada, sipgate.Tokens{Access: "AT-0", Refresh: "RT-0", Lifetime: worn}))
	refreshing.Store(true)
	_, err = g.Credentials(ada).Authorization(context.Background())
	check(err)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
