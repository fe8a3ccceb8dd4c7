package web

import (
	"log/slog"
	"sync"
	"time"
)

// refusalsEvery is how often refused requests of strangers are logged for one
// reason.
const refusalsEvery = time.Minute

// maxReasons bounds the reasons that are told apart.
const maxReasons = 100

// refusals count the refused requests of clients without a session. The first
// one of a reason is logged at once; those of the following minute are counted
// and logged in one line, with the last of them as an example. So a flood of
// requests is no flood of lines.
type refusals struct {
	log *slog.Logger

	mu      sync.Mutex
	pending map[string]*refusalCount // reasons logged within the last minute
}

// A refusalCount counts the requests that were refused for a reason since it
// was logged.
type refusalCount struct {
	n    int
	last []any // of the last one, as for slog
}

// add counts a request.
func (f *refusals) add(reason string, attrs []any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.pending) >= maxReasons && f.pending[reason] == nil {
		reason = "other"
	}
	c := f.pending[reason]
	if c == nil {
		f.write(reason, 1, attrs)
		f.pending[reason] = &refusalCount{}
		time.AfterFunc(refusalsEvery, func() { f.sum(reason) })
		return
	}
	c.n++
	c.last = attrs
}

// sum logs what was counted in the last minute, and waits for another one if
// that was anything.
func (f *refusals) sum(reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.pending[reason]
	if c.n == 0 {
		delete(f.pending, reason)
		return
	}
	f.write(reason, c.n, c.last)
	c.n = 0
	time.AfterFunc(refusalsEvery, func() { f.sum(reason) })
}

func (f *refusals) write(reason string, n int, attrs []any) {
	f.log.Info("requests refused", append([]any{"code", reason, "count", n}, attrs...)...)
}
