package web

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// A Listed is one of the sessions of a subject.
type Listed[T any] struct {
	ID            string // for EndOne; the cookie cannot be made from it
	Value         T
	Started, Seen time.Time
	Current       bool // it is the session of the request
}

// Of returns the live sessions of subject, the newest first, and marks that of
// r.
func (s *Sessions[T]) Of(r *http.Request, subject string) ([]Listed[T], error) {
	recs, err := s.store.ofSubject(r.Context(), subject)
	if err != nil {
		return nil, busy(err)
	}
	current, _ := s.store.id(r)
	var list []Listed[T]
	for _, rec := range recs {
		l := Listed[T]{ID: rec.id, Started: time.UnixMilli(rec.created), Seen: time.UnixMilli(rec.seen), Current: rec.id == current}
		if json.Unmarshal([]byte(rec.value), &l.Value) == nil {
			list = append(list, l)
		}
	}
	return list, nil
}

// EndOne ends the session id if it belongs to subject, and reports whether it
// does.
func (s *Sessions[T]) EndOne(ctx context.Context, subject, id string) (bool, error) {
	ended, err := ids(s.store.db.QueryContext(context.WithoutCancel(ctx),
		`delete from web_session where subject = $1 and id = $2 returning id`, subject, id))
	if err != nil {
		return false, busy(err)
	}
	s.ended(ended)
	return len(ended) > 0, nil
}

// ofSubject returns the live sessions of a subject, the newest first.
func (s *sqlStore) ofSubject(ctx context.Context, subject string) ([]record, error) {
	rows, err := s.db.QueryContext(ctx,
		`select id, value, created, seen from web_session where subject = $1 order by created desc, id`, subject)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var recs []record
	for rows.Next() {
		rec := record{subject: subject}
		if err := rows.Scan(&rec.id, &rec.value, &rec.created, &rec.seen); err != nil {
			return nil, err
		}
		if s.alive(rec.created, rec.seen) {
			recs = append(recs, rec)
		}
	}
	return recs, rows.Err()
}
