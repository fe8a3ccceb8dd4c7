package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// GuardOptions are the settings of a [Guard].
type GuardOptions struct {
	Log       *slog.Logger
	PublicURL *url.URL   // the only origin of this program; see ParsePublicURL
	Render    RenderFunc // answers refused requests and panics

	// FormAction are the origins, besides our own, that a form may lead to,
	// also by redirects: the login server.
	FormAction []string

	// Exempt are path prefixes whose unsafe requests come from programs instead
	// of browsers and are authenticated by other means. They need no Origin.
	Exempt []string

	// Secret are path prefixes that are followed by a secret. The log shows only
	// the prefix.
	Secret []string

	// Proxies are the peers whose X-Forwarded-For is believed, none by default.
	Proxies Proxies

	// ProxyWatch, unless it is nil, learns from all requests whether the proxy is
	// set up well.
	ProxyWatch *ProxyWatch

	// AnyHost are paths that are served on every host, for monitoring and
	// orchestration that know only an address. Nothing there may be worth
	// anything to a stranger.
	AnyHost []string

	// AccessLog takes answered requests. Without it they are not logged, but the
	// summary of those that were refused to strangers is.
	AccessLog *slog.Logger

	// OnAnswer, unless it is nil, is called after each answer with the pattern of
	// its route, "" if there is none.
	OnAnswer func(pattern string, status int, took time.Duration)

	// Forwarded says that requests come from the Guards of other nodes, which have
	// checked them and will log them: this one takes from [ForwardVisit] who sent
	// them, and neither checks nor logs nor reports anything but panics. No client
	// may be able to reach it.
	Forwarded bool

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

// Guard returns h behind, outermost first, the access log, in which requests that
// were refused to clients without a session are summed up, the recovery from
// panics, the security headers, the refusal of requests for other hosts, and the
// refusal of unsafe requests from other origins. The http.ResponseWriter that h
// gets can be flushed and hijacked through http.ResponseController.
func Guard(o GuardOptions, h http.Handler) http.Handler {
	if o.BodyTimeout == 0 {
		o.BodyTimeout = defaultBodyTimeout
	}
	g := &guard{o: o, site: newSite(o.PublicURL), log: logger(o.Log), next: h}
	g.refusals = &refusals{log: g.log, pending: map[string]*refusalCount{}}
	g.headers = securityHeaders(g.site, o.FormAction)
	return g
}

type guard struct {
	o       GuardOptions
	site    site
	log     *slog.Logger
	headers http.Header // shared by all answers; Set replaces a value and Add copies it
	next    http.Handler

	refusals *refusals
}

// ServeHTTP implements http.Handler.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := g.newVisit(r)
	r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
	rec := &recorder{ResponseWriter: w, control: http.NewResponseController(w), conn: joinable(r)}
	defer rec.extend() // for what is still in buffers
	if !g.o.Forwarded {
		defer g.logRequest(rec, r, v, time.Now())
	}
	defer g.recover(rec, r)
	maps.Copy(w.Header(), g.headers)
	w.Header()["X-Request-Id"] = []string{v.id}
	if len(r.TransferEncoding) > 0 {
		// A Content-Length beside it has been ignored. A proxy may have gone by
		// that, and what it takes for the body would be the next request here.
		w.Header().Set("Connection", "close")
	}
	if err := g.check(r); err != nil {
		f := (&Errors{}).fault(err)
		v.reason, v.err = f.Code, err
		if f.Status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE")
		}
		if r.Body != http.NoBody {
			w.Header().Set("Connection", "close") // instead of reading the body
		}
		respondFault(rec, r, f, g.o.Render)
		return
	}
	g.limitBody(rec, r)
	g.next.ServeHTTP(rec, r)
}

func newRequestID() string { return rand.Text()[:16] }

func (g *guard) newVisit(r *http.Request) *visit {
	if g.o.Forwarded {
		return forwardedVisit(r)
	}
	v := &visit{id: newRequestID(), peer: peer(r)}
	v.ip, v.reported = g.o.Proxies.client(v.peer, r.Header)
	v.isProxy = v.ip == v.peer && g.o.Proxies.believe(v.ip)
	return v
}

// logRequest reports and logs the request that began at start, or counts it if it
// was refused to a stranger.
func (g *guard) logRequest(w *recorder, r *http.Request, v *visit, start time.Time) {
	status, took := w.sent(), time.Since(start)
	if !g.isAnyHost(r) {
		g.o.ProxyWatch.note(r, v)
	}
	if g.o.OnAnswer != nil {
		g.o.OnAnswer(r.Pattern, status, took)
	}
	refused := v.reason != "" || status >= 400 && status < 500
	summed := refused && !v.known() && status < 500
	if !summed && (g.o.AccessLog == nil || !g.o.AccessLog.Enabled(r.Context(), slog.LevelInfo)) {
		return
	}
	attrs := [...]slog.Attr{slog.String("id", v.id), slog.String("method", clip(r.Method, 16)), slog.String("path", g.loggedPath(r)), slog.Int("status", status),
		slog.Int64("bytes", w.bytes), slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("ip", v.ip.String())}
	if !summed { // without the line of code, which is this one
		line := slog.NewRecord(start.Add(took), slog.LevelInfo, "request", 0)
		line.AddAttrs(attrs[:]...)
		g.o.AccessLog.Handler().Handle(r.Context(), line)
		return
	}
	var all []any
	for _, attr := range attrs {
		all = append(all, attr)
	}
	if v.err != nil {
		all = append(all, "err", clip(v.err.Error(), maxLogged))
	}
	g.refusals.add(cmp.Or(v.reason, http.StatusText(status)), append(all, v.attrs...))
}

// check refuses requests by their headers alone.
func (g *guard) check(r *http.Request) error {
	if g.o.Forwarded {
		return nil
	}
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
	if g.isAnyHost(r) {
		return nil
	}
	if err := g.site.checkHost(r); err != nil {
		v := visitOf(r.Context())
		v.attrs = []any{"host", clip(r.Host, maxLogged), "expected", g.site.host, "hint", hostHint(r, g.site)}
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

func (g *guard) isAnyHost(r *http.Request) bool {
	return slices.Contains(g.o.AnyHost, r.URL.Path) && (r.Method == http.MethodGet || r.Method == http.MethodHead)
}

// hostHint says what to do about a request for another host.
func hostHint(r *http.Request, s site) string {
	if s.serves(r.Header.Get("X-Forwarded-Host")) || len(r.Header["X-Forwarded-For"]) > 0 {
		return "the reverse proxy has to pass on the header Host as it comes (nginx: proxy_set_header Host $http_host), or --public-url is another address"
	}
	return "open the address of --public-url"
}

// under returns the first of prefixes that p begins with, or "". A path that is
// not in its shortest form has no prefix: the mux may interpret it differently.
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

// limitBody sets a deadline for the body of r. The deadline ends with the body:
// the handler may then take longer.
func (g *guard) limitBody(w http.ResponseWriter, r *http.Request) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	rc := http.NewResponseController(w)
	if rc.SetReadDeadline(time.Now().Add(g.o.BodyTimeout)) == nil {
		r.Body = &timedBody{ReadCloser: r.Body, rc: rc}
	}
}

// A timedBody removes the read deadline of its connection once it has been read.
type timedBody struct {
	io.ReadCloser
	rc *http.ResponseController
}

// Read implements io.Reader.
func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.rc.SetReadDeadline(time.Time{})
	}
	return n, err
}

// recover answers for a handler that panicked. If the handler had begun to answer,
// it cuts the connection, so that half an answer is not taken for a whole one.
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
	respondFault(w, r, Fault{Status: http.StatusInternalServerError, Code: CodeInternal}, g.o.Render)
}

// loggedPath returns the path of r for the log, without its query and without
// what follows a secret prefix, however the path is spelt.
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

// clip returns s, cut off after n bytes.
func clip(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}

// PermissionsPolicy returns the header that denies a page the microphone, the
// camera and the like, except for the allowed features, such as "microphone",
// which only pages of our own origin may use.
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

// securityHeaders returns the headers of every answer. A handler may set another
// Cache-Control, Content-Security-Policy, Cross-Origin-Resource-Policy or
// Permissions-Policy.
func securityHeaders(s site, formAction []string) http.Header {
	form := strings.Join(append([]string{"'self'"}, formAction...), " ")
	h := http.Header{
		"Content-Security-Policy": {"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
			"font-src 'self'; media-src 'self'; connect-src 'self'; manifest-src 'self'; form-action " + form +
			"; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"},
		"X-Content-Type-Options": {"nosniff"},
		// Other sites get no Referer. It cannot be no-referrer, with which
		// browsers send even our own forms with the Origin "null".
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
