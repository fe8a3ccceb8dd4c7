// Package web is a toolkit for web programs: handlers that return errors, decoded
// forms and uploads, answers as JSON or HTML, sessions, login, sockets, the guard
// in front of all handlers, and orderly shutdown.
//
// It knows HTTP and nothing about telephones: it imports no other package of
// this module.
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

// A Fault is what a client learns about an error: a status, a stable code that
// the message catalog knows, and the form field that is wrong, if any. It never
// holds text from a client or another server.
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

	// Cause is the error that Explain turned into this Fault, for a Render that
	// shows details of it. It is nil if the handler returned the Fault itself.
	Cause error
}

// Error returns the status and the code, for the log.
func (f Fault) Error() string {
	return strconv.Itoa(f.Status) + " " + f.Code
}

// Codes of the Faults of this package.
const (
	CodeInternal     = "internal"           // 500: a panic, or an error without an explanation
	CodeNotFound     = "not_found"          // 404
	CodeMethod       = "method_not_allowed" // 405
	CodeTooLarge     = "too_large"          // 413: a body longer than its http.MaxBytesReader allows
	CodeURI          = "uri_too_long"       // 414
	CodeMediaType    = "media_type"         // 415: a body of another type than the handler reads
	CodeBadForm      = "bad_form"           // 400: not a well-formed form
	CodeBadJSON      = "bad_json"           // 400: not a well-formed JSON object of known fields
	CodeBadParam     = "bad_param"          // 422: a field with a value that is not valid
	CodeBadUpload    = "bad_upload"         // 400: not a form with one file
	CodeTooSlow      = "too_slow"           // 408: an upload below its pace
	CodeHeaders      = "headers"            // 431
	CodeBadRequest   = "bad_request"        // 400
	CodeBadHost      = "bad_host"           // 421
	CodeBadOrigin    = "bad_origin"         // 403
	CodeHandshake    = "handshake"          // 400, 405, 426: not a WebSocket handshake
	CodeRestarting   = "restarting"         // 503: the server is shutting down
	CodeBusy         = "busy"               // 503: the database did not answer in time
	CodeRateLimited  = "rate_limited"       // 429
	CodeOAuthState   = "oauth_state"        // 400: this browser has begun no such login
	CodeOAuthCode    = "oauth_code"         // 400: no usable code
	CodeOAuthDenied  = "oauth_denied"       // 400: the login server refused
	CodeOAuthExpired = "oauth_expired"      // 400: it took too long; it may be begun again
	CodeOAuthClient  = "oauth_client"       // 400, 502: the login server refuses the client or what it asks for
	CodeOAuthScope   = "oauth_scope"        // 400, 502: the login server refuses the scopes
	CodeLoginFailed  = "login_failed"       // 502: the login server gave no tokens for the code
)

// StatusClientLeft is what the log and the metrics have, as those of nginx do, for a
// request that was given up because its client did not wait for the answer: a search
// while its text is still being typed. Nobody receives it.
const StatusClientLeft = 499

// A RenderFunc answers r with f in the form that r wants. Nothing has been written
// before. The header Retry-After is set already.
type RenderFunc func(w http.ResponseWriter, r *http.Request, f Fault)

// Errors turns the errors of Handlers into answers. Without Log nothing is
// logged, without Explain every error that wraps no Fault is a 500, and without
// Render answers are plain text.
type Errors struct {
	Log     *slog.Logger
	Explain func(error) Fault // for errors that wrap no Fault
	Render  RenderFunc

	// Unavailable returns why the database could not do what it was asked, or
	// "" if err has another reason. Such an error is no mistake of ours: it is
	// 503 with that code.
	Unavailable func(err error) (code string)
}

// Handle returns h as an http.Handler. It logs Faults of 500 and above as errors
// and all others as information, with the id of the request. What a [Guard]
// refuses to clients without a session is part of its summary instead. What h did not
// end because the client has left is no error; its status is [StatusClientLeft].
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
		if f.Status >= 500 && errors.Is(err, context.Canceled) && r.Context().Err() != nil {
			logger(e.Log).Debug("client left", "id", RequestID(r.Context()), "pattern", r.Pattern, "err", err)
			w.WriteHeader(StatusClientLeft)
			return
		}
		e.log(r, f, err)
		respondFault(w, r, f, e.Render)
	})
}

// log logs an error, or leaves it to the summary of refused requests.
func (e *Errors) log(r *http.Request, f Fault, err error) {
	if v := visitOf(r.Context()); v != nil && f.Status < 500 && !v.known() {
		v.reason, v.err = f.Code, err
		return
	}
	level := slog.LevelInfo
	if f.Status >= 500 && r.Context().Err() == nil {
		level = slog.LevelError
	}
	logger(e.Log).Log(r.Context(), level, "request failed", "id", RequestID(r.Context()),
		"pattern", r.Pattern, "status", f.Status, "code", f.Code, "err", err)
}

// Mux serves mux, but replaces its plain-text answers "not found" and "method not
// allowed" by rendered Faults. It keeps the header Allow. A path that is not in
// its shortest form is not found, where the mux would redirect.
func (e *Errors) Mux(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if clean := path.Clean(r.URL.Path); clean != r.URL.Path && clean+"/" != r.URL.Path {
			respondFault(w, r, Fault{Status: http.StatusNotFound, Code: CodeNotFound}, e.Render)
			return
		}
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		m := &refusalFilter{ResponseWriter: w}
		h.ServeHTTP(m, r)
		switch m.status {
		case http.StatusMethodNotAllowed:
			respondFault(w, r, Fault{Status: m.status, Code: CodeMethod}, e.Render)
		case http.StatusNotFound:
			respondFault(w, r, Fault{Status: m.status, Code: CodeNotFound}, e.Render)
		}
	})
}

// fault returns what a client learns about err.
func (e *Errors) fault(err error) Fault {
	f := e.explained(err)
	if e.Unavailable == nil || f.Status != http.StatusInternalServerError && f.Code != CodeBusy {
		return f
	}
	if code := e.Unavailable(err); code != "" {
		return Fault{Status: http.StatusServiceUnavailable, Code: code, RetryAfter: time.Second, Cause: err}
	}
	return f
}

func (e *Errors) explained(err error) Fault {
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

// respondFault renders f. It removes the headers of the intended answer, so that
// the error is not cached or decoded as that answer.
func respondFault(w http.ResponseWriter, r *http.Request, f Fault, render RenderFunc) {
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

// A refusalFilter passes redirects of the mux through, and keeps only the status
// of its errors.
type refusalFilter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (m *refusalFilter) WriteHeader(code int) {
	if code == http.StatusNotFound || code == http.StatusMethodNotAllowed {
		m.status = code
		return
	}
	m.ResponseWriter.WriteHeader(code)
}

// Write implements http.ResponseWriter.
func (m *refusalFilter) Write(p []byte) (int, error) {
	if m.status != 0 {
		return len(p), nil
	}
	return m.ResponseWriter.Write(p)
}

// logger returns l, or a logger that discards everything if l is nil.
func logger(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.New(slog.DiscardHandler)
	}
	return l
}
