package web

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// SessionOptions are the settings of [Sessions]; zero means the default.
type SessionOptions struct {
	Secure bool // https: the cookie is __Host-s. Otherwise s, for loopback only

	Idle     time.Duration // a session ends this long after its last use, 8 h
	Absolute time.Duration // and this long after its start, whatever happens, 7 days

	PerSubject int // sessions one subject may have, 10; the oldest goes first
}

// Sessions keeps one T per signed-in browser, as JSON in the database. The cookie
// holds only a random 256-bit id and the database only that id's SHA-256, so
// neither can be made from the other, and the cookie is worthless after End.
//
// All methods may be called concurrently. An error means that the database did
// not answer, and wraps the [Fault] 503 "busy". A request with a bad cookie has
// no session, which is not an error.
type Sessions[T any] struct {
	// Subject returns whose session a value is, for EndAll and the limit per
	// subject. Set it before the first use. nil means that sessions have no
	// owners.
	Subject func(T) string

	store *sqlStore

	// mu guards decoded, and live: the sessions that this process has seen, by
	// database id. It is never held during a database query.
	mu      sync.Mutex
	live    map[string]*liveSession[T]
	decoded map[string]*T // values that All returned, by database id; nil for one that is no T; never changed

	recalled recalled[T] // has a lock of its own
}

// A Session is the session of one browser.
type Session[T any] struct {
	Value   T
	Started time.Time
	// Context is done when the session ends in this process: by End, EndAll, a
	// newer session too many, or time. Each use extends the time.
	Context context.Context
}

type liveSession[T any] struct {
	ctx     context.Context
	end     context.CancelFunc
	created time.Time
	seen    time.Time
	stored  time.Time   // when it was last tried to store the use
	timer   *time.Timer // fires when the session can expire at the earliest

	value  T         // as it was read
	row    record    // likewise, without the value
	readAt time.Time // zero until then
}

// readEvery is for how long a session is not read again. One that this process
// ends is over at once; one that is removed from the database by other means,
// after this time.
const readEvery = time.Second

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
	return &Sessions[T]{store: newStore(db, o), live: map[string]*liveSession[T]{}, recalled: newRecalled[T]()}
}

// Get returns the session of r. That counts as a use of it.
func (s *Sessions[T]) Get(r *http.Request) (*Session[T], bool, error) { return s.get(r, true) }

// Peek returns the session of r without counting as a use of it. It is for
// requests that a page sends by itself: a page that is merely open does not keep
// the session alive.
func (s *Sessions[T]) Peek(r *http.Request) (*Session[T], bool, error) { return s.get(r, false) }

func (s *Sessions[T]) get(r *http.Request, use bool) (*Session[T], bool, error) {
	rec, v, ok := s.recent(r)
	if !ok {
		g, err := s.store.New(r, s.store.name)
		if err != nil {
			return nil, false, busy(err)
		}
		if g.IsNew {
			return nil, false, nil
		}
		rec = entryOf(g).record
		if err := json.Unmarshal([]byte(rec.value), &v); err != nil {
			// A program with another T wrote it. It is of no use here.
			Identified(r, rec.subject)
			return nil, false, nil
		}
	}
	Identified(r, rec.subject)
	if use && s.due(rec) {
		// If it cannot be stored, the session ends earlier after a restart.
		// Reading goes on, as far as it needs no more.
		touched := rec
		_ = s.store.touch(r.Context(), &touched)
		rec = touched
	}
	ctx, first := s.follow(rec, v, !ok, use)
	if first {
		// The session may have ended between these two steps.
		if ok, err := s.store.exists(r.Context(), rec.id); err != nil {
			return nil, false, busy(err)
		} else if !ok {
			s.ended([]string{rec.id})
			return nil, false, nil
		}
	}
	return &Session[T]{Value: v, Started: time.UnixMilli(rec.created), Context: ctx}, true, nil
}

// recent returns the session of r if it was read less than readEvery ago and goes on.
func (s *Sessions[T]) recent(r *http.Request) (rec record, v T, ok bool) {
	id, ok := s.store.id(r)
	if !ok {
		return rec, v, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.live[id]
	if l == nil || time.Since(l.readAt).Abs() >= readEvery || !s.store.alive(l.row.created, l.row.seen) {
		return rec, v, false
	}
	return l.row, l.value, true
}

// Start begins a session with a new id and ends the one that r had, so that an
// id from before the sign-in is worth nothing after it.
func (s *Sessions[T]) Start(w http.ResponseWriter, r *http.Request, value T) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode session value: %w", err)
	}
	g, e := s.store.newSession()
	e.record = record{value: string(text), subject: s.subject(value)}
	if err := g.Save(r, w); err != nil {
		return busy(err)
	}
	Identified(r, e.subject)
	s.ended(e.ended)
	return nil
}

// End ends the session of r, if it has one, and removes the cookie.
func (s *Sessions[T]) End(w http.ResponseWriter, r *http.Request) error {
	g, e := s.store.newSession()
	g.Options.MaxAge = -1
	if err := g.Save(r, w); err != nil {
		return busy(err)
	}
	s.ended(e.ended)
	return nil
}

// EndAll ends every session of subject: "sign out everywhere".
func (s *Sessions[T]) EndAll(ctx context.Context, subject string) error {
	ids, err := s.store.deleteSubject(ctx, subject)
	if err != nil {
		return busy(err)
	}
	s.ended(ids)
	return nil
}

// Forget removes a cookie that belongs to no session. It does nothing if r sent
// no cookie.
func (s *Sessions[T]) Forget(w http.ResponseWriter, r *http.Request) {
	if len(cookieValues(r, s.store.name)) > 0 {
		http.SetCookie(w, s.store.cookie("", -1))
	}
}

// All returns the values of all live sessions, oldest first. A program that
// restarts learns from it who is signed in. It reads and decodes only the values
// that it has not returned before: it may be called often.
func (s *Sessions[T]) All(ctx context.Context) ([]T, error) {
	alive, err := s.store.allAlive(ctx)
	if err != nil {
		return nil, busy(err)
	}
	s.mu.Lock()
	known := s.decoded
	s.mu.Unlock()
	var missing []string
	for _, id := range alive {
		if _, ok := known[id]; !ok {
			missing = append(missing, id)
		}
	}
	texts, err := s.store.values(ctx, missing)
	if err != nil {
		return nil, busy(err)
	}
	decoded := make(map[string]*T, len(alive))
	var vs []T
	for _, id := range alive {
		v, ok := known[id]
		if text, read := texts[id]; !ok && read {
			v = new(T)
			if json.Unmarshal([]byte(text), v) != nil {
				v = nil // a program with another T wrote it
			}
			ok = true
		}
		if ok {
			decoded[id] = v
		}
		if v != nil {
			vs = append(vs, *v)
		}
	}
	s.mu.Lock()
	s.decoded = decoded
	s.mu.Unlock()
	return vs, nil
}

// Has reports whether a subject has a live session.
func (s *Sessions[T]) Has(ctx context.Context, subject string) (bool, error) {
	recs, err := s.store.ofSubject(ctx, subject)
	if err != nil {
		return false, busy(err)
	}
	return len(recs) > 0, nil
}

func (s *Sessions[T]) subject(v T) string {
	if s.Subject == nil {
		return ""
	}
	return s.Subject(v)
}

// follow returns the context of a session, which is done from now on when the
// session ends. first reports that nothing followed the session before. If the
// session has been read, follow remembers it.
func (s *Sessions[T]) follow(rec record, v T, read, used bool) (ctx context.Context, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.live[rec.id]
	if first = l == nil; first {
		l = &liveSession[T]{created: time.UnixMilli(rec.created), seen: time.UnixMilli(rec.seen)}
		l.ctx, l.end = context.WithCancel(context.Background())
		id := rec.id
		l.timer = time.AfterFunc(time.Until(s.store.expiry(l.created, l.seen)), func() { s.expire(id) })
		s.live[id] = l
	}
	if read {
		rec.value = ""
		l.row, l.value, l.readAt = rec, v, time.Now()
	}
	if used {
		l.seen = time.Now()
	}
	return l.ctx, first
}

// due reports whether the use of a session is to be stored: once within
// touchEvery, also if that fails.
func (s *Sessions[T]) due(rec record) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, l := time.Now(), s.live[rec.id]
	if now.Sub(time.UnixMilli(rec.seen)).Abs() < touchEvery || l != nil && now.Sub(l.stored) < touchEvery {
		return false
	}
	if l != nil {
		l.stored = now
	}
	return true
}

// expire ends the session id if its time is over, and checks again later if it
// was used meanwhile. A call that comes early or twice is harmless.
func (s *Sessions[T]) expire(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.live[id]
	if l == nil {
		return
	}
	if remaining := time.Until(s.store.expiry(l.created, l.seen)); remaining > 0 {
		l.timer.Reset(remaining)
		return
	}
	delete(s.live, id)
	l.end()
}

// ended ends the contexts of sessions that are no longer in the database.
func (s *Sessions[T]) ended(ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if l := s.live[id]; l != nil {
			l.timer.Stop()
			delete(s.live, id)
			l.end()
		}
	}
}

// Close ends the contexts of all sessions that this process follows. The
// sessions stay in the database.
func (s *Sessions[T]) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, l := range s.live {
		l.timer.Stop()
		delete(s.live, id)
		l.end()
	}
}

// busy returns err as the Fault that tells a client to try again.
func busy(err error) error {
	return fmt.Errorf("%w: read sessions: %w", Fault{Status: http.StatusServiceUnavailable, Code: CodeBusy, RetryAfter: time.Second}, err)
}
