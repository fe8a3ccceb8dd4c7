// Package handlers is where the web meets the telephone: a handler decodes a
// request, gives one command to the switchboard or asks one thing of sipgate,
// and answers.
//
// It is the only package that knows both HTTP and calls. It decides
// nothing about calls, and keeps nothing that cannot be asked for again.
package handlers

import (
	"context"
	"crypto/rsa"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/announcement"
	"callboard/sipgate/directory"
	"callboard/sipgate/journal"
	"callboard/sipgate/stats"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/sipgate/webhook"
	"callboard/views"
	"callboard/web"
)

// Deps are the parts that the handlers bring together.
type Deps struct {
	Log       *slog.Logger
	Demo      bool           // the telephones are simulated: the pages say so
	PublicURL *url.URL       // of this dashboard, without a path
	LoginURL  *url.URL       // of sipgate's login server
	OAuth     *sipgate.OAuth // to tell sipgate of sign-outs
	Client    func(sipgate.Credentials) *sipgate.Client
	Numbers   sipgate.NumberRules // which numbers may be called
	PushKey   *rsa.PublicKey      // signs push events
	Service   sipgate.Credentials // of the service account; nil if there is none
	Key       team.Key            // of this installation; the push addresses are made from it
	Sessions  *web.Sessions[Visitor]
	Login     *web.Login                  // knows where to send browsers; what comes after is set here
	Ping      func(context.Context) error // of the database
	Grants    *team.Grants
	People    *team.Members
	Audit     *team.Audit
	AuditDays int // for how many days the audit is kept
	Hooks     *team.ReplacedWebhooks
	Platforms *team.CapabilityStore
	Walls     *team.Wallboards

	// Interrupted are the deeds that the end of the program before this one
	// cut off; their teams are told.
	Interrupted []team.AuditEntry
	Journal     *journal.Journal
	Exchange    *switchboard.Boards
	Library     *announcement.Library
}

// App is the dashboard as the network sees it.
type App struct {
	h       *handlers
	handler http.Handler
}

type handlers struct {
	Deps
	Server   *web.Server
	errors   *web.Errors
	receiver *webhook.Receiver
	begun    time.Time // when the program started
	service  *service  // nil if there is none

	uploads   *web.ConcurrencyLimit // by member
	phonebook team.PrivateNames     // of those who are on a board
	directory *directory.Directory  // whom they can call
	figures   *stats.Reader

	extensions extensions
	news       sync.Map // of *journal.News, by account
	outlines   *announcement.WaveformCache

	life context.Context // ends with the program
	end  func()
	work sync.WaitGroup // what was begun in the background
}

// background does something that no answer waits for, within a minute.
func (h *handlers) background(do func(context.Context)) {
	h.work.Go(func() {
		ctx, cancel := context.WithTimeout(h.life, time.Minute)
		defer cancel()
		do(ctx)
	})
}

// New puts the parts together.
func New(d Deps) *App {
	h := &handlers{Deps: d, uploads: web.NewConcurrencyLimit(maxUploads), begun: time.Now(), outlines: announcement.NewWaveformCache(), Server: web.NewServer(web.ServerOptions{Log: d.Log, PublicURL: d.PublicURL})}
	h.receiver = webhook.New(pushOptions(d))
	h.service = newService(h)
	h.directory = directory.New(d.Numbers)
	h.life, h.end = context.WithCancel(context.Background())
	h.figures = stats.NewReader(d.Log)
	h.errors = &web.Errors{Log: d.Log, Explain: explain, Render: h.respondFault}
	h.Sessions.Subject = Visitor.Subject
	h.Login.RedirectURL = d.PublicURL.JoinPath("/oauth/callback").String()
	h.Login.Scopes = sipgate.Scopes
	h.Login.Limit = web.NewLimiter(loginsPerMinute)
	h.Login.Done = h.signedIn
	h.People.OnChange(h.changed)
	guard := web.GuardOptions{Log: d.Log, PublicURL: d.PublicURL, Render: h.respondFault,
		FormAction: []string{d.LoginURL.Scheme + "://" + d.LoginURL.Host},
		Exempt:     []string{"/push/"}, Secret: []string{"/push/", "/a/", "/wall/"}}
	return &App{h: h, handler: web.Guard(guard, h.errors.Mux(h.routes()))}
}

// loginsPerMinute is how often one address may begin to sign in.
const loginsPerMinute = 20

// Serve serves the dashboard on ln until ctx is done, in good order.
func (a *App) Serve(ctx context.Context, ln net.Listener) error {
	if err := a.h.muster(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var tending sync.WaitGroup
	tending.Go(func() { a.h.tend(ctx) })
	err := a.h.Server.Serve(ctx, ln, a.handler)
	stop()
	tending.Wait()
	a.h.end()
	a.h.work.Wait()
	a.h.figures.Close()
	a.h.Sessions.Close()
	return err
}

// tend does what comes round, until ctx is done.
func (h *handlers) tend(ctx context.Context) {
	h.service.watch(ctx)
	h.purge(ctx)
	tick := time.NewTicker(musterEvery)
	defer tick.Stop()
	for ticks := 1; ; ticks++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := h.muster(ctx); err != nil && ctx.Err() == nil {
				h.Log.Error("who is signed in could not be read", "err", err)
			}
			h.service.watch(ctx)
			if ticks%purgeAfter == 0 {
				h.purge(ctx)
			}
		}
	}
}

// musterEvery is how often sessions that expired are looked for, and whether
// the service account watches; after so many times, what was kept long enough
// is removed.
const (
	musterEvery = 30 * time.Second
	purgeAfter  = 120
)

// purge removes what was kept long enough from the audit and the journal.
func (h *handlers) purge(ctx context.Context) {
	if _, err := h.Audit.Purge(ctx); err != nil && ctx.Err() == nil {
		h.Log.Error("the audit could not be purged", "err", err)
	}
	if err := h.Journal.Purge(ctx); err != nil && ctx.Err() == nil {
		h.Log.Error("the journal could not be purged", "err", err)
	}
}

// A visitorHandler is a handler for people who are signed in.
type visitorHandler func(w http.ResponseWriter, r *http.Request, v Visitor) error

// signed lets in only who is signed in. A page sends everybody else to the
// sign-in, and back afterwards; all else is refused.
func (h *handlers) signed(f visitorHandler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		s, ok, err := h.Sessions.Get(r)
		switch {
		case err != nil:
			return err
		case ok:
			v, err := h.admit(r, s.Value)
			if err != nil {
				return err
			}
			return f(w, r, v)
		case r.Method == http.MethodGet && web.WantsPage(r):
			http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
			return nil
		default:
			return errUnauthenticated
		}
	}
}

// watching is signed for what an open page asks for by itself: that alone does
// not keep a session alive.
func (h *handlers) watching(f visitorHandler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := h.peek(r)
		if err != nil {
			return err
		}
		if v, err = h.admit(r, v); err != nil {
			return err
		}
		return f(w, r, v)
	}
}

// peek finds out who is signed in, without keeping the session alive.
func (h *handlers) peek(r *http.Request) (Visitor, error) {
	s, ok, err := h.Sessions.Peek(r)
	switch {
	case err != nil:
		return Visitor{}, err
	case !ok:
		return Visitor{}, errUnauthenticated
	}
	return s.Value, nil
}

// admit finds out who a visitor is in the team, and whether that person may ask
// for this at all.
func (h *handlers) admit(r *http.Request, v Visitor) (Visitor, error) {
	v = h.known(v)
	if d := v.Person.MayRoute(r.Pattern); !d.OK {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			return v, denied{d.Reason}
		}
		e := h.entry(r, v, team.Routes()[r.Pattern], nil)
		e.Call = r.PathValue("id")
		return v, h.refuseDeed(r.Context(), e, d)
	}
	return v, nil
}

// known is v with what is known of that person now.
func (h *handlers) known(v Visitor) Visitor {
	v.Person, _ = h.People.Get(v.member())
	v.Choices = h.People.Preferences(v.member())
	return v
}

// isPublicFile tells the addresses that sipgate fetches sounds from.
func isPublicFile(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/a/") }

// langOf is the language of a visitor: what they chose, else what the browser
// prefers, or if that is none that we speak, what sipgate knows of them.
func langOf(r *http.Request, v Visitor) views.Lang {
	if v.Choices.Lang != "" {
		return views.Lang(v.Choices.Lang)
	}
	wanted := r.Header.Get("Accept-Language")
	if v.Locale != "" {
		wanted = strings.TrimPrefix(wanted+","+v.Locale+";q=0.001", ",")
	}
	return views.ParseLang(wanted)
}

// alive is what [handlers.healthy] answers.
const alive = "ok\n"

// healthy answers whoever watches over the program.
func (h *handlers) healthy(w http.ResponseWriter, r *http.Request) error {
	if err := h.Ping(r.Context()); err != nil {
		return web.Fault{Status: http.StatusServiceUnavailable, Code: web.CodeBusy}
	}
	_, err := w.Write([]byte(alive))
	return err
}
