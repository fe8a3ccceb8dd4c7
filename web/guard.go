package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// GuardOptions says what a [Guard] lets through.
type GuardOptions struct {
	Log       *slog.Logger
	PublicURL *url.URL   // the one origin this program has; see ParsePublicURL
	Render    RenderFunc // how refusals and panics are told

	// FormAction are origins, besides our own, to which a form may lead,
	// redirects included: the login server.
	FormAction []string

	// Exempt are path prefixes whose unsafe requests come from programs and
	// not from browsers, and prove who they are by other means. They are not
	// asked for an Origin.
	Exempt []string

	// Secret are path prefixes behind which the path itself is a secret. The
	// log shows only the prefix.
	Secret []string

	// Proxies are the peers whose X-Forwarded-For is believed. By default
	// nobody's is.
	Proxies []netip.Prefix

	// BodyTimeout is how long a request's body may take to arrive, 10 s by
	// default. A Handler that expects more sets its own with
	// http.ResponseController.SetReadDeadline.
	BodyTimeout time.Duration
}

const (
	defaultBodyTimeout = 10 * time.Second
	maxURI             = 8 << 10
	maxHeaderLines     = 100
	maxLogged          = 256
)

// Guard stands before h. Outermost first it writes the access log, turns
// panics into answers, sets the security headers, refuses requests for other
// hosts, and refuses unsafe requests of other origins. The http.ResponseWriter
// that h gets can be flushed and hijacked through http.ResponseController.
func Guard(o GuardOptions, h http.Handler) http.Handler {
	if o.BodyTimeout == 0 {
		o.BodyTimeout = defaultBodyTimeout
	}
	g := &guard{o: o, site: newSite(o.PublicURL), log: logger(o.Log), next: h}
	g.headers = securityHeaders(g.site, o.FormAction)
	return g
}

type guard struct {
	o       GuardOptions
	site    site
	log     *slog.Logger
	headers http.Header // shared by all answers; Set replaces a value and Add copies it
	next    http.Handler
}

// ServeHTTP implements http.Handler.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	id := rand.Text()[:16]
	ip := clientIP(r, g.o.Proxies)
	ctx := context.WithValue(r.Context(), requestIDKey, id)
	r = r.WithContext(context.WithValue(ctx, clientIPKey, ip))
	rec := &recorder{ResponseWriter: w}
	defer func() {
		g.log.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("id", id),
			slog.String("method", clip(r.Method, 16)), slog.String("path", g.loggedPath(r)),
			slog.Int("status", rec.sent()), slog.Int64("bytes", rec.bytes),
			slog.Float64("ms", float64(time.Since(start).Microseconds())/1000), slog.String("ip", ip.String()))
	}()
	defer g.recover(rec, r)
	maps.Copy(w.Header(), g.headers)
	w.Header()["X-Request-Id"] = []string{id}
	if err := g.check(r); err != nil {
		f := (&Errors{}).fault(err)
		g.log.LogAttrs(r.Context(), slog.LevelInfo, "request refused", slog.String("id", id), slog.String("code", f.Code))
		if f.Status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE")
		}
		if r.Body != http.NoBody {
			w.Header().Set("Connection", "close") // rather than read what is not wanted
		}
		answer(rec, r, f, g.o.Render)
		return
	}
	g.limitBody(rec, r)
	g.next.ServeHTTP(rec, r)
}

// check decides by the head of the request alone.
func (g *guard) check(r *http.Request) error {
	lines := 0
	for _, v := range r.Header {
		lines += len(v)
	}
	switch {
	case lines > maxHeaderLines:
		return Fault{Status: http.StatusRequestHeaderFieldsTooLarge, Code: CodeHeaders}
	case len(r.RequestURI) > maxURI:
		return Fault{Status: http.StatusRequestURITooLong, Code: CodeURI}
	case r.RequestURI == "*":
		return Fault{Status: http.StatusBadRequest, Code: CodeBadRequest}
	}
	if err := g.site.checkHost(r); err != nil {
		return err
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return Fault{Status: http.StatusMethodNotAllowed, Code: CodeMethod}
	}
	if under(g.o.Exempt, r.URL.Path) != "" {
		return nil
	}
	return g.site.checkOrigin(r)
}

// under returns the prefix of p, or "". A path that is not in its shortest
// form has none: it may mean something else to the mux.
func under(prefixes []string, p string) string {
	if clean := path.Clean(p); p != clean && p != clean+"/" {
		return ""
	}
	for _, prefix := range prefixes {
		if strings.HasPrefix(p, prefix) {
			return prefix
		}
	}
	return ""
}

// limitBody gives the body of r its time. The deadline is lifted when the body
// is read to its end: what the handler does then may take longer.
func (g *guard) limitBody(w http.ResponseWriter, r *http.Request) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	rc := http.NewResponseController(w)
	if rc.SetReadDeadline(time.Now().Add(g.o.BodyTimeout)) == nil {
		r.Body = &timedBody{ReadCloser: r.Body, rc: rc}
	}
}

type timedBody struct {
	io.ReadCloser
	rc *http.ResponseController
}

func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.rc.SetReadDeadline(time.Time{})
	}
	return n, err
}

// recover answers for a handler that panicked. If it had begun to answer, the
// connection is cut, so that nobody takes a half answer for a whole one.
func (g *guard) recover(w *recorder, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	g.log.LogAttrs(r.Context(), slog.LevelError, "panic", slog.String("id", RequestID(r.Context())),
		slog.String("panic", clip(fmt.Sprint(v), maxLogged)), slog.String("stack", string(debug.Stack())))
	if w.status != 0 {
		panic(http.ErrAbortHandler)
	}
	answer(w, r, Fault{Status: http.StatusInternalServerError, Code: CodeInternal}, g.o.Render)
}

// loggedPath never holds a secret: no query, and nothing after a secret
// prefix, however the path is spelt.
func (g *guard) loggedPath(r *http.Request) string {
	for _, p := range []string{r.URL.Path, path.Clean("/" + r.URL.Path)} {
		for _, prefix := range g.o.Secret {
			if len(p) > len(prefix) && strings.HasPrefix(strings.ToLower(p), strings.ToLower(prefix)) {
				return prefix + "…"
			}
		}
	}
	return clip(r.URL.Path, maxLogged)
}

func clip(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}

// PermissionsPolicy is the header that lets a page ask for nothing that is
// about a person's surroundings, but for what is named: "microphone". It is
// given to our own pages only.
func PermissionsPolicy(allowed ...string) string {
	var rules []string
	for _, feature := range []string{"camera", "display-capture", "geolocation", "microphone", "usb"} {
		to := "()"
		if slices.Contains(allowed, feature) {
			to = "(self)"
		}
		rules = append(rules, feature+"="+to)
	}
	return strings.Join(rules, ", ")
}

// securityHeaders are the headers of every answer. A handler may set another
// Cache-Control, Content-Security-Policy, Cross-Origin-Resource-Policy or
// Permissions-Policy.
func securityHeaders(s site, formAction []string) http.Header {
	form := strings.Join(append([]string{"'self'"}, formAction...), " ")
	h := http.Header{
		"Content-Security-Policy": {"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
			"media-src 'self'; connect-src 'self'; manifest-src 'self'; form-action " + form +
			"; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"},
		"X-Content-Type-Options": {"nosniff"},
		// Other sites learn nothing. It cannot be no-referrer: with that,
		// browsers send forms, even our own to us, with the Origin "null".
		"Referrer-Policy":              {"same-origin"},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Cache-Control":                {"no-store"},
		"Permissions-Policy":           {PermissionsPolicy()},
	}
	if s.secure {
		h.Set("Strict-Transport-Security", "max-age=63072000")
	}
	return h
}

// A recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// Unwrap lets http.ResponseController find what the recorder does not do.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w *recorder) WriteHeader(code int) {
	if w.status == 0 && (code >= 200 || code == http.StatusSwitchingProtocols) {
		w.status = code
	}
	w.ResponseWriter.WriteHeader(code)
}

// Write implements http.ResponseWriter.
func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom keeps the fast way of copying that the standard ResponseWriter has.
func (w *recorder) ReadFrom(r io.Reader) (int64, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := io.Copy(w.ResponseWriter, r)
	w.bytes += n
	return n, err
}

// Flush implements http.Flusher for those who do not ask a ResponseController.
func (w *recorder) Flush() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	http.NewResponseController(w.ResponseWriter).Flush()
}

func (w *recorder) sent() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}
