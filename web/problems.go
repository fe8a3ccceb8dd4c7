package web

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// A Problem is a warning or an error of the log without its details: those may be
// about members of any team.
type Problem struct {
	Message string
	Level   slog.Level
	Count   int       // since the program started
	At      time.Time // of the last one
}

// maxProblems is how many different problems are remembered. A text of the log is
// one of few.
const maxProblems = 100

// problems remembers what was logged as a warning or an error.
type problems struct {
	mu        sync.Mutex
	byMessage map[string]*Problem
}

func (p *problems) add(r slog.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.byMessage[r.Message]
	if known == nil {
		if len(p.byMessage) >= maxProblems {
			return
		}
		known = &Problem{Message: r.Message}
		p.byMessage[r.Message] = known
	}
	known.Level, known.At = r.Level, r.Time
	known.Count++
}

// newest returns the problems, the last one first.
func (p *problems) newest() []Problem {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]Problem, 0, len(p.byMessage))
	for _, x := range p.byMessage {
		all = append(all, *x)
	}
	slices.SortFunc(all, func(a, b Problem) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Message, b.Message))
	})
	return all
}

// A problemHandler is a slog.Handler that remembers problems, whatever the level
// of the log is.
type problemHandler struct {
	slog.Handler
	problems *problems
}

// Enabled implements slog.Handler.
func (h problemHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn || h.Handler.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h problemHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		h.problems.add(r)
	}
	if !h.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h problemHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return problemHandler{h.Handler.WithAttrs(attrs), h.problems}
}

// WithGroup implements slog.Handler.
func (h problemHandler) WithGroup(name string) slog.Handler {
	return problemHandler{h.Handler.WithGroup(name), h.problems}
}
