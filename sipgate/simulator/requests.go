package simulator

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Request is a request that the API or the login pages received.
type Request struct {
	Time    time.Time `json:"time"`
	Host    string    `json:"host"` // by which the client knows the simulator
	Method  string    `json:"method"`
	Path    string    `json:"path"`
	Query   string    `json:"query"`
	Body    string    `json:"body"`   // at most 16 KiB
	Status  int       `json:"status"` // 0 until the response, and if the connection was cut
	Auth    string    `json:"auth,omitempty"`
	Account string    `json:"account,omitempty"`
	User    string    `json:"user,omitempty"`
	Fault   string    `json:"fault,omitempty"` // the Do of the Fault that applied
}

const (
	maxRequests   = 10000
	maxLoggedBody = 16 << 10
)

// requestLog keeps the latest requests.
type requestLog struct {
	mu      sync.Mutex
	entries []*Request
}

func (l *requestLog) add(r *Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, r)
	if len(l.entries) >= 2*maxRequests {
		l.entries = slices.Delete(l.entries, 0, maxRequests)
	}
}

// update changes a logged request under the lock.
func (l *requestLog) update(r *Request, f func(*Request)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(r)
}

// Requests returns the latest requests, oldest first, except those of the
// control API. It returns at least the last 10,000. A request has been added
// when its client gets the response.
func (s *Simulator) Requests() []Request {
	s.requests.mu.Lock()
	defer s.requests.mu.Unlock()
	list := make([]Request, 0, len(s.requests.entries))
	for _, r := range s.requests.entries {
		list = append(list, *r)
	}
	return list
}

// serveLogged logs a request and serves it, subject to a matching fault.
func (s *Simulator) serveLogged(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	r.Body = io.NopCloser(bytes.NewReader(body))
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	seen := &Request{
		Time: s.now(), Host: r.Host, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
		Body: string(body[:min(len(body), maxLoggedBody)]), Auth: strings.ToLower(scheme),
	}
	s.requests.add(seen)
	sw := &statusWriter{ResponseWriter: w, log: &s.requests, seen: seen}
	serve := func(w http.ResponseWriter) {
		if strings.HasPrefix(r.URL.Path, "/v2/") {
			s.serveAPI(w, r, seen, body)
		} else {
			s.mux.ServeHTTP(w, r)
		}
	}
	f, hit := s.faults.forRequest(r.Method, r.URL.Path)
	if !hit {
		serve(sw)
		return
	}
	s.requests.update(seen, func(seen *Request) { seen.Fault = f.Do })
	s.applyFault(sw, r, f, serve)
}

// applyFault serves a request with the effect of f.
func (s *Simulator) applyFault(w *statusWriter, r *http.Request, f Fault, serve func(http.ResponseWriter)) {
	switch {
	case f.Do == DoDelay && !f.After:
		sleep(r.Context(), time.Duration(f.Delay))
		serve(w)
		return
	case f.Do == DoStatus:
		setIf(w.Header(), "Retry-After", f.RetryAfter)
		setIf(w.Header(), "Location", f.Location)
		w.WriteHeader(f.Status)
		return
	case f.Do == DoReset:
		panic(http.ErrAbortHandler)
	}
	kept := &bufferedResponse{header: w.Header(), status: http.StatusOK}
	serve(kept)
	switch f.Do {
	case DoDelay:
		sleep(r.Context(), time.Duration(f.Delay))
	case DoResetAfter:
		panic(http.ErrAbortHandler)
	case DoMalformed:
		kept.status = http.StatusOK
		kept.body = *bytes.NewBufferString(`{"data":[{"callId":"54566B150B0C0D3A","muted":fal`)
		w.Header().Set("Content-Type", "application/json")
	case DoOdd:
		f.odd(kept)
	case DoSpoil:
		f.spoil(kept)
	case DoEmpty:
		kept.body.Reset()
		w.Header().Del("Content-Type")
	case DoTruncate:
		if kept.body.Len() == 0 {
			kept.status = http.StatusOK
			kept.body.WriteString("{}")
		}
		w.Header().Set("Content-Length", strconv.Itoa(kept.body.Len()))
		w.WriteHeader(kept.status)
		w.Write(kept.body.Bytes()[:kept.body.Len()/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(kept.status)
	w.Write(kept.body.Bytes())
}

func setIf(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}

// statusWriter logs the status before it sends it.
type statusWriter struct {
	http.ResponseWriter
	log     *requestLog
	seen    *Request
	started bool
}

func (w *statusWriter) WriteHeader(status int) {
	if !w.started {
		w.started = true
		w.log.update(w.seen, func(r *Request) { r.Status = status })
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if !w.started {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap supports [http.ResponseController].
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// bufferedResponse buffers status and body instead of sending them. Its header
// is the header that will be sent.
type bufferedResponse struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *bufferedResponse) Header() http.Header         { return k.header }
func (k *bufferedResponse) WriteHeader(status int)      { k.status = status }
func (k *bufferedResponse) Write(b []byte) (int, error) { return k.body.Write(b) }

// clear empties the log.
func (l *requestLog) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}
