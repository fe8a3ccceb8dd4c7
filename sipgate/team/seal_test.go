package team

import (
	"errors"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
)

// TestTamperedGrants changes stored grants behind the back of the program.
func TestTamperedGrants(t *testing.T) {
	t.Run("swapped rows", func(t *testing.T) {
		s := &scriptedRefresher{}
		db := newGrantsDB(t)
		g := openGrants(t, db, s)
		put(t, g, ada, "AT-a", "RT-a", expired)
		put(t, g, bob, "AT-b", "RT-b", expired)
		_, err := db.Exec(`update grants set generation = 7, sealed =
			(select g.sealed from grants g where g.account <> grants.account)`)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []MemberID{ada, bob} {
			_, err := g.Credentials(m).Authorization(t.Context())
			wantKind(t, err, sipgate.Unauthorized)
		}
		s.wantSent(t)
		put(t, g, ada, "AT-c", "RT-c", time.Hour)
		if h := header(t, g, ada); h != "Bearer AT-c" {
			t.Errorf("header %q after signing in", h)
		}
	})
	t.Run("older generation", func(t *testing.T) {
		db := newGrantsDB(t)
		g := openGrants(t, db, &scriptedRefresher{})
		put(t, g, ada, "AT-a", "RT-a", expired)
		var old []byte
		if err := db.QueryRow(`select sealed from grants`).Scan(&old); err != nil {
			t.Fatal(err)
		}
		put(t, g, ada, "AT-b", "RT-b", expired)
		if _, err := db.Exec(`update grants set sealed = $1`, old); err != nil {
			t.Fatal(err)
		}
		_, err := g.Credentials(ada).Authorization(t.Context())
		wantKind(t, err, sipgate.Unauthorized)
	})
	t.Run("wrong key", func(t *testing.T) {
		db := newGrantsDB(t)
		put(t, openGrants(t, db, &scriptedRefresher{}), ada, "AT-a", "RT-a", time.Hour)
		_, err := NewGrants(db, otherKey, &scriptedRefresher{}, testLogger(t))
		if !errors.Is(err, ErrWrongKey) || strings.Contains(err.Error(), "another key of") {
			t.Errorf("error %v", err)
		}
		if stored(t, db, ada).refreshToken != "RT-a" {
			t.Error("a start with the wrong key changed the grant")
		}
	})
	t.Run("changed bytes", func(t *testing.T) {
		sealer, err := newSealer(testKey)
		if err != nil {
			t.Fatal(err)
		}
		sealed := sealer.seal("RT", "here")
		for i := range sealed {
			sealed[i] ^= 1
			if _, err := sealer.open(sealed, "here"); !errors.Is(err, errSealBroken) {
				t.Errorf("byte %d changed: %v", i, err)
			}
			sealed[i] ^= 1
			if _, err := sealer.open(sealed[:i], "here"); !errors.Is(err, errSealBroken) {
				t.Errorf("%d bytes: %v", i, err)
			}
		}
		if plain, err := sealer.open(sealed, "here"); plain != "RT" || err != nil {
			t.Errorf("%q, %v", plain, err)
		}
	})
	t.Run("bindings", func(t *testing.T) {
		seen := map[string]MemberID{}
		for _, m := range []MemberID{{"1", "2"}, {"12", ""}, {"", "12"}, {`1" "2`, ""}, {`1`, `" "2`}, {"1", "2 3"}} {
			if other, ok := seen[grantBinding(m, 3)]; ok {
				t.Errorf("%q and %q have the same binding", m, other)
			}
			seen[grantBinding(m, 3)] = m
		}
	})
}
