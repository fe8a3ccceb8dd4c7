package web_test

import (
	"encoding/json"
	"sync/atomic"
	"testing"

	"callboard/web"
)

// decodings counts how often a countedPerson is decoded.
var decodings atomic.Int64

type countedPerson struct{ Account string }

func (p *countedPerson) UnmarshalJSON(text []byte) error {
	decodings.Add(1)
	type plain countedPerson
	return json.Unmarshal(text, (*plain)(p))
}

// Who is signed in is asked for all the time. The values of sessions that were
// returned before are neither read nor decoded again, and one subject's sessions
// are looked up alone.
func TestSignedInIsKnownWithoutDecodingAllSessions(t *testing.T) {
	p, db := serve(t), openDB(t, t.TempDir())
	people(p, db, web.SessionOptions{})
	for _, account := range []string{"a", "b", "c"} {
		p.login(account, "x")
	}
	s := web.NewSessions[countedPerson](db.DB, web.SessionOptions{})
	t.Cleanup(s.Close)
	all := func(want int) {
		t.Helper()
		if vs, err := s.All(t.Context()); err != nil || len(vs) != want {
			t.Errorf("%d sessions, %v, want %d", len(vs), err, want)
		}
	}
	all(3)
	begun := decodings.Load()
	if begun == 0 {
		t.Fatal("no value was decoded")
	}
	for range 5 {
		all(3)
	}
	for subject, want := range map[string]bool{"a": true, "z": false} {
		if has, err := s.Has(t.Context(), subject); err != nil || has != want {
			t.Errorf("%s has a session: %v, %v", subject, has, err)
		}
	}
	if n := decodings.Load() - begun; n > 0 {
		t.Errorf("%d values were decoded again", n)
	}
	cookie := p.login("d", "x")
	all(4)
	if n := decodings.Load() - begun; n != 1 {
		t.Errorf("%d values were decoded for one new session", n)
	}
	p.do("POST", "/out", "Cookie: "+cookie).want(t, 200, "")
	all(3)
	if has, err := s.Has(t.Context(), "d"); err != nil || has {
		t.Errorf("after signing out: %v, %v", has, err)
	}
	if _, err := db.Exec(`insert into web_session (id, subject, value, created, seen) select 'x', 'x', '[', created, seen from web_session limit 1`); err != nil {
		t.Fatal(err)
	}
	all(3) // one that another program wrote
	all(3)
}
