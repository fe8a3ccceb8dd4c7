package database_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"callboard/web/database"
	"callboard/web/database/databasetest"
)

// openPostgres opens the PostgreSQL database at address until the end of the test.
func openPostgres(t *testing.T, address string) *database.DB {
	t.Helper()
	db, err := database.OpenPostgres(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// noOwners leave only the table of upgrades.
var noOwners = map[string]fs.FS{}

// counted are owners whose migration counts how often it was made.
var counted = map[string]fs.FS{"counted": fstest.MapFS{
	"00001_made.sql": {Data: []byte("-- +goose Up\ncreate table made (n bigint not null);\ninsert into made values (1);\nselect pg_sleep(0.2);")},
	"00002_more.sql": {Data: []byte("-- +goose Up\ninsert into made values (2);")},
}}

func TestProgramsThatStartAtOnceMigrateOnce(t *testing.T) {
	address := databasetest.Postgres(t)
	var programs sync.WaitGroup
	for range 3 {
		db := openPostgres(t, address)
		programs.Go(func() {
			if err := database.MigrateAlone(t.Context(), db.DB, "v2", counted); err != nil {
				t.Error(err)
			}
		})
	}
	programs.Wait()
	db := openPostgres(t, address)
	var n, versions int
	if err := db.QueryRow(`select count(*), (select count(*) from goose_counted where version_id > 0) from made`).Scan(&n, &versions); err != nil || n != 2 || versions != 2 {
		t.Errorf("%d rows, %d versions, %v", n, versions, err)
	}
	if program, _, err := database.LastUpgrade(t.Context(), db.DB); program != "v2" || err != nil {
		t.Errorf("upgraded by %q, %v", program, err)
	}
	if err := database.Migrate(t.Context(), db.DB, "v1", noOwners); err == nil || !strings.Contains(err.Error(), "it needs v2 or newer") {
		t.Errorf("an older program: %v", err)
	}
}

func TestPostgresComesBackWithoutARestart(t *testing.T) {
	t.Parallel()
	server := databasetest.OwnPostgres(t)
	db := openPostgres(t, server.URL.String())
	if err := database.Migrate(t.Context(), db.DB, "v1", noOwners); err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	probe := func() error { // Ready asks at most once a second
		_, err := db.ExecContext(t.Context(), `update database_upgrades set program = program`)
		return err
	}
	if err := errors.Join(probe(), db.Ready(t.Context())); err != nil {
		t.Fatal(err)
	}
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	_, inTx := tx.ExecContext(t.Context(), `update database_upgrades set program = 'v2'`)
	for name, err := range map[string]error{"statement": probe(), "in a transaction": inTx, "commit": tx.Commit()} {
		if database.FailureOf(err) != database.Gone && !errors.Is(err, sql.ErrTxDone) {
			t.Errorf("%s: %v is %q", name, err, database.FailureOf(err))
		}
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	if err := probe(); err != nil {
		t.Errorf("after the restart: %v", err)
	}
	var program string
	if err := db.QueryRow(`select program from database_upgrades`).Scan(&program); err != nil || program != "v1" {
		t.Errorf("%q, %v", program, err)
	}
}

func TestFailuresOfPostgres(t *testing.T) {
	address := databasetest.Postgres(t)
	db := openPostgres(t, address)
	fail := func(statements string) error {
		t.Helper()
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, err = conn.ExecContext(t.Context(), statements)
		if err == nil {
			t.Errorf("%s: no error", statements)
		}
		return err
	}
	for statements, want := range map[string]database.Failure{
		`set local statement_timeout = 50; select pg_sleep(10)`:           database.Busy,
		`set transaction read only; create table t (v text)`:              database.ReadOnly,
		`do $$ begin raise exception 'x' using errcode = '53100'; end $$`: database.Full,
		`do $$ begin raise exception 'x' using errcode = '53300'; end $$`: database.Busy,
		`do $$ begin raise exception 'x' using errcode = '40001'; end $$`: database.Busy,
		`select 1 from missing`: database.None,
		`do $$ begin raise exception 'x' using errcode = '23505'; end $$`:                         database.None,
		`do $$ begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1); end $$`: database.Gone,
	} {
		if err := fail(statements); database.FailureOf(err) != want {
			t.Errorf("%s: %v is %q, want %q", statements, err, database.FailureOf(err), want)
		}
	}
	if _, err := db.Exec(`select 1`); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestPostgresAddresses(t *testing.T) {
	for _, address := range []string{"", "callboard.db", "mysql://h/d", "postgres:x", "postgres://u:hunter2@h:port/d", "postgres://u:hunter2@h/d?sslmode=maybe",
		"postgres://u:hun%20ter2@h/d?connect_timeout=x", "postgres://u@h/d?password=hunter2&sslmode=maybe"} {
		err := database.CheckPostgres(address)
		if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "hun") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", address, err)
		}
	}
	for address, want := range map[string]string{
		"postgres://u@localhost/d": "disable", "postgres://u@127.0.0.1/d": "disable", "postgres://u@[::1]:5433/d": "disable", "postgres:///d?host=/run/postgresql": "disable",
		"postgres://u@db.example.com/d": "verify-full", "postgres://u@10.0.0.1/d": "verify-full", "postgres://u@localhost,db.example.com/d": "verify-full",
		"postgres://u@db.example.com/d?sslmode=require": "require",
	} {
		if got, err := database.SSLMode(address); got != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", address, got, err, want)
		}
	}
}

// Whoever cannot sign in learns why, and no password.
func TestPostgresRefusals(t *testing.T) {
	u, err := url.Parse(databasetest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("nobody_such", "hunter2")
	_, err = database.OpenPostgres(t.Context(), u.String())
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "nobody_such") || database.FailureOf(err) != database.Gone {
		t.Errorf("%v, %q", err, database.FailureOf(err))
	}
	u.Host = "127.0.0.1:1"
	_, err = database.OpenPostgres(t.Context(), u.String())
	if err == nil || !strings.Contains(err.Error(), "refused") || database.FailureOf(err) != database.Gone {
		t.Errorf("%v, %q", err, database.FailureOf(err))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := database.OpenPostgres(ctx, u.String()); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestPostgresIsMeasuredAndNotBackedUp(t *testing.T) {
	db := openPostgres(t, databasetest.Postgres(t))
	if err := database.Migrate(t.Context(), db.DB, "v1", noOwners); err != nil {
		t.Fatal(err)
	}
	size, free, err := db.Space(t.Context())
	if size < 1<<20 || free != -1 || err != nil {
		t.Errorf("%d, %d, %v", size, free, err)
	}
	if !db.Shared() || !db.InUse() {
		t.Error("nobody else may have it open")
	}
	if err := db.Backup(t.Context(), "x.db"); !errors.Is(err, database.ErrPostgres) {
		t.Errorf("Backup: %v", err)
	}
	if err := database.Compact(t.Context(), db.DB); err != nil {
		t.Errorf("Compact: %v", err)
	}
}

// A database that cannot hold all texts is refused.
func TestPostgresInAnotherEncoding(t *testing.T) {
	address := databasetest.Postgres(t)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/") + "_ascii"
	db := openPostgres(t, address)
	if _, err := db.Exec(`create database ` + name + ` encoding 'SQL_ASCII' locale 'C' template template0`); err != nil {
		t.Fatal(err)
	}
	defer db.Exec(`drop database ` + name + ` with (force)`)
	u.Path = "/" + name
	if db, err := database.OpenPostgres(t.Context(), u.String()); err == nil || !strings.Contains(err.Error(), "create it with encoding 'UTF8'") {
		t.Errorf("%v, %v", db, err)
	}
}
