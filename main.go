// Command callboard shows a team the running calls of its sipgate telephone
// system, live, and lets them act on them.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"callboard/handlers"
	"callboard/handlers/homes"
	"callboard/handlers/maintenance"
	"callboard/handlers/metrics"
	"callboard/sipgate"
	"callboard/sipgate/announcement"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/journal"
	"callboard/sipgate/relay"
	"callboard/sipgate/simulator"
	"callboard/sipgate/stats"
	"callboard/sipgate/team"
	"callboard/sipgate/webhook"
	"callboard/web"
	"callboard/web/cluster"
	"callboard/web/database"
	"callboard/web/forward"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE) // without a log file there is nothing to reopen; a log that nobody reads ends nothing
	web.UnsetEmpty("CALLBOARD_", "TZ")
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "callboard:", strings.ReplaceAll(err.Error(), "\n", "\ncallboard: "))
		os.Exit(1)
	}
}

// settings is the command line. Every flag can also be given as an environment
// variable: CALLBOARD_ and its name in capitals, CALLBOARD_CLIENT_ID.
type settings struct {
	Serve       serveSettings           `cmd:"" default:"withargs" help:"Serve the dashboard (this is the default)."`
	Demo        demoSettings            `cmd:"" help:"Serve the dashboard with a simulated sipgate in the same process. Nothing to set up, no telephone rings."`
	Simulator   simulator.Settings      `cmd:"" help:"Serve a simulated sipgate alone, for tests and for trying out programs."`
	Version     struct{}                `cmd:"" help:"Print the version."`
	Healthcheck web.HealthcheckSettings `cmd:"" help:"Ask the running dashboard whether it is ready. The exit status is 0 if it is."`
	maintenance.Commands
	Doctor doctorSettings `cmd:"" help:"Check settings, data and what is around, and say what to do. Takes the settings of serve."`
}

// serveSettings are those of the dashboard with the real sipgate.
type serveSettings struct {
	web.PublicSettings
	web.HTTPSSettings
	sipgate.Settings
	AccessSettings  team.Settings    `embed:""`
	JournalSettings journal.Settings `embed:""`
	dashboardSettings
	sipgate.ServiceSettings
	database.DailySettings
	database.Place
	NodeSettings forward.Settings `embed:""`
}

// dashboardSettings are those of the dashboard, whatever sipgate it talks to.
type dashboardSettings struct {
	web.ListenSettings
	team.KeySettings
	team.ZoneSettings
	sipgate.NumberSettings
	AnnouncementSettings announcement.Settings `embed:""`
	MetricsSettings      metrics.Settings      `embed:""`
	web.LogSettings
}

// run reads the command line and does what it says until ctx is done.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var s settings
	helped := false
	parser, err := kong.New(&s, kong.Name("callboard"),
		kong.Description("A dashboard of the running calls of a sipgate telephone system."),
		kong.DefaultEnvars("CALLBOARD"), kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }))
	if err != nil {
		return err
	}
	command, err := parser.Parse(web.DoubleDashes(args))
	if helped {
		return nil
	} else if err != nil {
		return err
	}
	switch command.Command() {
	case "version":
		_, err := fmt.Fprintln(stdout, "callboard", web.ReadBuild())
		return err
	case "healthcheck":
		return s.Healthcheck.Healthcheck(ctx)
	case "simulator":
		return s.Simulator.Serve(ctx, stdout, stderr)
	case "demo":
		return s.Demo.run(ctx, stdout, stderr)
	case "doctor":
		return s.Doctor.run(ctx, stdout)
	case "serve":
		c, err := s.Serve.config(stderr)
		if err != nil {
			return err
		}
		return c.serve(ctx, stdout)
	}
	command.BindTo(ctx, (*context.Context)(nil))
	command.BindTo(stdout, (*io.Writer)(nil))
	return command.Run()
}

type doctorSettings struct {
	serveSettings
	JSON bool `name:"json" help:"Print the findings as JSON."`
}

// run checks whether a dashboard with these settings can serve.
func (s *doctorSettings) run(ctx context.Context, stdout io.Writer) error {
	s.LogFile = "" // is not touched
	c, err := s.config(io.Discard)
	d := maintenance.Doctor{Settings: err, Public: c.public, OAuth: &c.sipgate.OAuth, Zones: c.team.Zones, BackupDir: s.BackupDir, JSON: s.JSON,
		DataSettings: maintenance.DataSettings{Place: c.place, KeySettings: c.key}}
	return d.Run(ctx, stdout)
}

// config is what valid settings mean.
type config struct {
	log       *slog.Logger
	logs      *web.Log // where log goes
	addr      string
	public    *url.URL
	place     database.Place
	node      homes.Options
	sipgate   sipgate.Config
	numbers   sipgate.NumberRules
	service   sipgate.Credentials // nil if there is no service account
	team      team.Config
	key       team.KeySettings
	library   announcement.Options
	journal   journal.Options
	daily     *database.Daily // nil: no daily backups
	metrics   metrics.Settings
	server    web.ServerOptions
	https     web.HTTPSOptions
	demo      bool
	listening func() error // called when the dashboard can be reached
}

// config checks the settings. The error joins all mistakes, a line each.
func (s *serveSettings) config(stderr io.Writer) (c config, err error) {
	c = config{addr: s.Addr, place: s.Place, key: s.KeySettings, metrics: s.MetricsSettings, listening: func() error { return nil }}
	into(&c.logs, &err)(s.LogSettings.Open(stderr))
	c.log = c.logs.Logger
	into(&c.public, &err)(s.URL())
	into(&c.sipgate, &err)(s.Settings.Config())
	into(&c.server, &err)(s.ListenSettings.Options())
	into(&c.numbers, &err)(s.Rules())
	into(&c.team, &err)(s.AccessSettings.Config())
	c.team.Relay.Own = c.public
	into(&c.team.Zones, &err)(s.Rule())
	into(&c.service, &err)(s.Credentials(c.sipgate.API))
	into(&c.library, &err)(s.AnnouncementSettings.Options())
	into(&c.journal, &err)(s.JournalSettings.Options())
	into(&c.daily, &err)(s.Daily(c.log))
	err = errors.Join(err, s.Place.Check())
	if s.Postgres() && c.daily != nil {
		err = errors.Join(err, fmt.Errorf("--backup-dir: %w", database.ErrPostgres))
	}
	into(&c.node, &err)(homes.NewOptions(s.NodeSettings, s.Postgres(), s.AccessSettings.Accounts))
	c.team.OnDemand, c.journal.OnDemand = c.node.Several(), c.node.Several()
	c.node.Version, c.node.Log = web.ReadBuild().Name(), c.log
	into(&c.https, &err)(s.HTTPSSettings.Options(c.public))
	c.journal.Log = c.log
	sipgate.WarnReadable(c.log, s.ClientSecretFile, s.ServiceTokenFile, s.ServicePasswordFile, s.KeySettings.File(s.Data))
	return c, err
}

// into returns a function that stores what the check of settings returns, and joins
// its error to the others.
func into[T any](to *T, errs *error) func(T, error) {
	return func(v T, err error) { *to, *errs = v, errors.Join(*errs, err) }
}

// serve serves until ctx is done. A node that was replaced, since it was stopped or did
// not reach the database for long, serves as a new one.
func (c *config) serve(ctx context.Context, stdout io.Writer) error {
	defer c.logs.Close()
	for {
		err := c.serveOnce(ctx, stdout)
		if !errors.Is(err, cluster.ErrReplaced) || ctx.Err() != nil {
			return err
		}
		c.log.Warn("serve again as a new node", "err", err)
	}
}

// serveOnce wires the parts together and serves until ctx is done, or the node was
// replaced.
func (c *config) serveOnce(ctx context.Context, stdout io.Writer) (err error) {
	place, err := c.node.Place(c.place)
	if err != nil {
		return err
	}
	db, err := place.Open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := database.Migrate(ctx, db.DB, web.ReadBuild().Name(), maintenance.Owners()); err != nil {
		return err
	}
	ctx, release, err := c.node.Reserve(ctx, place, db.DB)
	if err != nil {
		return err
	}
	defer release()
	defer c.daily.Start(db)()
	key, err := c.key.Load(c.place.Data)
	if err != nil {
		return err
	}
	secure := c.public.Scheme == "https"
	sessions := web.NewSessions[handlers.SignIn](db.DB, web.SessionOptions{Secure: secure})
	sessions.Subject = handlers.SignIn.Subject
	defer sessions.Close()
	counts := metrics.New(c.metrics)
	c.node.Secret, c.node.OnRenewal, c.node.OnPassed = key[:], counts.Renewal, counts.Passed
	c.node.SessionTable, c.node.SessionEnded = web.SessionTable, sessions.Removed
	member, err := homes.Join(ctx, db.DB, c.node)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, member.Leave()) }()
	https, err := web.NewHTTPS(c.https, c.public, db.DB, key[:], c.log)
	if err != nil {
		return err
	}
	c.server.TLS, c.server.Stopping = https.Config(), member.Stopping
	httpClient := sipgate.NewHTTPClient()
	member.Node().Guard(httpClient)
	httpClient = sipgate.Observed(httpClient, c.sipgate.API, counts.Sipgate)
	c.sipgate.OAuth.HTTP, c.library.OnAdd, c.library.CompareLabels = httpClient, counts.Upload, sipgate.CompareNames
	stores, err := team.OpenStores(ctx, db.DB, key, counts.Refresher(&c.sipgate.OAuth), c.team, c.log)
	if err != nil {
		return err
	}
	defer stores.Close()
	timelines, err := journal.New(ctx, db.DB, c.journal)
	if err != nil {
		return err
	}
	boards, closeBoards := callcontrol.NewBoards(timelines, c.log, counts.Poll)
	defer closeBoards()
	pushURL := func(account string) string { return handlers.PushURL(c.public, key, account) }
	control := callcontrol.New(callcontrol.Options{
		Log: c.log, OnDemand: c.team.OnDemand, Stores: stores, Boards: boards, Journal: timelines, Library: announcement.NewLibrary(db.DB, c.library),
		Numbers: c.numbers, Service: c.service, Sessions: handlers.MemberSessions{Sessions: sessions}, PushURL: pushURL, OnAction: counts.Action,
		AnnouncementURL: func(token string) string { return handlers.AnnouncementURL(c.public, token) },
		Client: func(account string, auth sipgate.Credentials) *sipgate.Client {
			return &sipgate.Client{Base: c.sipgate.API, HTTP: member.ClientFor(httpClient, account), Auth: auth, RecordingOrigins: c.sipgate.RecordingOrigins}
		},
	})
	defer control.Close()
	forwarder := sipgate.NewPushForwarder(c.team.Relay.Private)
	passedOn := relay.New(relay.Options{Of: stores.Relays.Of, Ours: pushURL, Self: c.public.Host, Forward: forwarder.Forward, Log: c.log, OnDelivery: counts.Relayed})
	defer passedOn.Close()
	receiver := webhook.New(webhook.Options{Key: c.sipgate.PushKey, Log: c.log, Address: pushURL, Serves: stores.Members.Allows, Relay: passedOn.Pass,
		Observe: func(account string, e sipgate.Event) { boards.Board(account).Observe(e) }})
	control.Rosters.OnNumbers(receiver.SetNumbers)
	control.ChannelEvents = receiver.ChannelEvents
	figures := stats.NewReader(boards.Reserve, c.log)
	defer figures.Close()
	nodes, err := member.Begin(control)
	if err != nil {
		return err
	}
	defer member.GiveUp()
	app := handlers.New(handlers.Deps{
		Log: c.log, Demo: c.demo, PublicURL: c.public, LoginURL: c.sipgate.Login, OAuth: &c.sipgate.OAuth, Key: key, Server: c.server, Ready: member.Ready(db.Ready), Nodes: nodes, NodeList: member.Nodes, Unavailable: database.Unavailable,
		Sessions: sessions, AuditDays: int(c.team.AuditRetention / (24 * time.Hour)), Control: control, Stats: figures, Receiver: receiver, Relay: passedOn, AccessLog: c.logs.Requests, Problems: c.logs.Problems, LogLevel: c.logs.Level, Space: db.Space, Postgres: db.Shared(), Backup: c.daily.Newest, Certificate: https.Expires, OnAnswer: counts.Request,
		Login: &web.Login{DB: db.DB, Secure: secure, Log: c.log, HTTP: httpClient, IDTokens: web.NewIDTokens(web.Issuer(c.sipgate.Issuer)), AuthURL: c.sipgate.OAuth.AuthURL,
			TokenURL: c.sipgate.OAuth.TokenURL, ClientID: c.sipgate.OAuth.ClientID, ClientSecret: c.sipgate.OAuth.ClientSecret},
	})
	ln, err := net.Listen("tcp", c.addr)
	if err != nil {
		return err
	}
	if err := app.ServeNodes(c.node.Listen); err != nil {
		return err
	}
	counts.WatchNode(member.Node(), nodes)
	counts.Watch(metrics.Sources{App: app, Boards: boards, Receiver: receiver, Audit: stores.Audit, Database: db, Backups: c.daily, Certificate: https.Expires})
	stopAdmin, err := web.StartAdmin(c.server.AdminAddr, web.AdminOptions{Log: c.log, Health: app.Health(), Metrics: counts.Handler(c.log), Level: c.logs.Level})
	if err != nil {
		return err
	}
	defer stopAdmin()
	stopRedirect, err := https.StartRedirect()
	if err != nil {
		return err
	}
	defer stopRedirect()
	if err := c.listening(); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Callboard is at %s\n", c.public)
	if err := control.Start(ctx); err != nil {
		return err
	}
	go web.ReleaseMemory()
	serving := member.Until(ctx)
	defer context.AfterFunc(serving, boards.CancelHangUps)() // the pages on which to take them back are closed
	err = app.Serve(serving, ln)
	if cause := context.Cause(ctx); errors.Is(cause, cluster.ErrInUse) {
		err = errors.Join(cause, err)
	}
	return err
}

// demoSettings are those of the dashboard with a simulated sipgate.
type demoSettings struct {
	dashboardSettings
	SimulatorSettings simulator.DemoSettings `embed:""`
	Data              string                 `placeholder:"DIR" help:"Keep the demo's data here. Default: a temporary directory, removed at the end."`
}

// run serves the dashboard and, in the same process, the sipgate that it talks
// to.
func (s *demoSettings) run(ctx context.Context, stdout, stderr io.Writer) error {
	if s.Data == "" {
		dir, err := os.MkdirTemp("", "callboard-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		s.Data = dir
	}
	o := simulator.Options{Seed: s.SimulatorSettings.Seed, Size: s.SimulatorSettings.Size, Visibility: s.SimulatorSettings.Visibility,
		ClientID: "callboard-demo", ClientSecret: rand.Text(), Control: true}
	sim, err := simulator.Start(o, s.SimulatorSettings.SimulatorAddr)
	if err != nil {
		return fmt.Errorf("--simulator-addr: %w", err)
	}
	defer sim.Close()
	serve := serveSettings{dashboardSettings: s.dashboardSettings, Place: database.Place{Data: s.Data}, PublicSettings: web.PublicSettings{PublicURL: "http://" + s.Addr},
		Settings:       sipgate.Settings{ClientID: o.ClientID, ClientSecret: o.ClientSecret, API: sim.URL + "/v2/", Login: sim.URL, Realm: "third-party"},
		AccessSettings: team.Settings{Accounts: "any", AuditDays: 180}, JournalSettings: journal.Settings{JournalDays: 90}, DailySettings: database.DailySettings{BackupKeep: 1}}
	serve.Country = cmp.Or(serve.Country, "DE")
	c, err := serve.config(stderr)
	if err != nil {
		return err
	}
	c.demo, c.listening = true, func() error { return sim.Play(simulator.ScriptOffice) }
	if err := setUpWebhooks(sim, &c); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "The simulated sipgate is at %s\n", sim.URL)
	return c.serve(ctx, stdout)
}

// setUpWebhooks sets up push events in the simulated accounts, as administrators
// do in real ones.
func setUpWebhooks(sim *simulator.Server, c *config) (err error) {
	if c.sipgate.PushKey, err = sipgate.ParsePushKey(sim.PushKey()); err != nil {
		return err
	}
	key, err := c.key.Load(c.place.Data)
	if err != nil {
		return err
	}
	return sim.SetPushURLs(func(account string) string { return handlers.PushURL(c.public, key, account) })
}
