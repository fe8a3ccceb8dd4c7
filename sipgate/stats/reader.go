package stats

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"callboard/sipgate"
)

// The limits of what is asked of sipgate for figures.
const (
	fresh     = time.Minute      // figures of a span that goes on are read again after that
	settled   = 10 * time.Minute // and those of one that is over
	again     = 30 * time.Second // after a failure
	pause     = 2 * time.Second  // between two requests for one team
	mostPages = 5                // requests for one span
	pageSize  = 1000             // entries in each, the most that sipgate gives
	mostSpans = 6                // that are kept of one team
	reading   = time.Minute      // in which a span is read, or not
)

// Source is through whom a team's figures are read: a client of sipgate.
type Source interface {
	History(context.Context, sipgate.HistoryQuery) (sipgate.HistoryPage, error)
	Users(context.Context) ([]sipgate.User, error)
	Devices(context.Context, sipgate.UserID) ([]sipgate.Device, error)
}

// A Reading is what is known of a span.
type Reading struct {
	Figures
	Known   bool      // it has been read; else all figures are zero
	AsOf    time.Time // when
	Have    int       // entries that sipgate gave,
	Of      int       // and how many it has, as far as it was asked
	Partial bool      // there is more than is read of one span
	Busy    bool      // it is being read right now
	Problem error     // why the last attempt failed, after AsOf; nil if it did not
}

// Complete reports whether sipgate gave all entries.
func (r Reading) Complete() bool { return r.Known && !r.Partial && r.Have >= r.Of }

// ErrNobody says that there is nobody through whom the history can be read.
var ErrNobody = errors.New("stats: nobody is signed in who may read the history")

// A Reader reads spans and remembers them, so that however many look, sipgate
// is asked for a span once a minute, for a team never more often than every
// two seconds, and never twice at once. It is safe for concurrent use.
type Reader struct {
	log   *slog.Logger
	ctx   context.Context
	stop  context.CancelFunc
	tasks sync.WaitGroup

	mu    sync.Mutex
	teams map[string]*team
}

// A team is what is known of one account. Reader.mu guards it; turn is held by
// the one who asks sipgate.
type team struct {
	turn  chan struct{}
	next  time.Time // when it may be asked again
	spans map[key]*span
	crew  crew
}

type key struct{ from, to int64 }

type span struct {
	Reading
	tried  time.Time
	flight chan struct{} // closed when the reading under way is over; nil if none is
}

// NewReader returns a Reader that knows nothing yet.
func NewReader(log *slog.Logger) *Reader {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Reader{log: log, ctx: ctx, stop: stop, teams: map[string]*team{}}
}

// Close ends what is being read, and waits for it.
func (r *Reader) Close() {
	r.mu.Lock()
	r.stop()
	r.mu.Unlock()
	r.tasks.Wait()
}

// Read returns the figures of a span for a team. If what is known is too old
// it is read anew, through the first of those that may returns who is not
// refused, and waited for until ctx is done; then, what is known is returned.
// With a ctx that is done already nothing is waited for.
func (r *Reader) Read(ctx context.Context, account string, s Span, may func() []Source) Reading {
	r.mu.Lock()
	t := r.team(account)
	known := t.span(s)
	if known.flight == nil && known.old(time.Now()) && r.ctx.Err() == nil {
		known.flight = make(chan struct{})
		known.tried = time.Now()
		r.tasks.Go(func() { r.refresh(t, known, s, may) })
	}
	flight := known.flight
	r.mu.Unlock()
	landed(ctx, flight)
	r.mu.Lock()
	defer r.mu.Unlock()
	got := known.Reading
	got.Busy = known.flight != nil
	return got
}

// landed waits, until ctx is done, for what is under way, if anything is.
func landed(ctx context.Context, flight <-chan struct{}) {
	if flight == nil {
		return
	}
	select {
	case <-flight:
	case <-ctx.Done():
	}
}

func (r *Reader) team(account string) *team {
	t := r.teams[account]
	if t == nil {
		t = &team{turn: make(chan struct{}, 1), spans: map[key]*span{}}
		r.teams[account] = t
	}
	return t
}

// span finds or begins a span, and forgets the one that was tried least
// recently if there are too many.
func (t *team) span(s Span) *span {
	k := key{s.From().Unix(), s.To().Unix()}
	if found := t.spans[k]; found != nil {
		return found
	}
	for len(t.spans) >= mostSpans {
		var oldest key
		for k, s := range t.spans {
			if o := t.spans[oldest]; o == nil || s.tried.Before(o.tried) {
				oldest = k
			}
		}
		delete(t.spans, oldest)
	}
	t.spans[k] = &span{Reading: Reading{Figures: Count(s, nil)}}
	return t.spans[k]
}

// old reports whether a span must be read.
func (s *span) old(now time.Time) bool {
	keep := fresh
	switch {
	case s.Problem != nil:
		keep = again
	case s.AsOf.After(s.Span.To().Add(fresh)):
		keep = settled
	}
	return now.Sub(s.tried) >= keep
}

// refresh reads a span and notes what came of it.
func (r *Reader) refresh(t *team, known *span, s Span, may func() []Source) {
	ctx, cancel := context.WithTimeout(r.ctx, reading)
	defer cancel()
	got, err := r.read(ctx, t, s, may)
	r.mu.Lock()
	defer r.mu.Unlock()
	close(known.flight)
	known.flight = nil
	if err == nil {
		known.Reading = got
		return
	}
	known.Problem = err
	if r.ctx.Err() == nil && !errors.Is(err, ErrNobody) {
		r.log.Info("figures could not be read", "err", err)
	}
}

// read asks those who may, one after the other, as long as sipgate refuses
// them.
func (r *Reader) read(ctx context.Context, t *team, s Span, may func() []Source) (Reading, error) {
	err := error(ErrNobody)
	for _, h := range may() {
		var got Reading
		if got, err = r.pages(ctx, t, s, h); err == nil {
			return got, nil
		}
		if k := sipgate.KindOf(err); k != sipgate.Unauthorized && k != sipgate.Forbidden {
			break
		}
	}
	return Reading{}, err
}

// pages reads the entries of a span, those that were put into the archive too,
// in as many requests as it takes, within reason.
func (r *Reader) pages(ctx context.Context, t *team, s Span, h Source) (Reading, error) {
	var entries []sipgate.HistoryEntry
	got := Reading{Known: true, AsOf: time.Now(), Partial: true}
	q := sipgate.HistoryQuery{Types: []string{"CALL", "VOICEMAIL"}, From: s.From(), To: s.To().Add(-time.Second), Limit: pageSize}
	total := 0
	for range mostPages {
		page, err := ask(ctx, t, func() (sipgate.HistoryPage, error) { return h.History(ctx, q) })
		if err != nil {
			return got, err
		}
		entries = append(entries, page.Items...)
		q.Offset += len(page.Items)
		if total = page.Total; q.Offset < total && len(page.Items) > 0 {
			continue
		}
		if got.Of += total; q.Archived {
			got.Partial = false
			break
		}
		q.Archived, q.Offset, total = true, 0, 0
	}
	if got.Partial {
		got.Of += total
	}
	got.Figures, got.Have = Count(s, entries), distinct(entries)
	return got, nil
}

// distinct is how many of the entries are not the same.
func distinct(entries []sipgate.HistoryEntry) (n int) {
	ids := map[string]bool{}
	for _, e := range entries {
		if e.ID == "" || !ids[e.ID] {
			n++
		}
		ids[e.ID] = true
	}
	return n
}

// ask asks sipgate for something in the team's turn.
func ask[T any](ctx context.Context, t *team, do func() (T, error)) (T, error) {
	if err := t.take(ctx); err != nil {
		var none T
		return none, err
	}
	defer func() { <-t.turn }()
	return do()
}

// take waits until the team's turn has come, which is given back by receiving
// from t.turn.
func (t *team) take(ctx context.Context) error {
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	wait := time.NewTimer(time.Until(t.next))
	defer wait.Stop()
	select {
	case <-wait.C:
		t.next = time.Now().Add(pause)
		return nil
	case <-ctx.Done():
		<-t.turn
		return ctx.Err()
	}
}
