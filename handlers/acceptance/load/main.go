// Command load measures what a machine carries: how many browsers, teams and
// calls, and at what cost. It starts the simulated sipgate and Callboard as
// processes of their own, signs members in as browsers do, opens the board of
// each and its websocket, lets calls happen, and prints a table:
//
//	go run ./handlers/acceptance/load -browsers 500 -teams 100 -calls 300 -changes 20 -for 30s
//
// A change is one step of a call: it rings, is answered, put on hold, resumed,
// hung up. Holding and resuming are commands of a member through the forms of
// the page; the other steps happen at the telephones, and sipgate reports them
// with push events. Every change has to reach every browser of its team. The
// exit status is 1 if one did not.
//
// It reads the CPU time and the memory of Callboard from /proc, so it needs
// Linux. It shares the machine with what it measures: the figures to trust are
// CPU times, and ratios from one run with -raw. That option takes turns with a
// plain TCP server that sends as many bytes in as many messages to as many
// connections, which is the least that any server needs.
//
// The flags:
//
//	-browsers  open boards, spread over the teams
//	-teams     sipgate accounts
//	-users     members of each team; further browsers are tabs of the same members
//	-languages 1 or 2: languages of the boards
//	-calls     calls on all boards together
//	-changes   changes per second, over all teams
//	-burst     how many changes happen at once
//	-for       how long to measure
//	-idle      how long to measure before the first change
//	-raw       take turns with plain TCP, -rounds times each
//	-stopped   share of the browsers that stop reading, such as 10%
//	-restart   restart Callboard in the end, and measure until all browsers have the truth again
//	-nodes     processes of Callboard with one PostgreSQL, over which the browsers are spread
//	-postgres  address of an empty PostgreSQL database for them; without it, a server is started
//	-kill      kill one of the nodes in the end, and measure until all browsers have the truth again
//	-upgrade   replace each node by a new process in the end while calls go on
//	-program   a Callboard that is built already
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if os.Getenv(rawVariable) != "" {
		serveRaw()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// settings are the command line.
type settings struct {
	browsers, teams, users, calls int
	languages                     int
	changes                       float64 // per second
	burst                         int
	duration, idle                time.Duration
	raw                           bool
	rounds                        int
	stopped                       share
	restart, kill, upgrade        bool
	nodes                         int // 0: one with SQLite
	postgres                      string
	program                       string
}

// A share is a part of something, written as "10%".
type share float64

// String implements [flag.Value].
func (s *share) String() string { return strconv.FormatFloat(100*float64(*s), 'g', -1, 64) + "%" }

// Set implements [flag.Value].
func (s *share) Set(text string) error {
	percent, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	if err != nil || !(percent >= 0 && percent < 100) {
		return errors.New("not a percentage from 0% to 99%")
	}
	*s = share(percent / 100)
	return nil
}

func parse(args []string, stderr io.Writer) (s settings, err error) {
	f := flag.NewFlagSet("load", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.IntVar(&s.browsers, "browsers", 500, "open boards, spread over the teams")
	f.IntVar(&s.teams, "teams", 100, "sipgate accounts")
	f.IntVar(&s.users, "users", 0, "members of each team; further browsers are tabs of the same members (default: as many as browsers, 3 to 50)")
	f.IntVar(&s.languages, "languages", 1, "1: all boards are German; 2: every other one is English")
	f.IntVar(&s.calls, "calls", 300, "calls on all boards together")
	f.Float64Var(&s.changes, "changes", 20, "changes per second, over all teams")
	f.IntVar(&s.burst, "burst", 1, "how many changes happen at once")
	f.DurationVar(&s.duration, "for", 30*time.Second, "how long to measure")
	f.DurationVar(&s.idle, "idle", 10*time.Second, "how long to measure before the first change")
	f.BoolVar(&s.raw, "raw", false, "take turns with plain TCP, and print the ratio")
	f.IntVar(&s.rounds, "rounds", 3, "turns of each with -raw")
	f.Var(&s.stopped, "stopped", "share of the browsers that stop reading, such as 10%")
	f.BoolVar(&s.restart, "restart", false, "restart Callboard in the end, and measure until all browsers have the truth again")
	f.IntVar(&s.nodes, "nodes", 0, "processes of Callboard with one PostgreSQL (default: one with SQLite)")
	f.StringVar(&s.postgres, "postgres", "", "address of an empty PostgreSQL database for the nodes (default: start a server)")
	f.BoolVar(&s.kill, "kill", false, "kill one of the nodes in the end, and measure until all browsers have the truth again")
	f.BoolVar(&s.upgrade, "upgrade", false, "replace each node by a new process in the end while calls go on")
	f.StringVar(&s.program, "program", "", "a Callboard that is built already (default: build it)")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if f.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if !s.raw {
		s.rounds = 1
	}
	if s.users == 0 {
		s.users = min(max(3, (s.browsers+s.teams-1)/max(s.teams, 1)), 50)
	}
	return s, s.check()
}

func (s *settings) check() error {
	switch {
	case s.teams < 1 || s.teams > 499 || s.users < 3 || s.users > 500:
		return errors.New("teams must be from 1 to 499, users from 3 to 500")
	case s.browsers < s.teams || s.browsers > 9000:
		return errors.New("browsers must be from the number of teams to 9000")
	case !(s.changes > 0 && s.changes <= 1000) || s.burst < 1 || s.calls < 0:
		return errors.New("changes must be above 0 and at most 1000, burst from 1, calls from 0")
	case s.languages != 1 && s.languages != 2:
		return errors.New("languages must be 1 or 2")
	case s.nodes < 0 || s.nodes > 20 || s.kill && (s.nodes < 2 || s.restart):
		return errors.New("nodes must be from 0 to 20; -kill needs two, and no -restart")
	case s.upgrade && (s.nodes < 2 || s.restart || s.kill):
		return errors.New("-upgrade needs two nodes, and neither -restart nor -kill")
	case s.duration < time.Second || s.idle < time.Second || s.rounds < 1:
		return errors.New("-for and -idle must be 1s or more, -rounds 1 or more")
	}
	return nil
}

// errLost is returned when a browser did not get a change that it may see.
var errLost = errors.New("changes were lost")

// run does what the command line says and prints the results.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "callboard-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	l := &load{settings: s, dir: dir, progress: stderr}
	l.ctx, l.cancel = context.WithCancel(ctx)
	defer l.close()
	if err := l.setUp(); err != nil {
		return err
	}
	if err := l.measure(); err != nil {
		return err
	}
	l.report.print(stdout)
	if l.report.lost > 0 {
		return errLost
	}
	return nil
}
