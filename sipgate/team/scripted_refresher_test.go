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

// A scriptedRefresher gives its replies one after another.
type scriptedRefresher struct {
	mu      sync.Mutex
	replies []scriptedReply
	sent    []string
}

type scriptedReply struct {
	tokens sipgate.Tokens
	err    error
	during func() // called before the reply is given
}

func (s *scriptedRefresher) Refresh(_ context.Context, refreshToken string) (sipgate.Tokens, error) {
	s.mu.Lock()
	s.sent = append(s.sent, refreshToken)
	n := len(s.sent)
	if n > len(s.replies) {
		s.mu.Unlock()
		return sipgate.Tokens{}, &sipgate.OAuthError{Status: 500, Err: errors.New("no reply is left")}
	}
	reply := s.replies[n-1]
	s.mu.Unlock()
	if reply.during != nil {
		reply.during()
	}
	return reply.tokens, reply.err
}

func (s *scriptedRefresher) wantSent(tb testing.TB, want ...string) {
	tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.Join(s.sent, " ") != strings.Join(want, " ") {
		tb.Errorf("token requests with %v, want %v", s.sent, want)
	}
}

func errorReply(status int, code string) scriptedReply {
	return scriptedReply{err: &sipgate.OAuthError{Op: "refresh", Status: status, Code: code, Err: errors.New("refused")}}
}

func tokensReply(access, refresh string) scriptedReply {
	return scriptedReply{tokens: sipgate.Tokens{Access: access, Refresh: refresh, Lifetime: 300 * time.Second}}
}
