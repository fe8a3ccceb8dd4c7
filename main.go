// Command callboard shows a team the running calls of its sipgate telephone
// system, live, and lets them act on them.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"callboard/handlers"
	"callboard/sipgate"
	"callboard/sipgate/announcement"
	"callboard/sipgate/journal"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/web"
	"callboard/web/database"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			fmt.Fprintln(os.Stderr, "callboard:", line)
		}
		os.Exit(1)
	}
}

// settings is the command line. Every flag can also be given as an environment
// variable: CALLBOARD_ and its name in capitals, CALLBOARD_CLIENT_ID.
type settings struct {
	Serve     serveSettings     `cmd:"" default:"withargs" help:"Serve the dashboard (this is the default)."`
	Demo      demoSettings      `cmd:"" help:"Serve the dashboard with a simulated sipgate in the same process. Nothing to set up, no telephone rings."`
	Simulator simulatorSettings `cmd:"" help:"Serve a simulated sipgate alone, for tests and for trying out programs."`
	Version   struct{}          `cmd:"" help:"Print the version."`
}

type serveSettings struct {
	commonSettings
	serviceSettings
	PublicURL        string   `name:"public-url" placeholder:"URL" help:"Address under which browsers, and sipgate, reach this dashboard: https://calls.example.com. Required."`
	ClientID         string   `help:"OAuth client id from console.sipgate.com. Required."`
	ClientSecret     string   `help:"OAuth client secret. Required, here or in a file."`
	ClientSecretFile string   `placeholder:"FILE" help:"File that holds the client secret."`
	Data             string   `default:"data" placeholder:"DIR" help:"Directory of the database and the key."`
	API              string   `name:"api" default:"https://api.sipgate.com/v2/" placeholder:"URL" help:"Address of the sipgate REST API."`
	Login            string   `default:"https://login.sipgate.com" placeholder:"URL" help:"Address of sipgate's login server."`
	Accounts         string   `placeholder:"NUMBERS" help:"sipgate accounts that may use this instance: their numbers, separated by commas, or any. Default: the first one that signs in."`
	AuditDays        int      `default:"180" help:"For how many days the audit is kept."`
	Realm            string   `default:"third-party" help:"Realm of the OAuth client, as the sipgate console shows it: third-party or sipgate-apps."`
	PushKeyFile      string   `placeholder:"FILE" help:"Public key (PEM) that signs push events. Default: sipgate's."`
	RecordingOrigins []string `name:"recording-origin" placeholder:"ORIGIN" help:"Further origins that recordings may be fetched from, such as https://files.example.com."`
}

// commonSettings are those of the dashboard, whatever sipgate it talks to.
type commonSettings struct {
	Addr    string   `default:"127.0.0.1:8080" help:"Address to listen on."`
	Key     string   `help:"Key that encrypts stored tokens: 32 bytes in base64 or hex. Default: the file below."`
	KeyFile string   `placeholder:"FILE" help:"File of that key; made at first start. Default: key in the data directory."`
	Country string   `placeholder:"CODE" help:"Country of numbers in national spelling (DE, AT, CH …). Default: only international numbers are accepted."`
	Blocked []string `placeholder:"PREFIX" help:"Prefixes of numbers that nobody may transfer to, in place of the built-in list of premium and satellite numbers: +49900,+881."`
	Log     string   `default:"text" enum:"text,json" help:"Form of the log on standard error: text or json."`
	announcementSettings
}

// announcementSettings say what a team's library of announcements holds.
type announcementSettings struct {
	AnnouncementFiles     int    `default:"50" placeholder:"NUMBER" help:"How many announcements a team may have."`
	AnnouncementMegabytes int64  `default:"200" placeholder:"MB" help:"How much room they may take together, as converted (one minute is 1 MB)."`
	AnnouncementLevel     string `default:"-16" placeholder:"LUFS" help:"Loudness that announcements are brought to, -40 to -10, or off to leave them as they are. Written with =, as in --announcement-level=-18."`
}

// options are the settings as the library takes them.
func (s *announcementSettings) options(wrong func(flag, format string, args ...any)) announcement.Options {
	o := announcement.Options{Files: s.AnnouncementFiles, Bytes: s.AnnouncementMegabytes * 1_000_000}
	if o.Files < 1 {
		wrong("announcement-files", "must be 1 or more")
	}
	if o.Bytes < 1 {
		wrong("announcement-megabytes", "must be 1 or more")
	}
	var err error
	if s.AnnouncementLevel == "off" {
		o.Level.Off = true
	} else if o.Level.Target, err = strconv.ParseFloat(s.AnnouncementLevel, 64); err != nil || !(o.Level.Target >= -40 && o.Level.Target <= -10) {
		wrong("announcement-level", "%q is neither a loudness from -40 to -10 LUFS nor off", s.AnnouncementLevel)
	}
	return o
}

type demoSettings struct {
	commonSettings
	Data          string `placeholder:"DIR" help:"Keep the demo's data here. Default: a temporary directory, removed at the end."`
	SimulatorAddr string `default:"127.0.0.1:18090" help:"Loopback address of the simulated sipgate."`
	Visibility    string `default:"account" enum:"own,account" help:"What a user's list of calls shows: own or account."`
	Seed          uint64 `default:"1" help:"Seed of the simulated office."`
}

type simulatorSettings struct {
	Addr       string `default:"127.0.0.1:18090" help:"Loopback address to listen on."`
	Script     string `default:"none" enum:"none,office" help:"Calls that come by themselves: none or office."`
	Visibility string `default:"own" enum:"own,account" help:"What a user's list of calls shows: own or account."`
	Seed       uint64 `default:"1" help:"Seed of everything that is chosen by chance."`

	Pickup time.Duration `default:"2s" help:"How long telephones ring that Callboard made ring; negative: until the control API picks them up."`
}

// run reads the command line and does what it says until ctx is done.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var s settings
	done := false
	parser, err := kong.New(&s, kong.Name("callboard"),
		kong.Description("A dashboard of the running calls of a sipgate telephone system."),
		kong.DefaultEnvars("CALLBOARD"), kong.Writers(stdout, stderr),
		kong.Exit(func(int) { done = true }))
	if err != nil {
		return err
	}
	command, err := parser.Parse(doubleDashes(args))
	if done { // -h has been answered
		return nil
	}
	if err != nil {
		return err
	}
	switch command.Command() {
	case "version":
		_, err := fmt.Fprintln(stdout, version())
		return err
	case "simulator":
		return s.Simulator.run(ctx, stdout, stderr)
	case "demo":
		return s.Demo.run(ctx, stdout, stderr)
	default:
		return s.Serve.run(ctx, stdout, stderr)
	}
}

// doubleDashes lets flags be written with one dash, as Go programs are used
// to: the parser takes "-addr" for the four flags a, d, d and r.
func doubleDashes(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if len(a) > 2 && a[0] == '-' && a[1] != '-' {
			a = "-" + a
		}
		out[i] = a
	}
	return out
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "callboard (unknown version)"
	}
	return fmt.Sprintf("callboard %s %s", info.Main.Version, info.GoVersion)
}

func (c *commonSettings) logger(stderr io.Writer) *slog.Logger {
	if c.Log == "json" {
		return slog.New(slog.NewJSONHandler(stderr, nil))
	}
	return slog.New(slog.NewTextHandler(stderr, nil))
}

// config is what the settings mean, once they are known to be right.
type config struct {
	addr       string
	public     *url.URL
	api        *url.URL
	login      *url.URL
	oauth      sipgate.OAuth
	data       string
	key        string
	keyFile    string
	pushKey    *rsa.PublicKey
	numbers    sipgate.NumberRules
	recordings []string
	accounts   team.Accounts
	service    sipgate.Credentials // nil if there is no service account
	keepAudit  time.Duration
	library    announcement.Options
	demo       bool
	listening  func() error // called when the dashboard can be reached; may be nil
}

// run checks the settings, all of them, and serves.
func (s *serveSettings) run(ctx context.Context, stdout, stderr io.Writer) error {
	c, err := s.check()
	if err != nil {
		return err
	}
	return c.serve(ctx, s.logger(stderr), stdout)
}

// check reports every mistake at once, a line each.
func (s *serveSettings) check() (*config, error) {
	var mistakes []error
	wrong := func(flag, format string, args ...any) {
		mistakes = append(mistakes, fmt.Errorf("-%s: %s", flag, fmt.Sprintf(format, args...)))
	}
	address := func(flag, value string) *url.URL {
		u, err := url.Parse(value)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.RawQuery != "" || u.User != nil {
			wrong(flag, "%q is not an address such as https://example.com", value)
			return &url.URL{}
		}
		if u.Scheme == "http" && !web.Loopback(u.Hostname()) {
			wrong(flag, "%q must begin with https:// (http is for this machine only)", value)
		}
		return u
	}
	c := &config{addr: s.Addr, data: s.Data, key: s.Key, keyFile: cmp.Or(s.KeyFile, filepath.Join(s.Data, "key")),
		api: address("api", s.API), login: address("login", s.Login), recordings: s.RecordingOrigins,
		numbers: sipgate.NumberRules{Region: strings.ToUpper(s.Country), Blocked: s.Blocked}}
	var err error
	if s.PublicURL == "" {
		wrong("public-url", "is needed: the address of this dashboard, such as https://calls.example.com")
	} else if c.public, err = web.ParsePublicURL(s.PublicURL); err != nil {
		wrong("public-url", "%v", err)
	}
	if _, _, err := net.SplitHostPort(s.Addr); err != nil {
		wrong("addr", "%q is not host:port", s.Addr)
	}
	if s.ClientID == "" {
		wrong("client-id", "is needed: the id of your OAuth client at console.sipgate.com")
	}
	secret, err := secretOf(s.ClientSecret, s.ClientSecretFile)
	if err != nil {
		wrong("client-secret", "%v", err)
	}
	if s.Country != "" && !sipgate.KnownRegion(c.numbers.Region) {
		wrong("country", "%q is not a country code such as DE", s.Country)
	}
	for _, o := range s.RecordingOrigins {
		address("recording-origin", o)
	}
	if c.accounts, err = team.ParseAccounts(s.Accounts); err != nil {
		wrong("accounts", "%v", err)
	}
	if c.keepAudit = time.Duration(s.AuditDays) * 24 * time.Hour; s.AuditDays < 1 {
		wrong("audit-days", "must be 1 or more")
	}
	c.service = s.credentials(c.api, wrong)
	c.library = s.announcementSettings.options(wrong)
	if c.pushKey, err = pushKeyOf(s.PushKeyFile); err != nil {
		wrong("push-key-file", "%v", err)
	}
	c.oauth = sipgate.OAuth{ClientID: s.ClientID, ClientSecret: secret, HTTP: sipgate.NewHTTPClient()}
	c.oauth.AuthURL, c.oauth.TokenURL, c.oauth.LogoutURL = sipgate.RealmURLs(s.Login, s.Realm)
	return c, errors.Join(mistakes...)
}

// pushKeyOf reads the key that signs push events; without a file it is
// sipgate's.
func pushKeyOf(file string) (*rsa.PublicKey, error) {
	if file == "" {
		return sipgate.DefaultPushKey(), nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return sipgate.ParsePushKey(pem)
}

func secretOf(value, file string) (string, error) {
	value, err := direct(value, file)
	if err == nil && value == "" {
		err = errors.New("is needed: the secret of your OAuth client at console.sipgate.com")
	}
	return value, err
}

// serviceSettings name the account that watches for a team when nobody is
// signed in: by a personal access token, or by a user and a password.
type serviceSettings struct {
	ServiceTokenID      string `name:"service-token-id" placeholder:"ID" help:"Personal access token of an account that watches when nobody is signed in: its id, such as token-FQ1V12."`
	ServiceToken        string `placeholder:"TOKEN" help:"The token itself."`
	ServiceTokenFile    string `placeholder:"FILE" help:"File that holds that token."`
	ServiceUser         string `placeholder:"NAME" help:"In place of a token: the name with which somebody signs in to sipgate. A token is the better way."`
	ServicePassword     string `placeholder:"PASSWORD" help:"The password of that user."`
	ServicePasswordFile string `placeholder:"FILE" help:"File that holds that password."`
}

// credentials returns those of the service account, nil if there is none, and
// tells what is wrong with the settings. api is the address of the REST API.
func (s *serviceSettings) credentials(api *url.URL, wrong func(flag, format string, args ...any)) sipgate.Credentials {
	token := s.ServiceTokenID+s.ServiceToken+s.ServiceTokenFile != ""
	user := s.ServiceUser+s.ServicePassword+s.ServicePasswordFile != ""
	switch {
	case token && user:
		wrong("service-token-id", "and -service-user name the service account twice: one of them is enough")
	case token:
		value := halves(wrong, "service-token-id", s.ServiceTokenID, "service-token", s.ServiceToken, s.ServiceTokenFile)
		return sipgate.PersonalToken{ID: s.ServiceTokenID, Token: value}
	case user:
		value := halves(wrong, "service-user", s.ServiceUser, "service-password", s.ServicePassword, s.ServicePasswordFile)
		at := sipgate.PasswordTokenURL(api.JoinPath("..").String())
		return sipgate.NewPassword(&sipgate.OAuth{TokenURL: at, HTTP: sipgate.NewHTTPClient()}, s.ServiceUser, value)
	}
	return nil
}

// halves returns the secret of a pair of a name and a secret, and tells if one
// of the two is missing, or the secret is given twice or cannot be read.
func halves(wrong func(flag, format string, args ...any), nameFlag, name, secretFlag, secret, file string) string {
	value, err := direct(secret, file)
	switch {
	case err != nil:
		wrong(secretFlag, "%v", err)
	case value == "":
		wrong(secretFlag, "is needed together with -%s", nameFlag)
	}
	if name == "" {
		wrong(nameFlag, "is needed together with -%s", secretFlag)
	}
	return value
}

// direct returns a secret that is given as it is or in a file, "" if it is not
// given at all.
func direct(value, file string) (string, error) {
	if value != "" && file != "" {
		return "", errors.New("is given twice, directly and in a file")
	}
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		value = strings.TrimSpace(string(b))
	}
	return value, nil
}

// serve plugs the parts together and serves until ctx is done.
func (c *config) serve(ctx context.Context, log *slog.Logger, stdout io.Writer) error {
	db, err := database.Open(ctx, c.data)
	if err != nil {
		return err
	}
	defer db.Close()
	err = database.Migrate(ctx, db.DB, map[string]fs.FS{
		"web": web.Migrations, "team": team.Migrations, "announcement": announcement.Migrations, "journal": journal.Migrations,
	})
	if err != nil {
		return err
	}
	key, err := team.LoadKey(c.keyFile, c.key)
	if err != nil {
		return err
	}
	grants, err := team.NewGrants(db.DB, key, &c.oauth, log)
	if err != nil {
		return err
	}
	defer grants.Close()
	people, err := team.NewMembers(ctx, db.DB, c.accounts)
	if err != nil {
		return err
	}
	platforms, err := team.NewCapabilityStore(ctx, db.DB)
	if err != nil {
		return err
	}
	audit := team.NewAudit(db.DB, c.keepAudit)
	left, err := audit.Recover(ctx)
	if err != nil {
		return err
	} else if len(left) > 0 {
		log.Warn("deeds were under way when the program ended; see the audit", "number", len(left))
	}
	timelines, err := journal.New(ctx, db.DB, journal.Options{Log: log})
	if err != nil {
		return err
	}
	var following sync.WaitGroup
	defer following.Wait()
	follow, stop := context.WithCancel(context.WithoutCancel(ctx)) // until the last change
	defer stop()
	exchange := switchboard.NewBoards(func(account string) *switchboard.Board {
		b := switchboard.New(switchboard.Options{Log: log, RestoreRowID: timelines.RowLookup(account)})
		following.Go(func() { timelines.Follow(follow, account, b) })
		return b
	})
	defer exchange.Close()
	if _, ok := c.service.(*sipgate.Password); ok {
		log.Warn("the service account signs in with a password; a personal access token is the better way: it can be withdrawn alone")
	}
	httpClient, secure := sipgate.NewHTTPClient(), c.public.Scheme == "https"
	app := handlers.New(handlers.Deps{
		Log: log, Demo: c.demo, PublicURL: c.public, LoginURL: c.login, OAuth: &c.oauth, Numbers: c.numbers, PushKey: c.pushKey, Service: c.service,
		Sessions: web.NewSessions[handlers.Visitor](db.DB, web.SessionOptions{Secure: secure}), Ping: db.PingContext,
		Login: &web.Login{DB: db.DB, Secure: secure, Log: log, HTTP: httpClient, AuthURL: c.oauth.AuthURL, TokenURL: c.oauth.TokenURL,
			ClientID: c.oauth.ClientID, ClientSecret: c.oauth.ClientSecret},
		Grants: grants, People: people, Audit: audit, AuditDays: int(c.keepAudit / (24 * time.Hour)), Hooks: team.NewReplacedWebhooks(db.DB), Walls: team.NewWallboards(db.DB), Platforms: platforms, Interrupted: left, Journal: timelines, Key: key, Exchange: exchange, Library: announcement.NewLibrary(db.DB, c.library),
		Client: func(auth sipgate.Credentials) *sipgate.Client {
			return &sipgate.Client{Base: c.api, HTTP: httpClient, Auth: auth, RecordingOrigins: c.recordings}
		},
	})
	ln, err := net.Listen("tcp", c.addr)
	if err != nil {
		return err
	}
	if c.listening != nil {
		if err := c.listening(); err != nil {
			return err
		}
	}
	fmt.Fprintf(stdout, "Callboard is at %s\n", c.public)
	return app.Serve(ctx, ln)
}

// run serves the dashboard and, beside it, the sipgate that it talks to.
func (s *demoSettings) run(ctx context.Context, stdout, stderr io.Writer) error {
	if s.Data == "" {
		dir, err := os.MkdirTemp("", "callboard-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		s.Data = dir
	}
	log := s.logger(stderr)
	o := simulator.Options{Seed: s.Seed, Visibility: s.Visibility, ClientID: "callboard-demo", ClientSecret: rand.Text(), Control: true}
	sim, err := simulator.Start(o, s.SimulatorAddr)
	if err != nil {
		return fmt.Errorf("-simulator-addr: %w", err)
	}
	defer sim.Close()
	serve := serveSettings{commonSettings: s.commonSettings, Data: s.Data, PublicURL: "http://" + s.Addr,
		ClientID: o.ClientID, ClientSecret: o.ClientSecret, API: sim.URL + "/v2/", Login: sim.URL, Realm: "third-party",
		Accounts: "any", AuditDays: 180}
	serve.Country = cmp.Or(serve.Country, "DE")
	c, err := serve.check()
	if err != nil {
		return err
	}
	c.demo, c.listening = true, func() error { return sim.Play(simulator.ScriptOffice) }
	if err := sendPushes(ctx, sim, c); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "The simulated sipgate is at %s\n", sim.URL)
	return c.serve(ctx, log, stdout)
}

// run serves the simulator alone.
func (s *simulatorSettings) run(ctx context.Context, stdout, stderr io.Writer) error {
	log := slog.New(slog.NewTextHandler(stderr, nil))
	sim, err := simulator.Start(simulator.Options{Seed: s.Seed, Visibility: s.Visibility, Pickup: s.Pickup, Control: true, Log: log}, s.Addr)
	if err != nil {
		return fmt.Errorf("-addr: %w", err)
	}
	defer sim.Close()
	if err := sim.Play(s.Script); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "The simulated sipgate is at %s\n", sim.URL)
	<-ctx.Done()
	return nil
}

// sendPushes does to the simulated account what an administrator does to a real
// one: it lets push events be sent to the dashboard.
func sendPushes(ctx context.Context, sim *simulator.Server, c *config) error {
	var err error
	if c.pushKey, err = sipgate.ParsePushKey(sim.PushKey()); err != nil {
		return err
	}
	key, err := team.LoadKey(c.keyFile, c.key)
	if err != nil {
		return err
	}
	account, id, token := sim.AdminToken()
	address := handlers.PushURL(c.public, key, account)
	client := &sipgate.Client{Base: c.api, HTTP: sipgate.NewHTTPClient(), Auth: sipgate.PersonalToken{ID: id, Token: token}}
	settings, err := client.PushSettings(ctx)
	if err != nil {
		return err
	}
	settings.IncomingURL, settings.OutgoingURL = address, address
	return client.SetPushSettings(ctx, settings)
}
