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
	"callboard/web/database/databasetest"
)

// crashPoint is the environment variable that makes the test binary the process
// to be killed. Its value is "checkpoint,database file,endpoint".
const crashPoint = "CALLBOARD_TEST_CRASH"

var crashes = flag.Int("crashes", 2, "how often TestCrashDuringRefresh kills a process at each point")

// TestCrashDuringRefresh kills a process with SIGKILL at each step of a refresh
// and shows what the next process makes of the database. Only a crash between
// sipgate's exchange of the token and the commit may lose the grant.
func TestCrashDuringRefresh(t *testing.T) {
	databasetest.NeedsSQLite(t)
	for _, test := range []struct {
		point      string
		executed   bool   // sipgate has exchanged the refresh token
		stored     string // in the database of the killed process
		refreshing bool
		next       string // the refresh token that the next process sends
		survives   bool
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
				e := newTokenEndpoint(t)
				crashAt(t, e, file, test.point)

				db := open(t, file)
				if r := stored(t, db, ada); r.refreshToken != test.stored || r.refreshing != test.refreshing || r.dead {
					t.Errorf("the killed process left %+v", r)
				}
				sent, _ := e.received()
				if want := test.executed; want != (len(sent) == 1) {
					t.Fatalf("sipgate saw %v", sent)
				}
				g := openGrants(t, db, e.oauth())
				if test.refreshing {
					g.Close() // waits for the retry that started by itself
				}
				h, err := g.Credentials(ada).Authorization(t.Context())
				if test.survives && err != nil {
					t.Errorf("lost: %v", err)
				}
				if !test.survives {
					wantKind(t, err, sipgate.Unauthorized)
				}
				if _, reused := e.received(); reused == test.survives {
					t.Errorf("reuse noticed: %v, header %q", reused, h)
				}
				e.wantRequests(append(sent, test.next)...)
				g.Close()
				if r := stored(t, db, ada); r.dead == test.survives || test.survives && r.refreshToken != e.newest {
					t.Errorf("stored %+v in the end, sipgate wants %s", r, e.newest)
				}
			})
		}
	}
}

// crashAt lets another process refresh ada's grant and kills it at the point.
func crashAt(t *testing.T, e *tokenEndpoint, file, point string) {
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
	stop := func() { reached <- true; <-dead }
	switch point {
	case "request sent":
		e.intercept(func() {
			stop()
			panic(http.ErrAbortHandler) // as if the request was lost
		}, nil)
	case "request executed":
		e.intercept(nil, stop)
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
		t.Error("the child process did not reach the point")
	}
	child.Process.Kill()
	child.Wait()
	e.intercept(nil, nil)
	close(dead)
}

// refreshUntilKilled is the process to be killed.
func refreshUntilKilled() {
	args := strings.Split(os.Getenv(crashPoint), ",")
	var refreshing, read atomic.Bool
	checkpoint := func(name string) {
		if name == "reply read" {
			read.Store(true)
		}
		if !refreshing.Load() || name != args[0] || name == "commit" && !read.Load() {
			return
		}
		fmt.Println("reached")
		select {} // until it is killed
	}
	db, err := openDBFile(args[1])
	exitOn(err)
	o := &sipgate.OAuth{TokenURL: args[2] + "/token", ClientID: "id", ClientSecret: "SENTINEL-CS"}
	g, err := newGrants(db, testKey, o, slog.New(slog.DiscardHandler), checkpoint)
	exitOn(err)
	exitOn(g.Put(context.Background(), ada, sipgate.Tokens{Access: "AT-0", Refresh: "RT-0", Lifetime: expired}))
	refreshing.Store(true)
	_, err = g.Credentials(ada).Authorization(context.Background())
	exitOn(err)
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
