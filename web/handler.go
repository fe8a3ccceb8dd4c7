// Package web is the part of an HTTP server that every such server needs:
// handlers that return errors, sessions, login, sockets, the guard in front of
// it all, and orderly shutdown.
//
// It knows HTTP and nothing else. It imports no other package of this module,
// so nothing about telephony can find its way in.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path"
	"strconv"
	"time"
)

// A Handler is an http.Handler that may fail instead of answering. A Handler
// that returns an error must not have written to w, unless the error wraps
// [http.ErrAbortHandler]: then the connection is cut, so that the client does
// not take half an answer for a whole one.
type Handler func(w http.ResponseWriter, r *http.Request) error

// A Fault is what the user is told of an error: a status, a stable code that
// the message catalog knows, and the form field it is about, if any. It never
// holds text that came from outside.
//
// A Fault is itself an error. Wrap it beside its cause, as in
//
//	fmt.Errorf("%w: %w", Fault{Status: 502, Code: "login_failed"}, err)
//
// and [Errors] answers with it without asking Explain.
type Fault struct {
	Status     int
	Code       string
	Field      string
	RetryAfter time.Duration // sent as Retry-After in whole seconds, rounded up; 0 for none

	// Cause is the error that Explain was asked about, for a Render that says
	// more of it; nil if the Fault was there from the start.
	Cause error
}

// Error names the status and the code, for the log.
func (f Fault) Error() string {
	return strconv.Itoa(f.Status) + " " + f.Code
}

// Codes of the Faults that this package finds by itself.
const (
	CodeInternal    = "internal"           // 500: a panic, or an error nobody explained
	CodeNotFound    = "not_found"          // 404
	CodeMethod      = "method_not_allowed" // 405
	CodeTooLarge    = "too_large"          // 413: a body longer than its http.MaxBytesReader allows
	CodeURI         = "uri_too_long"       // 414
	CodeMediaType   = "media_type"         // 415: a body of another type than the handler reads
	CodeBadForm     = "bad_form"           // 400: not a well-formed form
	CodeBadJSON     = "bad_json"           // 400: not a well-formed JSON object of known fields
	CodeBadParam    = "bad_param"          // 422: a field with a value that is not valid
	CodeBadUpload   = "bad_upload"         // 400: not a form with one file
	CodeTooSlow     = "too_slow"           // 408: an upload below its pace
	CodeHeaders     = "headers"            // 431
	CodeBadRequest  = "bad_request"        // 400
	CodeBadHost     = "bad_host"           // 421
	CodeBadOrigin   = "bad_origin"         // 403
	CodeHandshake   = "handshake"          // 400, 405, 426: not a WebSocket handshake
	CodeRestarting  = "restarting"         // 503: the server is shutting down
	CodeBusy        = "busy"               // 503: the database did not answer in time
	CodeRateLimited = "rate_limited"       // 429
	CodeOAuthState  = "oauth_state"        // 400: not a login that this browser began
	CodeOAuthCode   = "oauth_code"         // 400: no usable code
	CodeOAuthDenied = "oauth_denied"       // 400: the login server said no
	CodeLoginFailed = "login_failed"       // 502: the code could not be turned into tokens
)

// A RenderFunc answers r with f: as a page, as JSON, as the request asks.
// Nothing has been written before, and the header Retry-After is set already.
type RenderFunc func(w http.ResponseWriter, r *http.Request, f Fault)

// Errors turns the errors of Handlers into answers. The fields may be nil:
// then nothing is logged, everything unknown is a 500, and the answer is plain
// text.
type Errors struct {
	Log     *slog.Logger
	Explain func(error) Fault // asked about errors that wrap no Fault
	Render  RenderFunc
}

// Handle adapts h. Faults of 500 and above are logged as errors, the rest for
// information; who reads the log finds the request again by its id.
func (e *Errors) Handle(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		if errors.Is(err, http.ErrAbortHandler) {
			logger(e.Log).Info("answer aborted", "id", RequestID(r.Context()), "pattern", r.Pattern, "err", err)
			panic(http.ErrAbortHandler)
		}
		f := e.fault(err)
		level := slog.LevelInfo
		if f.Status >= 500 && r.Context().Err() == nil {
			level = slog.LevelError
		}
		logger(e.Log).Log(r.Context(), level, "request failed", "id", RequestID(r.Context()),
			"pattern", r.Pattern, "status", f.Status, "code", f.Code, "err", err)
		answer(w, r, f, e.Render)
	})
}

// Mux serves mux, with its plain-text answers "not found" and "method not
// allowed" replaced by rendered Faults. The header Allow is kept. A path that is
// not in its shortest form is not found, where the mux would lead elsewhere.
func (e *Errors) Mux(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if clean := path.Clean(r.URL.Path); clean != r.URL.Path && clean+"/" != r.URL.Path {
			answer(w, r, Fault{Status: http.StatusNotFound, Code: CodeNotFound}, e.Render)
			return
		}
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		m := &muted{ResponseWriter: w}
		h.ServeHTTP(m, r)
		switch m.status {
		case http.StatusMethodNotAllowed:
			answer(w, r, Fault{Status: m.status, Code: CodeMethod}, e.Render)
		case http.StatusNotFound:
			answer(w, r, Fault{Status: m.status, Code: CodeNotFound}, e.Render)
		}
	})
}

func (e *Errors) fault(err error) Fault {
	if f, ok := errors.AsType[Fault](err); ok {
		return f
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return Fault{Status: http.StatusRequestEntityTooLarge, Code: CodeTooLarge}
	}
	if e.Explain == nil {
		return Fault{Status: http.StatusInternalServerError, Code: CodeInternal}
	}
	f := e.Explain(err)
	f.Cause = err
	return f
}

// answer renders f. Headers that described the answer that did not come about
// are taken back, so that an error is never cached or decoded as that answer.
func answer(w http.ResponseWriter, r *http.Request, f Fault, render RenderFunc) {
	h := w.Header()
	for _, name := range []string{"Content-Length", "Content-Encoding", "Content-Disposition", "Etag", "Last-Modified", "Accept-Ranges"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	if f.RetryAfter > 0 {
		seconds := (f.RetryAfter + time.Second - 1) / time.Second
		h.Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	if render == nil {
		http.Error(w, f.Code, f.Status)
		return
	}
	render(w, r, f)
}

// muted lets redirects of the mux through and keeps only the status of its
// refusals.
type muted struct {
	http.ResponseWriter
	status int
}

func (m *muted) WriteHeader(code int) {
	if code == http.StatusNotFound || code == http.StatusMethodNotAllowed {
		m.status = code
		return
	}
	m.ResponseWriter.WriteHeader(code)
}

func (m *muted) Write(p []byte) (int, error) {
	if m.status != 0 {
		return len(p), nil
	}
	return m.ResponseWriter.Write(p)
}

type contextKey int

const (
	requestIDKey contextKey = iota
	clientIPKey
)

// RequestID returns the id that [Guard] gave the request of ctx, which is also
// its answer's X-Request-Id; empty outside of a Guard.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey).(string)
	return id
}

func logger(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.New(slog.DiscardHandler)
	}
	return l
}
