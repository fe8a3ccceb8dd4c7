package web

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/sessions"
)

// SessionOptions are the settings of [Sessions]; zero means the default.
type SessionOptions struct {
	Secure bool // https: the cookie is __Host-s. Otherwise s, for loopback only

	Idle     time.Duration // a session ends this long after its last use, 8 h
	Absolute time.Duration // and this long after its start, whatever happens, 7 days

	PerSubject int // sessions one subject may have, 10; the oldest goes first
}

// Sessions keeps one T per logged-in browser, in the database. The cookie
// holds only a random 256-bit id, the database only that id's SHA-256: neither
// of them can be made from the other, and the cookie is worthless after End.
//
// All methods may be called concurrently. An error means that the database did
// not answer, and wraps the [Fault] 503 "busy"; a bad cookie is never an
// error, only no session.
type Sessions[T any] struct {
	// Subject tells whose session a value is, so that EndAll and the limit
	// per subject work. Set it before the first use; nil means that nobody
	// owns anything.
	Subject func(T) string

	store *sqlStore

	// mu guards live, the sessions seen by this process, by database id. It
	// is never held while the database is asked.
	mu   sync.Mutex
	live map[string]*liveSession
}

// A Session is what one browser is logged in with.
type Session[T any] struct {
	Value   T
	Started time.Time
	// Done is closed when the session ends in this process: by End, EndAll,
	// too many newer ones, or time. Using the session puts the time off.
	Done <-chan struct{}
}

type liveSession struct {
	done    chan struct{}
	created time.Time
	seen    time.Time
	timer   *time.Timer // at the earliest moment the session can expire
}

// NewSessions returns the sessions in db, which has the tables of [Migrations].
func NewSessions[T any](db *sql.DB, o SessionOptions) *Sessions[T] {
	if o.Idle == 0 {
		o.Idle = 8 * time.Hour
	}
	if o.Absolute == 0 {
		o.Absolute = 7 * 24 * time.Hour
	}
	if o.PerSubject == 0 {
		o.PerSubject = 10
	}
	return &Sessions[T]{store: newStore(db, o), live: map[string]*liveSession{}}
}

// Get returns the session of r and counts as its use.
func (s *Sessions[T]) Get(r *http.Request) (*Session[T], bool, error) { return s.get(r, true) }

// Peek returns the session of r without counting as its use. It is for what a
// page does by itself: a page that only lies open shall not keep the session.
func (s *Sessions[T]) Peek(r *http.Request) (*Session[T], bool, error) { return s.get(r, false) }

func (s *Sessions[T]) get(r *http.Request, use bool) (*Session[T], bool, error) {
	g, err := s.store.New(r, s.store.name)
	if err != nil {
		return nil, false, busy(err)
	}
	if g.IsNew {
		return nil, false, nil
	}
	rec := g.Values[recordKey].(record)
	var v T
	if err := json.Unmarshal([]byte(rec.value), &v); err != nil {
		// Written by a program with another T. Nobody can use it.
		return nil, false, nil
	}
	if use {
		if err := s.store.touch(r.Context(), &rec); err != nil {
			return nil, false, busy(err)
		}
	}
	done, first := s.follow(rec, use)
	if first {
		// It may have ended between the reading and the following.
		if ok, err := s.store.exists(r.Context(), rec.id); err != nil {
			return nil, false, busy(err)
		} else if !ok {
			s.ended([]string{rec.id})
			return nil, false, nil
		}
	}
	return &Session[T]{Value: v, Started: time.UnixMilli(rec.created), Done: done}, true, nil
}

// Start begins a session with a new id and ends the one that r had, so that an
// id from before the login is worth nothing after it.
func (s *Sessions[T]) Start(w http.ResponseWriter, r *http.Request, value T) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("web: session value: %w", err)
	}
	g := sessions.NewSession(s.store, s.store.name)
	g.Options = s.store.options()
	g.Values[recordKey] = record{value: string(text), subject: s.subject(value)}
	if err := g.Save(r, w); err != nil {
		return busy(err)
	}
	s.ended(g.Values[endedKey].([]string))
	return nil
}

// End ends the session of r, if it has one, and removes the cookie.
func (s *Sessions[T]) End(w http.ResponseWriter, r *http.Request) error {
	g := sessions.NewSession(s.store, s.store.name)
	g.Options = s.store.options()
	g.Options.MaxAge = -1
	if err := g.Save(r, w); err != nil {
		return busy(err)
	}
	s.ended(g.Values[endedKey].([]string))
	return nil
}

// EndAll ends every session of subject: "log out everywhere".
func (s *Sessions[T]) EndAll(ctx context.Context, subject string) error {
	ids, err := s.store.deleteSubject(ctx, subject)
	if err != nil {
		return busy(err)
	}
	s.ended(ids)
	return nil
}

// Forget removes a cookie that is not, or not any more, a session's. It does
// nothing if r sent none.
func (s *Sessions[T]) Forget(w http.ResponseWriter, r *http.Request) {
	if len(cookieValues(r, s.store.name)) > 0 {
		http.SetCookie(w, s.store.cookie("", -1))
	}
}

// All returns the values of all sessions that are live now, oldest first: for
// a program that starts again and wants to know who was there.
func (s *Sessions[T]) All(ctx context.Context) ([]T, error) {
	texts, err := s.store.all(ctx)
	if err != nil {
		return nil, busy(err)
	}
	var vs []T
	for _, text := range texts {
		var v T
		if json.Unmarshal([]byte(text), &v) == nil {
			vs = append(vs, v)
		}
	}
	return vs, nil
}

func (s *Sessions[T]) subject(v T) string {
	if s.Subject == nil {
		return ""
	}
	return s.Subject(v)
}

// follow returns the Done channel of a session, and whether it is the first to
// ask for it. From then on the end of the session closes the channel.
func (s *Sessions[T]) follow(rec record, used bool) (done <-chan struct{}, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.live[rec.id]
	if first = l == nil; first {
		l = &liveSession{done: make(chan struct{}), created: time.UnixMilli(rec.created), seen: time.UnixMilli(rec.seen)}
		l.timer = time.AfterFunc(time.Until(s.store.expiry(l.created, l.seen)), func() { s.expire(rec.id) })
		s.live[rec.id] = l
	}
	if used {
		l.seen = time.Now()
	}
	return l.done, first
}

// expire closes the session id if its time has come, and looks again later if
// it was used since. Being called a little early, or once too often, is
// harmless.
func (s *Sessions[T]) expire(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.live[id]
	if l == nil {
		return
	}
	if left := time.Until(s.store.expiry(l.created, l.seen)); left > 0 {
		l.timer.Reset(left)
		return
	}
	delete(s.live, id)
	close(l.done)
}

func (s *Sessions[T]) ended(ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if l := s.live[id]; l != nil {
			l.timer.Stop()
			delete(s.live, id)
			close(l.done)
		}
	}
}

// Close forgets what this process knows of its sessions and closes their Done
// channels. The sessions themselves live on in the database.
func (s *Sessions[T]) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, l := range s.live {
		l.timer.Stop()
		delete(s.live, id)
		close(l.done)
	}
}

func busy(err error) error {
	return fmt.Errorf("%w: session store: %w", Fault{Status: http.StatusServiceUnavailable, Code: CodeBusy, RetryAfter: time.Second}, err)
}
