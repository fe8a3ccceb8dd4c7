package team

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"callboard/sipgate"
)

// A script is a Refresher that gives its answers one after another.
type script struct {
	mu      sync.Mutex
	answers []answer
	sent    []string
}

type answer struct {
	tokens sipgate.Tokens
	err    error
	during func() // called before the answer is given
}

func (s *script) Refresh(_ context.Context, refresh string) (sipgate.Tokens, error) {
	s.mu.Lock()
	s.sent = append(s.sent, refresh)
	n := len(s.sent)
	if n > len(s.answers) {
		s.mu.Unlock()
		return sipgate.Tokens{}, &sipgate.OAuthError{Status: 500, Err: errors.New("the script is over")}
	}
	a := s.answers[n-1]
	s.mu.Unlock()
	if a.during != nil {
		a.during()
	}
	return a.tokens, a.err
}

func (s *script) wantSent(tb testing.TB, want ...string) {
	tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.Join(s.sent, " ") != strings.Join(want, " ") {
		tb.Errorf("token requests with %v, want %v", s.sent, want)
	}
}

func oauthError(status int, code string) answer {
	return answer{err: &sipgate.OAuthError{Op: "refresh", Status: status, Code: code, Err: errors.New("refused")}}
}

func tokens(access, refresh string) answer {
	return answer{tokens: sipgate.Tokens{Access: access, Refresh: refresh, Lifetime: 300 * time.Second}}
}
