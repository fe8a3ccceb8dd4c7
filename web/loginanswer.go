package web

import (
	"bufio"
	"io"
	"net/http"
)

// plainJSON takes away what keeps libraries from reading JSON that is otherwise
// good: a byte order mark in front of it, and a Content-Type that says it is
// something else.
type plainJSON struct {
	next http.RoundTripper // nil for the default
}

// RoundTrip implements http.RoundTripper.
func (p plainJSON) RoundTrip(r *http.Request) (*http.Response, error) {
	next := p.next
	if next == nil {
		next = http.DefaultTransport
	}
	resp, err := next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	text := bufio.NewReader(resp.Body)
	if mark, _ := text.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
		text.Discard(len(byteOrderMark))
	}
	resp.Body = readCloser{text, resp.Body}
	resp.Header.Set("Content-Type", "application/json")
	return resp, nil
}

// A readCloser reads what Reader returns, and closes Closer.
type readCloser struct {
	io.Reader
	io.Closer
}
