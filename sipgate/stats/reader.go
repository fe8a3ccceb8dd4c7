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
	currentMaxAge   = time.Minute      // figures of a span that goes on are read again after that
	pastMaxAge      = 10 * time.Minute // and those of one that is over
	retryDelay      = 30 * time.Second // after a failure
	requestInterval = 2 * time.Second  // between two requests for one team
	maxPages        = 5                // requests for one span
	pageSize        = 1000             // entries in each, the most that sipgate gives
	maxSpans        = 6                // that are kept of one team
	readTimeout     = time.Minute      // in which a span is read, or not
)

// Source is through whom a team's figures are read: a client of sipgate.
type Source interface {
	History(context.Context, sipgate.HistoryQuery) (sipgate.HistoryPage, error)
	Users(context.Context) ([]sipgate.User, error)
	Devices(context.Context, sipgate.UserID) ([]sipgate.Device, error)
}

// A Reading is what is known of a span.
type Report struct {
	Summary
	Known     bool      // it has been read; else all figures are zero
	AsOf      time.Time // when
	Fetched   int       // entries that sipgate gave,
	Available int       // and how many it has, as far as it was asked
	Partial   bool      // there is more than is read of one span
	Loading   bool      // it is being read right now
	Err       error     // why the last attempt failed, after AsOf; nil if it did not
}

// Complete reports whether sipgate gave all entries.
func (r Report) Complete() bool { return r.Known && !r.Partial && r.Fetched >= r.Available }

// ErrNobody says that there is nobody through whom the history can be read.
var ErrNoSource = errors.New("stats: nobody is signed in who may read the history")

// A Reader reads spans and remembers them, so that however many look, sipgate
// is asked for a span once a minute, for a team never more often than every
// two seconds, and never twice at once. It is safe for concurrent use.
type Reader struct {
	log   *slog.Logger
	ctx   context.Context
	stop  context.CancelFunc
	tasks sync.WaitGroup

	mu       sync.Mutex
	accounts map[string]*accountCache
}

// A team is what is known of one account. Reader.mu guards it; turn is held by
// the one who asks sipgate.
type accountCache struct {
	turn        chan struct{}
	nextRequest time.Time // when it may be asked again
	spans       map[spanKey]*cachedSpan
	owners      cachedOwners
}

type spanKey struct{ from, to int64 }

type cachedSpan struct {
	Report
	triedAt  time.Time
	inFlight chan struct{} // closed when the reading under way is over; nil if none is
}

// NewReader returns a Reader that knows nothing yet.
func NewReader(log *slog.Logger) *Reader {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Reader{log: log, ctx: ctx, stop: stop, accounts: map[string]*accountCache{}}
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
func (r *Reader) Read(ctx context.Context, account string, s Span, may func() []Source) Report {
	r.mu.Lock()
	t := r.account(account)
	known := t.span(s)
	if known.inFlight == nil && known.stale(time.Now()) && r.ctx.Err() == nil {
		known.inFlight = make(chan struct{})
		known.triedAt = time.Now()
		r.tasks.Go(func() { r.refresh(t, known, s, may) })
	}
	flight := known.inFlight
	r.mu.Unlock()
	wait(ctx, flight)
	r.mu.Lock()
	defer r.mu.Unlock()
	got := known.Report
	got.Loading = known.inFlight != nil
	return got
}

// landed waits, until ctx is done, for what is under way, if anything is.
func wait(ctx context.Context, flight <-chan struct{}) {
	if flight == nil {
		return
	}
	select {
	case <-flight:
	case <-ctx.Done():
	}
}

func (r *Reader) account(account string) *accountCache {
	t := r.accounts[account]
	if t == nil {
		t = &accountCache{turn: make(chan struct{}, 1), spans: map[spanKey]*cachedSpan{}}
		r.accounts[account] = t
	}
	return t
}

// span finds or begins a span, and forgets the one that was tried least
// recently if there are too many.
func (t *accountCache) span(s Span) *cachedSpan {
	k := spanKey{s.From().Unix(), s.To().Unix()}
	if found := t.spans[k]; found != nil {
		return found
	}
	for len(t.spans) >= maxSpans {
		var oldest spanKey
		for k, s := range t.spans {
			if o := t.spans[oldest]; o == nil || s.triedAt.Before(o.triedAt) {
				oldest = k
			}
		}
		delete(t.spans, oldest)
	}
	t.spans[k] = &cachedSpan{Report: Report{Summary: Count(s, nil)}}
	return t.spans[k]
}

// old reports whether a span must be read.
func (s *cachedSpan) stale(now time.Time) bool {
	keep := currentMaxAge
	switch {
	case s.Err != nil:
		keep = retryDelay
	case s.AsOf.After(s.Span.To().Add(currentMaxAge)):
		keep = pastMaxAge
	}
	return now.Sub(s.triedAt) >= keep
}

// refresh reads a span and notes what came of it.
func (r *Reader) refresh(t *accountCache, known *cachedSpan, s Span, may func() []Source) {
	ctx, cancel := context.WithTimeout(r.ctx, readTimeout)
	defer cancel()
	got, err := r.read(ctx, t, s, may)
	r.mu.Lock()
	defer r.mu.Unlock()
	close(known.inFlight)
	known.inFlight = nil
	if err == nil {
		known.Report = got
		return
	}
	known.Err = err
	if r.ctx.Err() == nil && !errors.Is(err, ErrNoSource) {
		r.log.Info("figures could not be read", "err", err)
	}
}

// read asks those who may, one after the other, as long as sipgate refuses
// them.
func (r *Reader) read(ctx context.Context, t *accountCache, s Span, may func() []Source) (Report, error) {
	err := error(ErrNoSource)
	for _, h := range may() {
		var got Report
		if got, err = r.readPages(ctx, t, s, h); err == nil {
			return got, nil
		}
		if k := sipgate.KindOf(err); k != sipgate.Unauthorized && k != sipgate.Forbidden {
			break
		}
	}
	return Report{}, err
}

// pages reads the entries of a span, those that were put into the archive too,
// in as many requests as it takes, within reason.
func (r *Reader) readPages(ctx context.Context, t *accountCache, s Span, h Source) (Report, error) {
	var entries []sipgate.HistoryEntry
	got := Report{Known: true, AsOf: time.Now(), Partial: true}
	q := sipgate.HistoryQuery{Types: []string{"CALL", "VOICEMAIL"}, From: s.From(), To: s.To().Add(-time.Second), Limit: pageSize}
	total := 0
	for range maxPages {
		page, err := inTurn(ctx, t, func() (sipgate.HistoryPage, error) { return h.History(ctx, q) })
		if err != nil {
			return got, err
		}
		entries = append(entries, page.Items...)
		q.Offset += len(page.Items)
		if total = page.Total; q.Offset < total && len(page.Items) > 0 {
			continue
		}
		if got.Available += total; q.Archived {
			got.Partial = false
			break
		}
		q.Archived, q.Offset, total = true, 0, 0
	}
	if got.Partial {
		got.Available += total
	}
	got.Summary, got.Fetched = Count(s, entries), countDistinct(entries)
	return got, nil
}

// distinct is how many of the entries are not the same.
func countDistinct(entries []sipgate.HistoryEntry) (n int) {
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
func inTurn[T any](ctx context.Context, t *accountCache, do func() (T, error)) (T, error) {
	if err := t.waitTurn(ctx); err != nil {
		var none T
		return none, err
	}
	defer func() { <-t.turn }()
	return do()
}

// take waits until the team's turn has come, which is given back by receiving
// from t.turn.
func (t *accountCache) waitTurn(ctx context.Context) error {
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	wait := time.NewTimer(time.Until(t.nextRequest))
	defer wait.Stop()
	select {
	case <-wait.C:
		t.nextRequest = time.Now().Add(requestInterval)
		return nil
	case <-ctx.Done():
		<-t.turn
		return ctx.Err()
	}
}
