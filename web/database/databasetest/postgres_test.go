package databasetest

import (
	"database/sql"
	"testing"
)

func TestEachTestHasAPostgresDatabaseOfItsOwn(t *testing.T) {
	for range 2 {
		db, err := sql.Open("postgres", Postgres(t))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.ExecContext(t.Context(), "create table here (n bigint primary key)"); err != nil {
			t.Fatal(err)
		}
	}
}
