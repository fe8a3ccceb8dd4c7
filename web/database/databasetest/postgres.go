package databasetest

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
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

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
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

// server starts the server of this test program, or finds the one that is named.
var server = sync.OnceValues(func() (*url.URL, error) {
	if named := os.Getenv(serverVariable); named != "" {
		return url.Parse(named)
	}
	return StartPostgres()
})

// databases counts those that this test program has created.
var databases atomic.Int64

// Postgres returns the URL of a new, empty PostgreSQL database. The end of the test
// removes it. The test is skipped where there is no PostgreSQL.
func Postgres(t testing.TB) string {
	t.Helper()
	return newDatabase(t, "template1")
}

// newDatabase creates a copy of the database template, which has no connection.
func newDatabase(t testing.TB, template string) string {
	t.Helper()
	at, err := server()
	if errors.Is(err, errNoPostgres) && os.Getenv(requiredVariable) != "required" {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), databases.Add(1))
	// No pool: the connections of many test programs share one server.
	db, err := sql.Open("pgx", at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), fmt.Sprintf("create database %s template %s", name, template)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db, err := sql.Open("pgx", at.String())
		if err != nil {
			t.Error(err)
			return
		}
		defer db.Close()
		if _, err := db.ExecContext(context.Background(), fmt.Sprintf("drop database %s with (force)", name)); err != nil {
			t.Error(err)
		}
	})
	own := *at
	own.Path = "/" + name
	return own.String()
}

// keeper runs a server in the directory $1 until its input ends, which it does with
// the program that started it, however that ends. Then it removes the directory. $4
// begins the commands that are not to run as root.
const keeper = `
$4 "$2/initdb" -D "$1/data" -U callboard -A trust --no-sync --locale=C.UTF-8 >"$1/log" 2>&1 || { cat "$1/log"; rm -rf "$1"; exit 1; }
$4 "$2/postgres" -D "$1/data" -p "$3" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c full_page_writes=off \
	-c synchronous_commit=off -c max_connections=300 -c shared_buffers=32MB >>"$1/log" 2>&1 &
until grep -q "ready to accept connections" "$1/log"; do kill -0 $! || { cat "$1/log"; rm -rf "$1"; exit 1; }; sleep 0.05; done
echo ready
read -r _
kill -INT $!
wait $!
rm -rf "$1"
`

// StartPostgres starts a PostgreSQL server with a new directory, as an ordinary user
// also where root runs the tests, and returns the URL of its database. The server ends
// with this process.
func StartPostgres() (*url.URL, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "callboard-postgres-")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	as, err := ordinaryUser(dir)
	if err != nil {
		return nil, err
	}
	c := exec.Command("sh", "-c", keeper, "sh", dir, bin, port, as)
	c.Dir = dir
	if _, err := c.StdinPipe(); err != nil {
		return nil, err
	}
	output, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(output)
	var said []string
	for lines.Scan() {
		if lines.Text() == "ready" {
			return &url.URL{Scheme: "postgres", User: url.User("callboard"), Host: net.JoinHostPort("127.0.0.1", port), Path: "/postgres", RawQuery: "sslmode=disable"}, nil
		}
		said = append(said, lines.Text())
	}
	return nil, fmt.Errorf("PostgreSQL did not start: %s", strings.Join(said, "\n"))
}

// ordinaryUser returns what begins a command that is not to run as root: nothing, unless
// root runs the tests. PostgreSQL refuses to run as root. The directory belongs to the
// user then.
func ordinaryUser(dir string) (string, error) {
	if os.Getuid() != 0 {
		return "", nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return "", err
	}
	uid, err := strconv.Atoi(nobody.Uid)
	if err != nil {
		return "", err
	}
	gid, err := strconv.Atoi(nobody.Gid)
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

// freePort returns a port at which nothing listens.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
