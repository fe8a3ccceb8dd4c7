package simulator

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
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

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	wait sync.WaitGroup

	// mu protects the telephone model: calls, history, contacts, settings.
	// It is never held during I/O.
	mu         sync.Mutex
	dice       *rand.Rand
	recordings map[string]*recording
}

// recording is a file of a finished call.
type recording struct {
	id      string
	account *account
	users   []*user // who took part in the call
	file    *soundFile
}

// New returns a running Simulator with its accounts and without calls. Close
// ends it.
func New(opts Options) *Simulator {
	opts = opts.withDefaults()
	s := &Simulator{
		opts:       opts,
		log:        opts.Log,
		mux:        http.NewServeMux(),
		accounts:   nil,
		dice:       rand.New(rand.NewPCG(opts.Seed, 0x5ca1ab1e)),
		recordings: map[string]*recording{},
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.auth = newAuthority(s)
	s.routesOAuth(s.mux)
	s.routesSound(s.mux)
	return s
}

func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mux.ServeHTTP(w, r)
}

// Close ends scripts, pushes and everything else that runs, and waits for it.
func (s *Simulator) Close() {
	s.stop()
	s.wait.Wait()
}

// goes runs f in a goroutine that Close ends, through ctx, and waits for.
func (s *Simulator) goes(f func(ctx context.Context)) {
	s.wait.Go(func() { f(s.ctx) })
}

func (s *Simulator) now() time.Time { return s.opts.Now() }

// recording finds a file of a finished call.
func (s *Simulator) recording(id string) (*recording, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.recordings[id]
	return r, ok
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
