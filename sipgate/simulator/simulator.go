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
	opts     Options
	log      *slog.Logger
	mux      *http.ServeMux // everything but /v2/
	accounts []*account     // never changes after New
	auth     *authority
	courier  *courier
	faults   *faults
	seen     requestLog

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	wait sync.WaitGroup
	life sync.Mutex // makes goes and Close exclude each other

	// mu protects the telephone model: calls, history, contacts, settings.
	// It is never held during I/O.
	mu       sync.Mutex
	dice     *rand.Rand
	exchange *exchange
}

// recording is a file of a finished call.
type recording struct {
	id      string
	account *account
	users   []*user // who took part in the call
	file    *soundFile
	entry   *entry
}

// New returns a running Simulator with its accounts and without calls. Close
// ends it.
func New(opts Options) *Simulator {
	opts = opts.withDefaults()
	s := &Simulator{
		opts:     opts,
		log:      opts.Log,
		mux:      http.NewServeMux(),
		accounts: makeAccounts(),
		dice:     rand.New(rand.NewPCG(opts.Seed, 0x5ca1ab1e)),
		exchange: newExchange(opts.Seed),
		faults:   newFaults(opts.Seed),
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.courier = newCourier(s)
	s.exchange.tell = s.courier.take
	s.auth = newAuthority(s)
	s.routesOAuth(s.mux)
	s.routesSound(s.mux)
	s.routesControl(s.mux)
	return s
}

// ServeHTTP serves the API, the login pages and, to loopback peers, the
// control API. A fault that cuts the connection panics with
// [http.ErrAbortHandler], as is the custom.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, controlPath) {
		s.mux.ServeHTTP(w, r)
		return
	}
	s.serveLogged(w, r)
}

// Close ends scripts, pushes and everything else that runs, and waits for it.
func (s *Simulator) Close() {
	s.life.Lock()
	s.stop()
	s.life.Unlock()
	s.wait.Wait()
	s.opts.Push.CloseIdleConnections()
	s.opts.Fetch.CloseIdleConnections()
}

// goes runs f in a goroutine that Close ends, through ctx, and waits for.
// After Close it does nothing.
func (s *Simulator) goes(f func(ctx context.Context)) {
	s.life.Lock()
	defer s.life.Unlock()
	if s.ctx.Err() == nil {
		s.wait.Go(func() { f(s.ctx) })
	}
}

// later calls f after d, unless Close comes first.
func (s *Simulator) later(d time.Duration, f func()) {
	s.goes(func(ctx context.Context) {
		if sleep(ctx, d); ctx.Err() == nil {
			f()
		}
	})
}

func (s *Simulator) now() time.Time { return s.opts.Now() }

// recording finds a file of a finished call.
func (s *Simulator) recording(id string) (*recording, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.exchange.files {
		if r.id == id {
			return r, true
		}
	}
	return nil, false
}

// random returns n upper-case hex digits from the seeded source.
func (s *Simulator) random(n int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return hexDigits(s.dice, n)
}

func hexDigits(dice *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "0123456789ABCDEF"[dice.IntN(16)]
	}
	return string(b)
}
