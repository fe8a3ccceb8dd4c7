// Package handlers is where HTTP meets telephony: a handler decodes a request,
// makes one call to a package below sipgate, and answers.
//
// It is the only package that knows both. It decides nothing about calls or
// permissions and keeps no state: what outlives a request belongs to the
// packages that it is given.
package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"callboard/handlers/feed"
	"callboard/sipgate"
	"callboard/sipgate/announcement"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/relay"
	"callboard/sipgate/stats"
	"callboard/sipgate/team"
	"callboard/sipgate/webhook"
	"callboard/web"
	"callboard/web/forward"
)

// Deps are the parts that the handlers bring together.
type Deps struct {
	Log       *slog.Logger
	Demo      bool                        // sipgate is simulated: the pages say so
	PublicURL *url.URL                    // of this dashboard, without a path
	LoginURL  *url.URL                    // of sipgate's login server
	OAuth     *sipgate.OAuth              // for sign-outs at sipgate
	Key       team.Key                    // of this installation; makes the push addresses
	Login     *web.Login                  // New sets where it leads to
	Ready     func(context.Context) error // writes to the database

	// Unavailable returns why the database cannot do its work, or "" if err has
	// another reason.
	Unavailable func(err error) (code string)

	Problems func() []web.Problem // of the log, the last one first
	LogLevel *slog.LevelVar       // may be changed

	// Space returns the bytes of the database and those that are free on its
	// disk, negative if that is not known. The error is that of Ready.
	Space func(context.Context) (size, free int64, err error)

	// Postgres says that the database is in PostgreSQL, and not backed up by us.
	Postgres bool

	// Backup returns when the newest daily backup was made, zero if there is
	// none, and why the last attempt failed. on is false if there are to be none.
	Backup func() (made time.Time, on bool, err error)

	// Certificate returns when that of the program expires, zero without one.
	Certificate func() time.Time

	AccessLog *slog.Logger // takes answered requests; nil: they are not logged

	// OnAnswer, unless it is nil, is called after each answer with the pattern
	// of its route, "" if there is none.
	OnAnswer func(pattern string, status int, took time.Duration)

	Server    web.ServerOptions // its Log and PublicURL are those above
	Sessions  *web.Sessions[SignIn]
	AuditDays int // for how many days the audit is kept

	// Nodes passes requests on to the homes of their teams. It is nil if there is
	// only one node.
	Nodes *forward.Forwarder

	// NodeList returns the nodes, none if there is only one.
	NodeList func(context.Context) ([]forward.Node, error)

	Control  *callcontrol.Control
	Stats    *stats.Reader
	Relay    *relay.Relay // passes push events on to other programs
	Receiver *webhook.Receiver
}

// App is the dashboard as the network sees it.
type App struct {
	server  *web.Server
	feeds   *feed.Feeds
	handler http.Handler
	health  http.Handler

	nodes    *forward.Forwarder // nil for a node that is alone
	passedOn http.Handler
}

type handlers struct {
	Deps
	server    *web.Server
	errors    *web.Errors
	started   time.Time             // when the process started
	uploads   *web.ConcurrencyLimit // by member
	waveforms *announcement.WaveformCache
	polling   *web.Recent // pages without a socket, by account
	proxy     *web.ProxyWatch
	feeds     *feed.Feeds

	checkAddress func(ctx context.Context, public *url.URL, path, want string) web.URLStatus
}

// loginsPerMinute bounds how often one address may begin to sign in.
const loginsPerMinute = 20

// New returns the dashboard.
func New(d Deps) *App {
	return newHandlers(d).app()
}

func (h *handlers) app() *App {
	a := &App{server: h.server, feeds: h.feeds, handler: h.guarded(), health: h.health()}
	if h.Nodes != nil {
		a.nodes, a.passedOn = h.Nodes, h.passedOn()
	}
	return a
}

func newHandlers(d Deps) *handlers {
	d.Server.Log, d.Server.PublicURL = d.Log, d.PublicURL
	h := &handlers{Deps: d, started: time.Now(), uploads: web.NewConcurrencyLimit(maxUploads), waveforms: announcement.NewWaveformCache(),
		polling: web.NewRecent(fallbackWindow), proxy: web.NewProxyWatch(d.Log, d.PublicURL, d.Server.Proxies), feeds: feed.New(d.Log),
		server: web.NewServer(d.Server), checkAddress: web.CheckPublicURL}
	h.errors = &web.Errors{Log: d.Log, Explain: explain, Unavailable: d.Unavailable, Render: h.respondFault}
	h.Login.RedirectURL = d.PublicURL.JoinPath(callbackPath).String()
	h.Login.Scopes, h.Login.Optional = sipgate.Scopes, sipgate.OptionalScopes
	h.Login.Limit = web.NewLimiter(loginsPerMinute)
	h.Login.Done = h.finishLogin
	return h
}

// guarded returns the routes behind what protects all of them.
func (h *handlers) guarded() http.Handler {
	return marked(web.Guard(h.guardOptions(), h.errors.Mux(h.mux())))
}

func (h *handlers) guardOptions() web.GuardOptions {
	return web.GuardOptions{Log: h.Log, PublicURL: h.PublicURL, Render: h.respondFault,
		FormAction: []string{h.LoginURL.Scheme + "://" + h.LoginURL.Host},
		Exempt:     []string{"/push/"}, Secret: []string{"/push/", "/a/", "/wall/"},
		AccessLog: h.AccessLog, OnAnswer: h.OnAnswer, Proxies: h.Server.Proxies, ProxyWatch: h.proxy, AnyHost: []string{"/healthz", "/readyz"}}
}

// answerHeader marks our answers, so that a page does not take those of a proxy
// in front of us for ours. Its value is "ok", or the code of the fault.
const answerHeader = "Callboard-Answer"

// answered is the value of most answers. It is never modified.
var answered = []string{"ok"}

// marked returns h with its answers marked.
func marked(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()[answerHeader] = answered
		h.ServeHTTP(w, r)
	})
}

// Serve serves the dashboard on ln until ctx is done, and then ends requests
// and sockets in good order.
func (a *App) Serve(ctx context.Context, ln net.Listener) error {
	defer a.feeds.Close()
	if a.nodes != nil {
		defer a.nodes.Close()
		defer context.AfterFunc(ctx, a.nodes.CloseSockets)()
	}
	return a.server.Serve(ctx, ln, a.handler)
}

// Sockets returns how many pages have a socket.
func (a *App) Sockets() int { return a.server.Sockets() }

// Sent returns what was sent to the pages of boards.
func (a *App) Sent() feed.Counts { return a.feeds.Sent() }

// Health answers /healthz and /readyz, for a listener that serves no pages.
func (a *App) Health() http.Handler { return a.health }

func (h *handlers) health() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", h.errors.Handle(h.healthy))
	mux.Handle("GET /readyz", h.errors.Handle(h.ready))
	return marked(mux)
}

// alive is what [handlers.healthy] answers.
const alive = "ok\n"

// healthy answers orchestration: the process runs. Whether it can do its work is
// what [handlers.ready] says; a restart would not help against that.
func (h *handlers) healthy(w http.ResponseWriter, r *http.Request) error {
	_, err := w.Write([]byte(alive))
	return err
}

// ready answers monitoring: the program takes requests and the database can be
// written, or why not.
func (h *handlers) ready(w http.ResponseWriter, r *http.Request) error {
	if h.server.Draining() {
		return web.Fault{Status: http.StatusServiceUnavailable, Code: web.CodeRestarting}
	}
	if err := h.Ready(r.Context()); err != nil {
		return fmt.Errorf("%w: %w", web.Fault{Status: http.StatusServiceUnavailable, Code: web.CodeBusy}, err)
	}
	_, err := w.Write([]byte(alive))
	return err
}
