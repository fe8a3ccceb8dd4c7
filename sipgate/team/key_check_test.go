package team

import (
	"testing"
	"time"

	"callboard/web/database"
)

// CheckKey tells whose grants a key opens, and ForgetKey lets another key be
// used.
func TestCheckKey(t *testing.T) {
	db := newTeamDB(t)
	if _, err := db.Exec(`insert into people (account, user_id, name, role, shares, lendable, removed, joined_at, seen_at)
		values ($1, $2, 'Ada', 'agent', true, true, false, 1, 1)`, ada.Account, string(ada.User)); err != nil {
		t.Fatal(err)
	}
	check := func(key *Key, fits bool, kept int, lost ...MemberID) {
		t.Helper()
		c, err := CheckKey(t.Context(), db, key, database.HasTables)
		if err != nil || c.Fits != fits || c.Usable != kept || len(c.Lost) != len(lost) {
			t.Fatalf("%+v, %v; want %v, %d, %v", c, err, fits, kept, lost)
		}
		for i := range lost {
			if c.Lost[i].MemberID != lost[i] {
				t.Errorf("lost %v, want %v", c.Lost, lost)
			}
		}
	}
	check(nil, true, 0)
	check(&testKey, true, 0)

	g := openGrants(t, db, &scriptedRefresher{})
	put(t, g, ada, "AT", "RT", time.Hour)
	put(t, g, bob, "AT", "RT", time.Hour)
	put(t, g, tom, "AT", "RT", time.Hour)
	if _, err := db.Exec(`update grants set dead_since = 1 where user_id = $1 and account = $2`, string(tom.User), tom.Account); err != nil {
		t.Fatal(err)
	}
	check(&testKey, true, 2)
	check(nil, false, 0, ada, bob)
	check(&otherKey, false, 0, ada, bob)
	if c, _ := CheckKey(t.Context(), db, nil, database.HasTables); c.Lost[0].Name != "Ada" && c.Lost[1].Name != "Ada" {
		t.Errorf("without names: %+v", c.Lost)
	}

	// One grant that is damaged is one member's matter.
	if _, err := db.Exec(`update grants set sealed = $1 where user_id = $2 and account = $3`, []byte{1, 2}, string(bob.User), bob.Account); err != nil {
		t.Fatal(err)
	}
	check(&testKey, true, 1, bob)

	if err := ForgetKey(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	check(&otherKey, true, 0)
	if g, err := NewGrants(db, otherKey, &scriptedRefresher{}, testLogger(t)); err != nil {
		t.Errorf("the other key: %v", err)
	} else {
		g.Close()
	}
}

// A database in which nobody has ever signed in has no tables yet.
func TestCheckKeyWithoutTables(t *testing.T) {
	db, err := openDBFile(t.TempDir() + "/empty.db")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if c, err := CheckKey(t.Context(), db, nil, database.HasTables); err != nil || !c.Fits {
		t.Errorf("%+v, %v", c, err)
	}
}
