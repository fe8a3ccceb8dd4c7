package databasetest

import (
	"database/sql"
	"fmt"
	"testing"
)

// Refuse lets the database refuse the events ("insert", "update", "delete") of a table
// with an error that has the message, until allow is called.
func Refuse(t testing.TB, db *sql.DB, message, table string, events ...string) (allow func()) {
	t.Helper()
	exec := func(format string, args ...any) {
		t.Helper()
		if _, err := db.Exec(fmt.Sprintf(format, args...)); err != nil {
			t.Fatal(err)
		}
	}
	drop := "drop trigger refuse_%s"
	if onPostgres {
		drop += " on " + table
		exec(`create or replace function refuse() returns trigger language plpgsql as $$ begin raise exception '%%', tg_argv[0]; end $$`)
	}
	for _, event := range events {
		if onPostgres {
			exec(`create trigger refuse_%s before %[1]s on %s for each row execute function refuse('%s')`, event, table, message)
		} else {
			exec(`create trigger refuse_%s before %[1]s on %s begin select raise(abort, '%s'); end`, event, table, message)
		}
	}
	return func() {
		t.Helper()
		for _, event := range events {
			exec(drop, event)
		}
	}
}
