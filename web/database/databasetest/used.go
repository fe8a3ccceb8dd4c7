package databasetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"testing"
)

// used are the databases that ended tests have left, by template. To empty one takes
// many times less than to make one.
var used = map[string][]string{}

// take returns the address of an empty database made by a template, which belongs to
// the test until its end.
func (s *Server) take(t testing.TB, template string) string {
	t.Helper()
	mu.Lock()
	left := used[template]
	var address string
	if len(left) > 0 {
		address, used[template] = left[len(left)-1], left[:len(left)-1]
	}
	mu.Unlock()
	if address == "" {
		address = s.create(t, template)
	}
	t.Cleanup(func() {
		// The test's own context is done.
		if err := s.put(context.Background(), template, address); err != nil {
			t.Error(err)
		}
	})
	return address
}

// empty removes all rows, and ends the connections that a test has left.
const empty = `
set session_replication_role = replica;
do $$ declare t text; begin
	perform pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid();
	for t in select tablename from pg_tables where schemaname = 'public' and tablename not like 'goose%' and tablename <> 'database_upgrades' loop
		execute format('delete from %I', t);
	end loop;
end $$`

// tables describes all tables, indexes and triggers.
const tables = `select md5(
	(select coalesce(string_agg(relname || '-' || relkind::text, ',' order by relname), '') from pg_class where relnamespace = 'public'::regnamespace) ||
	(select coalesce(string_agg(tgname, ',' order by tgname), '') from pg_trigger where not tgisinternal) ||
	(select coalesce(string_agg(attrelid::regclass::text || '-' || attname || '-' || atttypid::text, ',' order by attrelid, attnum), '')
		from pg_attribute a join pg_class c on c.oid = a.attrelid where relnamespace = 'public'::regnamespace and not attisdropped))`

// intact are the descriptions of the tables of new databases, by template.
var intact = map[string]string{}

// put takes a database back from a test. It drops one whose tables the test has changed.
func (s *Server) put(ctx context.Context, template, address string) error {
	db, err := sql.Open("postgres", address)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	var now string
	if err := db.QueryRowContext(ctx, tables).Scan(&now); err != nil {
		return err
	}
	mu.Lock()
	before := intact[template]
	mu.Unlock()
	if now != before {
		return errors.Join(db.Close(), s.drop(ctx, address))
	}
	if _, err := db.ExecContext(ctx, empty); err != nil {
		return err
	}
	mu.Lock()
	defer mu.Unlock()
	used[template] = append(used[template], address)
	return nil
}

// describe remembers how the tables of a template are.
func describe(ctx context.Context, template, address string) error {
	mu.Lock()
	defer mu.Unlock()
	if intact[template] != "" {
		return nil
	}
	db, err := sql.Open("postgres", address)
	if err != nil {
		return err
	}
	defer db.Close()
	var now string
	err = db.QueryRowContext(ctx, tables).Scan(&now)
	intact[template] = now
	return err
}

// dropUsed drops the databases that tests have left.
func dropUsed(ctx context.Context) error {
	s, err := server()
	if err != nil {
		return err
	}
	mu.Lock()
	defer mu.Unlock()
	var errs []error
	for _, left := range used {
		for _, address := range left {
			errs = append(errs, s.drop(ctx, address))
		}
	}
	clear(used)
	return errors.Join(errs...)
}

// create creates a copy of the database template, which has no connection.
func (s *Server) create(t testing.TB, template string) string {
	t.Helper()
	name := fmt.Sprintf("test_%s_%d", program, databases.Add(1))
	if err := s.exec(t.Context(), fmt.Sprintf("create database %s template %s strategy file_copy", name, template)); err != nil {
		t.Fatal(err)
	}
	own := *s.URL
	own.Path = "/" + name
	if err := describe(t.Context(), template, own.String()); err != nil {
		t.Fatal(err)
	}
	return own.String()
}

// drop drops the database at an address.
func (s *Server) drop(ctx context.Context, address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	return s.exec(ctx, fmt.Sprintf("drop database %s with (force)", u.Path[1:]))
}

// exec executes a statement on a connection of its own: those of many test programs
// share one server.
func (s *Server) exec(ctx context.Context, statement string) error {
	db, err := sql.Open("postgres", s.URL.String())
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statement)
	return err
}
