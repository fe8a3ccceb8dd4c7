package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/lib/pq"
)

// Limits of the connections to PostgreSQL.
const (
	maxConnections = 20
	idleTime       = 5 * time.Minute
	connectTimeout = 5 * time.Second

	// statementTimeout is after what time the server ends a statement. It may take a
	// little longer until its answer is here: answerTimeout.
	statementTimeout = 10 * time.Second
	answerTimeout    = statementTimeout + 2*time.Second
	lockTimeout      = 5 * time.Second

	// idleInTransaction is after what time the server ends a transaction whose program
	// does nothing, such as one that was stopped: it holds up others.
	idleInTransaction = 10 * time.Second
)

// OpenPostgres opens the PostgreSQL database at address, a URL
// postgres://USER:PASSWORD@HOST/NAME with the parameters of libpq. Any number of
// programs may have it open.
//
// A committed transaction survives a killed process. Transactions are "read
// committed": one that reads first and writes later locks what it read. Statements
// end after 10 s, waits for a lock after 5 s. Connections that fail are replaced: when
// the server was restarted, the next statement works. No statement is sent again if the
// server may have carried it out.
//
// Unless sslmode is given, connections to other machines are encrypted, and the
// server's certificate is verified (verify-full). No error names the password.
func OpenPostgres(ctx context.Context, address string) (*DB, error) {
	c, err := newConnector(address)
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(c)
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections) // a new one costs both sides some ms
	pool.SetConnMaxIdleTime(idleTime)
	ctx, cancel := context.WithTimeout(ctx, 2*connectTimeout)
	defer cancel()
	if err := suitable(ctx, pool); err != nil {
		pool.Close()
		return nil, fmt.Errorf("database %s: %w", c.name(), err)
	}
	return &DB{DB: pool, server: c}, nil
}

// minVersion is the oldest version of PostgreSQL that is maintained.
const minVersion = 13

// suitable returns an error for a database that does not answer or cannot hold all texts.
func suitable(ctx context.Context, db *sql.DB) error {
	var version int
	var encoding string
	err := db.QueryRowContext(ctx, `select current_setting('server_version_num')::bigint / 10000, current_setting('server_encoding')`).Scan(&version, &encoding)
	switch {
	case err != nil:
		return err
	case version < minVersion:
		return fmt.Errorf("PostgreSQL %d is too old, %d is needed", version, minVersion)
	case encoding != "UTF8":
		return fmt.Errorf("its encoding is %s: create it with encoding 'UTF8'", encoding)
	}
	return nil
}

// CheckPostgres returns an error for an address that [OpenPostgres] cannot use. It
// connects to nothing.
func CheckPostgres(address string) error {
	_, err := newConnector(address)
	return err
}

// errAddress says what an address is, without that which was given: it may have a
// password.
var errAddress = errors.New("must be an address such as postgres://USER:PASSWORD@HOST/NAME?sslmode=verify-full")

// A connector opens connections to one PostgreSQL database.
type connector struct {
	config pq.Config
	answer time.Duration // limits the wait for the server; 0: nothing does
}

// newConnector returns the connector of an address, with our time limits unless the
// address has its own.
func newConnector(address string) (*connector, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Opaque != "" {
		return nil, errAddress
	}
	config, err := pq.NewConfig(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", errAddress, withoutPassword(err, u))
	}
	if config.SSLMode == "" {
		config.SSLMode = pq.SSLModeVerifyFull
		if local(config) {
			config.SSLMode = pq.SSLModeDisable
		}
	}
	if config.ConnectTimeout <= 0 {
		config.ConnectTimeout = connectTimeout
	}
	if config.ApplicationName == "" {
		config.ApplicationName = "callboard"
	}
	if config.TargetSessionAttrs == "" {
		config.TargetSessionAttrs = pq.TargetSessionAttrsReadWrite // after a failover: the server that took over
	}
	config.BinaryParameters = true // one way there and back for each statement
	limits := map[string]time.Duration{"statement_timeout": statementTimeout, "lock_timeout": lockTimeout, "idle_in_transaction_session_timeout": idleInTransaction}
	for name, limit := range limits {
		if _, given := config.Runtime[name]; !given {
			config = withRuntime(config, name, limit)
		}
	}
	return &connector{config, answerTimeout}, nil
}

// withRuntime returns config with a time limit of the server.
func withRuntime(config pq.Config, name string, limit time.Duration) pq.Config {
	config = config.Clone()
	config.Runtime[name] = fmt.Sprint(limit.Milliseconds())
	return config
}

// unlimited returns a connector for statements that may take long, such as migrations.
func (c *connector) unlimited() *connector {
	config := c.config
	for _, name := range []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"} {
		config = withRuntime(config, name, 0)
	}
	return &connector{config, 0}
}

// local reports whether the database is on this machine.
func local(config pq.Config) bool {
	hosts := []string{config.Host}
	for _, m := range config.Multi {
		hosts = append(hosts, m.Host)
	}
	for _, host := range hosts {
		ip := net.ParseIP(host)
		if host != "localhost" && !strings.HasPrefix(host, "/") && (ip == nil || !ip.IsLoopback()) {
			return false
		}
	}
	return !config.Hostaddr.IsValid() || config.Hostaddr.IsLoopback()
}

// withoutPassword returns the text of an error in one line without the password of u.
func withoutPassword(err error, u *url.URL) string {
	text := oneLine(err)
	for _, secret := range []string{first(u.User.Password()), u.Query().Get("password")} {
		if secret != "" {
			text = strings.ReplaceAll(strings.ReplaceAll(text, secret, "…"), url.QueryEscape(secret), "…")
		}
	}
	return text
}

func first(s string, _ bool) string { return s }

// name returns where the database is, without the password.
func (c *connector) name() string {
	return fmt.Sprintf("%s at %s:%d", c.config.Database, c.config.Host, c.config.Port)
}
