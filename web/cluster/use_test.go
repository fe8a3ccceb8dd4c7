package cluster

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"callboard/web/database"
	"callboard/web/database/databasetest"
)

// Nodes share a database with nodes, and a program that is alone with none.
func TestUse(t *testing.T) {
	t.Parallel()
	at := databasetest.Postgres(t)
	log := slog.New(slog.DiscardHandler)
	use := func(ctx context.Context, alone bool) (context.Context, func(), error) {
		t.Helper()
		db, err := database.OpenPostgres(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return Use(ctx, db.DB, alone, log)
	}
	refused := func(alone bool) {
		t.Helper()
		short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, _, err := use(short, alone); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("alone %v, beside another: %v", alone, err)
		}
	}
	taken := func(alone bool) func() {
		t.Helper()
		used, release, err := use(t.Context(), alone)
		if err != nil || used.Err() != nil {
			t.Fatalf("alone %v: %v", alone, err)
		}
		return release
	}
	one, two := taken(false), taken(false)
	refused(true)
	one()
	refused(true)
	two()
	alone := taken(true)
	refused(true)
	refused(false)
	alone()
	taken(true)()
}

// A program that finds another one when the database is back ends.
func TestUseIsLost(t *testing.T) {
	t.Parallel()
	server := databasetest.OwnPostgres(t)
	at := server.URL.String()
	log := slog.New(slog.DiscardHandler)
	first, err := database.OpenPostgres(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	used, release, err := Use(t.Context(), first.DB, true, log)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	second, err := database.OpenPostgres(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	_, release2, err := Use(t.Context(), second.DB, true, log) // comes first, or waits in vain
	switch {
	case errors.Is(err, ErrInUse):
		if used.Err() != nil {
			t.Errorf("nobody has it: %v", context.Cause(used))
		}
	case err != nil:
		t.Fatal(err)
	default:
		defer release2()
		<-used.Done()
		if !errors.Is(context.Cause(used), ErrInUse) {
			t.Errorf("lost because of %v", context.Cause(used))
		}
	}
}
