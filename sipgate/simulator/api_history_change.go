package simulator

import (
	"errors"
	"slices"
	"time"
)

// entryChange holds the fields of an entry that can be changed. Fields that are
// nil stay as they are.
type entryChange struct {
	Note     *string `json:"note,omitempty"`
	Archived *bool   `json:"archived,omitempty"`
	Read     *bool   `json:"read,omitempty"`
	Starred  *bool   `json:"starred,omitempty"`
}

func (e *historyEntry) change(c entryChange, now time.Time) {
	set(&e.note, c.Note)
	set(&e.archived, c.Archived)
	set(&e.read, c.Read)
	set(&e.starred, c.Starred)
	e.modified = now
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func (s *Simulator) changeEntry(q *apiRequest) response {
	var in entryChange
	return s.changePart(q, &in, func() entryChange { return in })
}
func (s *Simulator) noteEntry(q *apiRequest) response {
	var in struct {
		Note string `json:"note"`
	}
	return s.changePart(q, &in, func() entryChange { return entryChange{Note: &in.Note} })
}

func (s *Simulator) archiveEntry(q *apiRequest) response {
	var in booleanRequest
	return s.changePart(q, &in, func() entryChange { return entryChange{Archived: &in.Value} })
}

func (s *Simulator) readEntry(q *apiRequest) response {
	var in booleanRequest
	return s.changePart(q, &in, func() entryChange { return entryChange{Read: &in.Value} })
}

// changePart decodes the body into in and applies the change that follows from
// it to the entry in the path.
func (s *Simulator) changePart(q *apiRequest, in any, change func() entryChange) response {
	if err := decodeStrict(q.body, in); err != nil {
		return invalid(err)
	}
	return s.onEntry(q, func(_ *account, e *historyEntry) response {
		e.change(change(), s.now())
		return noContent
	})
}

// changeEntries changes fewer than 150 entries, all or none.
func (s *Simulator) changeEntries(q *apiRequest) response {
	var in []struct {
		ID       string `json:"id"`
		Archived *bool  `json:"archived,omitempty"`
		Read     *bool  `json:"read,omitempty"`
		Starred  *bool  `json:"starred,omitempty"`
	}
	if err := decodeStrict(q.body, &in); err != nil {
		return invalid(err)
	}
	if len(in) >= 150 {
		return invalid(errors.New("150 entries or more"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*historyEntry
	for _, change := range in {
		i := slices.IndexFunc(q.auth.account.history, func(e *historyEntry) bool { return e.id == change.ID })
		if i < 0 {
			return notFound
		}
		found = append(found, q.auth.account.history[i])
	}
	for i, e := range found {
		e.change(entryChange{nil, in[i].Archived, in[i].Read, in[i].Starred}, s.now())
	}
	return noContent
}

// deleteEntries deletes the entries with the given ids, or all entries without
// an id, as sipgate does.
func (s *Simulator) deleteEntries(q *apiRequest) response {
	ids := q.URL.Query()["id"]
	s.mu.Lock()
	defer s.mu.Unlock()
	a := q.auth.account
	a.history = slices.DeleteFunc(a.history, func(e *historyEntry) bool {
		return len(ids) == 0 || slices.Contains(ids, e.id)
	})
	return noContent
}
