package simulator

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Simulator is an http.Handler that behaves like api.sipgate.com and
// login.sipgate.com. It is safe for concurrent use.
type Simulator struct {
	opts       Options
	log        *slog.Logger
	now        func() time.Time
	mux        *http.ServeMux // everything but /v2/
	accounts   []*account     // never changes after New
	auth       *authority
	dispatcher *dispatcher
	faults     *faultRules
	requests   requestLog

	ctx     context.Context // canceled by Close
	stop    context.CancelFunc
	running sync.WaitGroup
	closing sync.Mutex // held by spawn and Close, so that Close waits for every goroutine

	// mu protects the telephone model: calls, history, contacts, settings.
	// It is never held during I/O.
	mu  sync.Mutex
	rng *rand.Rand
	pbx *pbx

	listLag time.Duration // see SetListLag
}

// recording is an audio file of a finished call.
type recording struct {
	id      string
	account *account
	file    *audioFile
	entry   *historyEntry
}

// New returns a running Simulator that has accounts and no calls. The caller
// must call Close. It panics if opts.Size is out of range.
func New(opts Options) *Simulator {
	if err := opts.Size.check(); err != nil {
		panic(err)
	}
	opts = opts.withDefaults()
	s := &Simulator{
		opts:     opts,
		log:      opts.Log,
		now:      opts.Now,
		mux:      http.NewServeMux(),
		accounts: makeAccounts(opts.Size),
		rng:      rand.New(rand.NewPCG(opts.Seed, 0x5ca1ab1e)),
		pbx:      newPBX(opts.Seed, opts.InternalCalls),
		faults:   newFaultRules(opts.Seed),
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.dispatcher = newDispatcher(s)
	s.pbx.publish = s.dispatcher.enqueue
	s.auth = newAuthority(s)
	s.routeOAuth(s.mux)
	s.routeRecordings(s.mux)
	s.mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {}) // 200 to everyone
	s.routeControl(s.mux)
	return s
}

// ServeHTTP serves the API, the login pages and, to loopback peers, the
// control API. It panics with [http.ErrAbortHandler] when a fault cuts the
// connection.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, controlPath) {
		s.mux.ServeHTTP(w, r)
		return
	}
	s.serveLogged(w, r)
}

// Close stops scripts, push events and all other goroutines, and waits for
// them.
func (s *Simulator) Close() {
	s.closing.Lock()
	s.stop()
	s.closing.Unlock()
	s.running.Wait()
	s.opts.Push.CloseIdleConnections()
	s.opts.Fetch.CloseIdleConnections()
}

// spawn runs f in a goroutine. Close cancels ctx and waits for f. After Close,
// spawn does nothing.
func (s *Simulator) spawn(f func(ctx context.Context)) {
	s.closing.Lock()
	defer s.closing.Unlock()
	if s.ctx.Err() == nil {
		s.running.Go(func() { f(s.ctx) })
	}
}

// after calls f after d, unless Close is called before.
func (s *Simulator) after(d time.Duration, f func()) {
	s.spawn(func(ctx context.Context) {
		if sleep(ctx, d); ctx.Err() == nil {
			f()
		}
	})
}

// recording returns the recording with this id.
func (s *Simulator) recording(id string) (*recording, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.pbx.recordings {
		if r.id == id {
			return r, true
		}
	}
	return nil, false
}

// randomHex returns n upper-case hex digits from the seeded source.
func (s *Simulator) randomHex(n int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return hexDigits(s.rng, n)
}

func hexDigits(rng *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "0123456789ABCDEF"[rng.IntN(16)]
	}
	return string(b)
}
