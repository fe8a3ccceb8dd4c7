package team

import (
	"errors"
	"testing"
)

// TestOpenStores opens the stores of a process that ended in the middle of an
// action, and with another key.
func TestOpenStores(t *testing.T) {
	db := newTeamDB(t)
	open := func(key Key) (*Stores, error) {
		return OpenStores(t.Context(), db, key, &scriptedRefresher{}, Config{}, testLogger(t))
	}
	s, err := open(testKey)
	if err != nil || s.Interrupted.count() != 0 {
		t.Fatalf("%+v, %v", s, err)
	}
	id := beginEntry(t, s.Audit, holdEntry(ada, "ROW"))
	s.Close()
	s, err = open(testKey)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if got := s.Interrupted.Of(ada.Account); len(got) != 1 || got[0].ID != id || got[0].Outcome != OutcomeUnknown {
		t.Errorf("interrupted %+v", got)
	}
	if _, err := open(otherKey); !errors.Is(err, ErrWrongKey) {
		t.Errorf("with another key: %v", err)
	}
}
