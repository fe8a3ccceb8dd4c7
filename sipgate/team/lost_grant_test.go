package team

import (
	"testing"
	"time"

	"callboard/sipgate"
)

// A sign-out that the database does not take loses nothing: the grant stays
// usable, and a later sign-out returns its refresh token.
func TestFailedDropKeepsTheGrant(t *testing.T) {
	db := newGrantsDB(t)
	g := openGrants(t, db, &scriptedRefresher{})
	put(t, g, ada, "A1", "R1", time.Hour)
	if _, err := db.Exec(`create trigger stop before delete on grants begin select raise(abort, 'full'); end`); err != nil {
		t.Fatal(err)
	}
	if refresh, err := g.Drop(t.Context(), ada); err == nil || refresh != "" {
		t.Errorf("dropped: %q, %v", refresh, err)
	}
	if s := g.State(ada); s != StateOK {
		t.Errorf("then it is %v", s)
	}
	if header, err := g.Credentials(ada).Authorization(t.Context()); header != "Bearer A1" || err != nil {
		t.Errorf("then it gives %q, %v", header, err)
	}
	if _, err := db.Exec(`drop trigger stop`); err != nil {
		t.Fatal(err)
	}
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
