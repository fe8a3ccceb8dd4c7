package stats

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"callboard/sipgate"
)

// Limits of reading the history.
const (
	currentMaxAge = time.Minute      // of a span that has not ended; older reports are read again
	pastMaxAge    = 10 * time.Minute // of a span that has ended
	retryDelay    = 30 * time.Second // after a failure
	maxPages      = 5                // requests for one span
	pageSize      = 1000             // entries per request, sipgate's maximum
	maxSpans      = 6                // kept per account
	readTimeout   = time.Minute      // for one span
)

// Source is the part of [sipgate.Client] that a [Reader] uses, with the access of
// one member.
type Source interface {
	History(context.Context, sipgate.HistoryQuery) (sipgate.HistoryPage, error)
}

// A Report is the latest result of reading a span.
type Report struct {
	Summary
	Known     bool      // it has been read; otherwise all counts are zero
	AsOf      time.Time // when it was read
	Fetched   int       // entries that sipgate returned
	Available int       // entries that sipgate has, as far as it was asked
	Partial   bool      // the span has more entries than maxPages requests return
	Private   int       // channels of an account on neo that are not counted: none of their users can be asked
	Loading   bool      // it is being read right now
	Err       error     // of the last attempt, made after AsOf
}

// Complete reports whether the counts include all entries that sipgate has.
func (r Report) Complete() bool { return r.Known && !r.Partial && r.Fetched >= r.Available }

// Reserve waits until the account's budget has room for one request, which it
// counts, or until ctx is done; then it returns the error of ctx. All that reads
// at sipgate for an account shares the budget.
type Reserve func(ctx context.Context, account string) error

// ErrNoSource is returned when no member who may read the history is signed in.
var ErrNoSource = errors.New("stats: no signed-in member may read the history")

// A Reader reads spans in the background and caches their reports. However many
// callers there are, it reads a span at most once a minute, and sends one request
// at a time for an account, within the account's budget. It is safe for
// concurrent use.
type Reader struct {
	reserve Reserve
	log     *slog.Logger
	ctx     context.Context
	stop    context.CancelFunc
	tasks   sync.WaitGroup

	mu       sync.Mutex
	accounts map[string]*accountCache
}

// An accountCache holds what was read of one account. Reader.mu guards spans.
type accountCache struct {
	name  string
	turn  chan struct{} // full while a request is under way
	spans *simplelru.LRU[spanKey, *cachedSpan]
}

type spanKey struct{ from, to int64 }

type cachedSpan struct {
	Report
	triedAt  time.Time
	inFlight chan struct{} // closed when the read under way ends; nil without one
}

// NewReader returns a Reader with an empty cache.
func NewReader(reserve Reserve, log *slog.Logger) *Reader {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Reader{reserve: reserve, log: log, ctx: ctx, stop: stop, accounts: map[string]*accountCache{}}
}

// Close cancels all reads and waits for them to end.
func (r *Reader) Close() {
	r.mu.Lock()
	r.stop()
	r.mu.Unlock()
	r.tasks.Wait()
}

// Read returns the report of a span. If the cached one is too old, it starts a
// read through the first source that sipgate does not refuse, and waits for it
// until ctx is done; then it returns the cached report. With a ctx that is done
// already it does not wait.
func (r *Reader) Read(ctx context.Context, account string, s Span, sources func() []Source) Report {
	r.mu.Lock()
	a := r.account(account)
	cached := a.span(s)
	if cached.inFlight == nil && cached.stale(time.Now()) && r.ctx.Err() == nil {
		cached.inFlight = make(chan struct{})
		cached.triedAt = time.Now()
		r.tasks.Go(func() { r.refresh(a, cached, s, sources) })
	}
	inFlight := cached.inFlight
	r.mu.Unlock()
	wait(ctx, inFlight)
	r.mu.Lock()
	defer r.mu.Unlock()
	report := cached.Report
	report.Loading = cached.inFlight != nil
	return report
}

// wait waits until inFlight is closed or ctx is done. It returns at once if
// inFlight is nil.
func wait(ctx context.Context, inFlight <-chan struct{}) {
	if inFlight == nil {
		return
	}
	select {
	case <-inFlight:
	case <-ctx.Done():
	}
}

// account returns the cache of an account. Reader.mu is held.
func (r *Reader) account(name string) *accountCache {
	a := r.accounts[name]
	if a == nil {
		spans, _ := simplelru.NewLRU[spanKey, *cachedSpan](maxSpans, nil) // fails only for a size below 1
		a = &accountCache{name: name, turn: make(chan struct{}, 1), spans: spans}
		r.accounts[name] = a
	}
	return a
}

// span returns the cached span. If there is none, it adds an empty one, which
// may evict the span that was used least recently.
func (a *accountCache) span(s Span) *cachedSpan {
	k := spanKey{s.From().Unix(), s.To().Unix()}
	cached, ok := a.spans.Get(k)
	if !ok {
		cached = &cachedSpan{Report: Report{Summary: Count(s, nil)}}
		a.spans.Add(k, cached)
	}
	return cached
}

// stale reports whether the span is due to be read.
func (s *cachedSpan) stale(now time.Time) bool {
	maxAge := currentMaxAge
	switch {
	case s.Err != nil:
		maxAge = retryDelay
	case s.AsOf.After(s.Span.To().Add(currentMaxAge)):
		maxAge = pastMaxAge
	}
	return now.Sub(s.triedAt) >= maxAge
}

// refresh reads a span into its cache entry. After a failure the last report
// stays, with the error.
func (r *Reader) refresh(a *accountCache, cached *cachedSpan, s Span, sources func() []Source) {
	ctx, cancel := context.WithTimeout(r.ctx, readTimeout)
	defer cancel()
	report, err := r.read(ctx, a, s, sources)
	r.mu.Lock()
	defer r.mu.Unlock()
	close(cached.inFlight)
	cached.inFlight = nil
	if err == nil {
		cached.Report = report
		return
	}
	cached.Err = err
	if r.ctx.Err() == nil && !errors.Is(err, ErrNoSource) {
		r.log.Info("read call stats", "err", err)
	}
}

// read reads a span through the first source that sipgate does not refuse.
func (r *Reader) read(ctx context.Context, a *accountCache, s Span, sources func() []Source) (Report, error) {
	err := error(ErrNoSource)
	for _, source := range sources() {
		var report Report
		if report, err = r.readPages(ctx, a, s, source); err == nil {
			return report, nil
		}
		if k := sipgate.KindOf(err); k != sipgate.Unauthorized && k != sipgate.Forbidden {
			break
		}
	}
	return Report{}, err
}

// readPages reads the entries of a span, then those in the archive, in at most
// maxPages requests.
func (r *Reader) readPages(ctx context.Context, a *accountCache, s Span, source Source) (Report, error) {
	var entries []sipgate.HistoryEntry
	report := Report{Known: true, AsOf: time.Now(), Partial: true}
	q := sipgate.HistoryQuery{Types: []string{"CALL", "VOICEMAIL"}, From: s.From(), To: s.To().Add(-time.Second), Limit: pageSize}
	total, incomplete := 0, false
	for range maxPages {
		page, err := r.inTurn(ctx, a, source, q)
		if err != nil {
			return report, err
		}
		entries = append(entries, page.Items...)
		report.Private = max(report.Private, page.Private)
		incomplete = incomplete || page.Failed != nil
		q.Offset += page.Len()
		if total = page.Total; q.Offset < total && page.Len() > 0 {
			continue
		}
		if report.Available += total; q.Archived {
			report.Partial = false
			break
		}
		q.Archived, q.Offset, total = true, 0, 0
	}
	if report.Partial {
		report.Available += total
	}
	report.Partial = report.Partial || incomplete
	report.Summary, report.Fetched = Count(s, entries), countDistinct(entries)
	return report, nil
}

// countDistinct returns the number of entries with different ids. Each entry
// without an id counts.
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

// inTurn asks source when the account's previous request is done and its budget
// has room for another.
func (r *Reader) inTurn(ctx context.Context, a *accountCache, source Source, q sipgate.HistoryQuery) (page sipgate.HistoryPage, err error) {
	select {
	case a.turn <- struct{}{}:
	case <-ctx.Done():
		return page, ctx.Err()
	}
	defer func() { <-a.turn }()
	if err := r.reserve(ctx, a.name); err != nil {
		return page, err
	}
	return source.History(ctx, q)
}
