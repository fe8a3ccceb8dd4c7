package databasetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/lib/pq" // the driver "postgres"

	"callboard/web/freeport"
)

// Where the tests get PostgreSQL from.
const (
	// serverVariable names a running server by a URL whose user may create
	// databases. Without it, each test program starts a server of its own.
	serverVariable = "CALLBOARD_TEST_POSTGRES"

	// requiredVariable set to "required" fails tests that would be skipped.
	requiredVariable = "CALLBOARD_POSTGRES_TESTS"
)

// errNoPostgres is returned where the programs of PostgreSQL are not installed.
var errNoPostgres = errors.New("PostgreSQL is not installed: no initdb beside a postgres, in the path or below /usr/lib/postgresql")

// server starts the server of this test program, or finds the one that is named. It
// holds it: a server ends when nothing refers to it any more.
var server = sync.OnceValues(func() (*Server, error) {
	named := os.Getenv(serverVariable)
	if named == "" {
		return StartPostgres()
	}
	at, err := url.Parse(named)
	return &Server{URL: at}, err
})

// databases counts those that this test program has created.
var databases atomic.Int64

// program is in the names of the databases of this test program.
var program = fmt.Sprintf("%d_%d", os.Getpid(), time.Now().UnixNano()%1e9)

// Postgres returns the URL of a new, empty PostgreSQL database. The end of the test
// removes it. The test is skipped where there is no PostgreSQL.
func Postgres(t testing.TB) string {
	t.Helper()
	s, err := server()
	skipWithout(t, err)
	address := s.create(t, "template1")
	t.Cleanup(func() {
		if err := s.drop(context.Background(), address); err != nil {
			t.Error(err)
		}
	})
	return address
}

// keeper makes the directory $1 and does what it reads, stop and start, until its input
// ends, which it does with the program that started it, however that ends. Then it
// removes the directory.
const keeper = `
end() { kill -INT $! 2>/dev/null; wait; rm -rf "$1"; exit 0; }
fail() { cat "$1/log"; rm -rf "$1"; exit 1; }
start() {
	: >"$1/log"
	$4 "$2/postgres" -D "$1/data" -p "$3" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c full_page_writes=off \
		-c synchronous_commit=off -c max_connections=300 -c shared_buffers=32MB >>"$1/log" 2>&1 &
	until grep -q "ready to accept connections" "$1/log"; do kill -0 $! || fail "$1"; sleep 0.05; done
	echo started
}
$4 "$2/initdb" -D "$1/data" -U callboard -A trust --no-sync --locale=C.UTF-8 >"$1/log" 2>&1 || fail "$1"
start "$@"
while read -r order; do
	case $order in
	stop) kill -INT $!; wait; echo stopped ;;
	start) start "$@" ;;
	esac
done
end "$1"
`

// A Server is a PostgreSQL server of this program.
type Server struct {
	URL *url.URL // of its first database

	orders io.WriteCloser
	says   *bufio.Scanner
}

// StartPostgres starts a PostgreSQL server with a new directory, as an ordinary user
// also where root runs the tests. The server ends with this process.
func StartPostgres() (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "callboard-postgres-")
	if err != nil {
		return nil, err
	}
	addr, err := freeport.Addr()
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(addr)
	as, err := ordinaryUser(dir)
	if err != nil {
		return nil, err
	}
	c := exec.Command("sh", "-c", keeper, "sh", dir, bin, port, as)
	c.Dir = dir
	s := &Server{URL: &url.URL{Scheme: "postgres", User: url.User("callboard"), Host: net.JoinHostPort("127.0.0.1", port), Path: "/postgres", RawQuery: "sslmode=disable"}}
	if s.orders, err = c.StdinPipe(); err != nil {
		return nil, err
	}
	output, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.says = bufio.NewScanner(output)
	if err := c.Start(); err != nil {
		return nil, err
	}
	return s, s.await("started")
}

// await reads what the keeper says until it says word.
func (s *Server) await(word string) error {
	var said []string
	for s.says.Scan() {
		if s.says.Text() == word {
			return nil
		}
		said = append(said, s.says.Text())
	}
	return fmt.Errorf("PostgreSQL is not %s: %s", word, strings.Join(said, "\n"))
}

// Stop stops the server, which ends all connections.
func (s *Server) Stop() error { return s.order("stop", "stopped") }

// Start starts a server that was stopped, with the same address and data.
func (s *Server) Start() error { return s.order("start", "started") }

func (s *Server) order(order, done string) error {
	if _, err := fmt.Fprintln(s.orders, order); err != nil {
		return err
	}
	return s.await(done)
}

// Close stops the server and removes its data.
func (s *Server) Close() error { return s.orders.Close() }

// OwnPostgres returns a server that this test may stop. The test is skipped where there
// is no PostgreSQL.
func OwnPostgres(t testing.TB) *Server {
	t.Helper()
	s, err := StartPostgres()
	skipWithout(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// skipWithout ends a test that has no server.
func skipWithout(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, errNoPostgres) && os.Getenv(requiredVariable) != "required" {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
}

// ordinaryUser returns what begins a command that is not to run as root: nothing, unless
// root runs the tests. PostgreSQL refuses to run as root. The directory belongs to the
// user then.
func ordinaryUser(dir string) (string, error) {
	if os.Getuid() != 0 {
		return "", nil
	}
	ordinary, err := user.Lookup("nobody")
	if err != nil {
		return "", err
	}
	uid, err := strconv.Atoi(ordinary.Uid)
	if err != nil {
		return "", err
	}
	gid, err := strconv.Atoi(ordinary.Gid)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("setpriv --reuid=%d --regid=%d --clear-groups", uid, gid), os.Chown(dir, uid, gid)
}

// programs returns the directory with the programs of the newest PostgreSQL.
func programs() (string, error) {
	var dirs []string
	if found, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(found))
	}
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is valid
	slices.Sort(debian)
	slices.Reverse(debian)
	for _, dir := range append(dirs, debian...) {
		if _, err := os.Stat(filepath.Join(dir, "postgres")); err == nil {
			return dir, nil
		}
	}
	return "", errNoPostgres
}
