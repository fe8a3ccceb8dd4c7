package team

import (
	"errors"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/web/database/databasetest"
)

// A sign-out that the database does not take loses nothing: the grant stays
// usable, and a later sign-out returns its refresh token.
func TestFailedDropKeepsTheGrant(t *testing.T) {
	db := newGrantsDB(t)
	g := openGrants(t, db, &scriptedRefresher{})
	put(t, g, ada, "A1", "R1", time.Hour)
	allow := databasetest.Refuse(t, db, "full", "grants", "delete")
	if refresh, err := g.Drop(t.Context(), ada); err == nil || refresh != "" {
		t.Errorf("dropped: %q, %v", refresh, err)
	}
	if s := g.State(ada); s != StateOK {
		t.Errorf("then it is %v", s)
	}
	if header, err := g.Credentials(ada).Authorization(t.Context()); header != "Bearer A1" || err != nil {
		t.Errorf("then it gives %q, %v", header, err)
	}
	allow()
	if refresh, err := g.Drop(t.Context(), ada); err != nil || refresh != "R1" || g.State(ada) != StateNeedsLogin {
		t.Errorf("dropped again: %q, %v, %v", refresh, err, g.State(ada))
	}
}

// A grant that cannot be decrypted is worthless: the member has to sign in, now
// and after a restart, and nothing is sent with it.
func TestUndecryptableGrantNeedsASignIn(t *testing.T) {
	db := newGrantsDB(t)
	r := &scriptedRefresher{}
	g := openGrants(t, db, r)
	put(t, g, ada, "A1", "R1", time.Nanosecond)
	if _, err := db.Exec(`update grants set sealed = $1`, []byte{keyVersion, 1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	if header, err := g.Credentials(ada).Authorization(t.Context()); header != "" || sipgate.KindOf(err) != sipgate.Unauthorized {
		t.Errorf("it gives %q, %v", header, err)
	}
	r.wantSent(t)
	for _, g := range []*Grants{g, openGrants(t, db, r)} {
		if s := g.State(ada); s != StateNeedsLogin {
			t.Errorf("it is %v", s)
		}
		if members, err := g.Members(t.Context(), ada.Account); len(members) != 0 || err != nil {
			t.Errorf("members %v, %v", members, err)
		}
	}
	put(t, g, ada, "A2", "R2", time.Hour)
	if g.State(ada) != StateOK {
		t.Error("a new sign-in does not replace it")
	}
}

// Grants that sipgate accepts no longer stay for a while, and are removed when
// another one ends after that.
func TestDeadGrantsAreRemovedInTheEnd(t *testing.T) {
	db := newGrantsDB(t)
	g := openGrants(t, db, &scriptedRefresher{replies: []scriptedReply{errorReply(400, "invalid_grant"), errorReply(400, "invalid_grant"), errorReply(400, "invalid_grant")}})
	rows := func() (n int) {
		t.Helper()
		if err := db.QueryRow(`select count(*) from grants`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	end := func(id MemberID) {
		t.Helper()
		put(t, g, id, "A", "R", time.Nanosecond)
		_, err := g.Credentials(id).Authorization(t.Context())
		wantKind(t, err, sipgate.Unauthorized)
	}
	old := MemberID{"111", "w8"}
	end(old)
	end(bob)
	if n := rows(); n != 2 {
		t.Errorf("%d grants while they are new", n)
	}
	if _, err := db.Exec(`update grants set dead_since = $1 where user_id = 'w8'`, time.Now().Add(-deadRetention-time.Second).UnixMilli()); err != nil {
		t.Fatal(err)
	}
	end(ada)
	if n := rows(); n != 2 || g.State(old) != StateNeedsLogin {
		t.Errorf("%d grants afterwards, the old one is %v", n, g.State(old))
	}
}

// A reader that gives up keeps no connection of the database.
func TestAReaderThatGivesUpFreesItsConnection(t *testing.T) {
	db := newGrantsDB(t)
	stop := errors.New("enough")
	err := eachRow(t.Context(), db, func(scanner) error { return stop }, `select 1 union select 2`)
	if n := db.Stats().InUse; !errors.Is(err, stop) || n != 0 {
		t.Errorf("%v, %d connections in use", err, n)
	}
}
