package maintenance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/team"
	"callboard/web"
	"callboard/web/database"
)

// newDoctor returns a doctor of a healthy installation that does not run, beside
// a simulated sipgate.
func newDoctor(t *testing.T) *Doctor {
	t.Helper()
	sim := simulator.New(simulator.Options{ClientID: "app", ClientSecret: "secret"})
	server := httptest.NewServer(sim)
	t.Cleanup(func() { server.Close(); sim.Close() })
	o := &sipgate.OAuth{ClientID: "app", ClientSecret: "secret"}
	o.AuthURL, o.TokenURL, o.LogoutURL = sipgate.RealmURLs(server.URL, "third-party")
	backups := t.TempDir()
	os.WriteFile(filepath.Join(backups, "callboard-"+time.Now().UTC().Format("20060102T150405Z")+".db"), nil, 0o600)
	dir := newData(t)
	os.Chmod(dir, 0o700)
	return &Doctor{Public: &url.URL{Scheme: "http", Host: "localhost:8080"}, OAuth: o, Zones: team.ZoneRule{Fixed: time.UTC},
		BackupDir: backups, DataSettings: DataSettings{Place: database.Place{Data: dir}},
		CheckAddress: func(context.Context, *url.URL, string, string) web.URLStatus { return web.URLReachable }}
}

// hold opens the data directory as a program does that runs.
func hold(t *testing.T, dir string) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// Each fault is found by its check, with a verdict and, unless all is well, what to
// do; the others stay silent. The exit status follows the verdicts.
func TestDoctor(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(t *testing.T, d *Doctor)
		check   string
		verdict Verdict
		want    string
	}{
		"healthy":        {func(*testing.T, *Doctor) {}, "database", OK, "no program uses it now"},
		"settings":       {func(_ *testing.T, d *Doctor) { d.Settings = errors.New("--a: is wrong\n--b: is wrong") }, "settings", Failed, "--b: is wrong"},
		"new":            {func(t *testing.T, d *Doctor) { d.Data = filepath.Join(t.TempDir(), "data") }, "data directory", OK, "first start creates"},
		"no directory":   {func(t *testing.T, d *Doctor) { os.WriteFile(d.Data+"/f", nil, 0o600); d.Data += "/f" }, "data directory", Failed, "is not a directory"},
		"open directory": {func(_ *testing.T, d *Doctor) { os.Chmod(d.Data, 0o755) }, "data directory", Warning, "mode 0755"},
		"running":        {func(t *testing.T, d *Doctor) { hold(t, d.Data) }, "database", OK, "in use by pid"},
		"damaged": {func(t *testing.T, d *Doctor) {
			file := filepath.Join(d.Data, "callboard.db")
			content, _ := os.ReadFile(file)
			for i := len(content) / 2; i < len(content)/2+8192; i++ {
				content[i] = 0xa5
			}
			os.WriteFile(file, content, 0o600)
		}, "database", Failed, "is damaged"},
		"cut off": {func(t *testing.T, d *Doctor) { os.Truncate(filepath.Join(d.Data, "callboard.db"), 8192) }, "database", Failed, "cut off"},
		"newer": {func(t *testing.T, d *Doctor) {
			db := hold(t, d.Data)
			db.Exec(`insert into goose_team (version_id, is_applied) values (9999, true)`)
			db.Close()
		}, "database", Failed, "newer version"},
		"older": {func(t *testing.T, d *Doctor) {
			db := hold(t, d.Data)
			db.Exec(`delete from goose_team where version_id > 12`)
			db.Close()
		}, "database", OK, "next start brings its tables up to date"},
		"older than what is installed": {func(t *testing.T, d *Doctor) {
			hold(t, d.Data).Exec(`delete from goose_team where version_id > 12`)
		}, "database", Warning, "Restart Callboard"},
		"no key":     {func(t *testing.T, d *Doctor) { os.Remove(filepath.Join(d.Data, "key")) }, "key", Failed, "1 members cannot act"},
		"other key":  {func(t *testing.T, d *Doctor) { d.KeyFile = filepath.Join(newData(t), "key") }, "key", Failed, "is not the key"},
		"public key": {func(t *testing.T, d *Doctor) { os.Chmod(filepath.Join(d.Data, "key"), 0o644) }, "key", Failed, "others can read it"},
		"lost grant": {func(t *testing.T, d *Doctor) {
			db := hold(t, d.Data)
			db.Exec(`update grants set sealed = x'01'`)
			db.Close()
		}, "key", Warning, "Anna Bergmann"},
		"no backups": {func(_ *testing.T, d *Doctor) { d.BackupDir = "" }, "backups", Warning, "no daily backups"},
		"old backup": {func(t *testing.T, d *Doctor) {
			hold(t, d.Data)
			d.Now = func() time.Time { return time.Now().Add(27 * time.Hour) }
		}, "backups", Failed, "The newest one"},
		"old backup of a program that does not run": {func(t *testing.T, d *Doctor) {
			d.Now = func() time.Time { return time.Now().Add(27 * time.Hour) }
		}, "backups", OK, "The newest one"},
		"wrong clock": {func(t *testing.T, d *Doctor) {
			d.Now = func() time.Time { return time.Now().Add(-time.Hour) }
		}, "OAuth client", Warning, "differs from sipgate's"},
		"no backup yet": {func(t *testing.T, d *Doctor) { d.BackupDir = t.TempDir(); hold(t, d.Data) }, "backups", Failed, "There is none"},
		"UTC":           {func(t *testing.T, d *Doctor) { t.Setenv("TZ", ""); d.Zones = team.ZoneRule{Fallback: time.UTC} }, "time zone", Warning, "--timezone"},
		"no address":    {func(_ *testing.T, d *Doctor) { d.Public = nil }, "public address", Warning, "not known"},
		"other server":  {func(t *testing.T, d *Doctor) { hold(t, d.Data); d.addressIs(web.URLOtherReply) }, "public address", Failed, "another program"},
		"does not run":  {func(_ *testing.T, d *Doctor) { d.addressIs(web.URLNoAnswer) }, "public address", Warning, "Start Callboard"},
		"loopback":      {func(_ *testing.T, d *Doctor) { d.addressIs(web.URLLoopback) }, "public address", Warning, "this machine"},
		"wrong client":  {func(_ *testing.T, d *Doctor) { d.OAuth.ClientID = "other" }, "OAuth client", Failed, "/oauth/callback"},
		"wrong secret":  {func(_ *testing.T, d *Doctor) { d.OAuth.ClientSecret = "guess" }, "OAuth client", Failed, "refuses the secret"},
		"no login":      {func(_ *testing.T, d *Doctor) { d.OAuth.AuthURL = closedServer() }, "OAuth client", Failed, "cannot be reached"},
		"no webhooks":   {func(*testing.T, *Doctor) {}, "webhooks", Warning, "1 of 1 teams"},
		"webhooks": {func(t *testing.T, d *Doctor) {
			db := hold(t, d.Data)
			db.Exec(`insert into team_hook (account, incoming, outgoing, kept) values ('2556404', '', '', 1)`)
			db.Close()
		}, "webhooks", OK, "every team"},
		"webhooks by another way": {func(t *testing.T, d *Doctor) { d.stored(t, arrived) }, "webhooks", OK, "every team"},
		"on neo, no events":       {func(t *testing.T, d *Doctor) { d.stored(t, onNeo) }, "webhooks", Warning, "for each channel in sipgate's app"},
		"migrated, no events": {func(t *testing.T, d *Doctor) {
			d.stored(t, onNeo, `insert into team_hook (account, incoming, outgoing, kept) values ('2556404', '', '', 1)`)
		}, "webhooks", Warning, "no event has come"},
		"on neo, events": {func(t *testing.T, d *Doctor) { d.stored(t, onNeo, arrived) }, "webhooks", OK, "Channels with events: 1"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDoctor(t)
			c.change(t, d)
			before := files(t, d.Data)
			var out bytes.Buffer
			d.JSON = true
			err := d.Run(t.Context(), &out)
			var got struct {
				OK       bool
				Findings []Finding
			}
			if e := json.Unmarshal(out.Bytes(), &got); e != nil {
				t.Fatalf("%v\n%s", e, &out)
			}
			found, failed := false, 0
			for _, f := range got.Findings {
				text := f.Text + " " + f.Advice
				found = found || f.Check == c.check && f.Verdict == c.verdict && strings.Contains(text, c.want)
				if f.Verdict == Failed {
					failed++
				}
				if f.Check == c.check && c.check == "webhooks" && f.Verdict != c.verdict {
					t.Errorf("also %+v", f)
				}
				if (f.Verdict == OK) != (f.Advice == "") {
					t.Errorf("advice for %+v", f)
				}
				if f.Verdict == Failed && f.Check != c.check && name != "no directory" {
					t.Errorf("a further check fails: %+v", f)
				}
			}
			if !found {
				t.Errorf("no %s of %s with %q:\n%s", c.verdict, c.check, c.want, &out)
			}
			if (failed > 0) != (err != nil) || got.OK != (err == nil) {
				t.Errorf("%d failed, error %v, ok %v", failed, err, got.OK)
			}
			if after := files(t, d.Data); after != before {
				t.Errorf("the directory has %s, had %s", after, before)
			}
		})
	}
}

const (
	onNeo   = `insert into team_platform (account, platform, found_by, plus, refused, found) values ('2556404', 'neo', 'token', false, '', 1)`
	arrived = `insert into team_arrivals (account, channel, last) values ('2556404', '', 1780000000000), ('2556404', 'c1', 1780000000000)`
)

// stored has the database contain rows.
func (d *Doctor) stored(t *testing.T, inserts ...string) {
	db := hold(t, d.Data)
	for _, insert := range inserts {
		if _, err := db.Exec(insert); err != nil {
			t.Fatal(err)
		}
	}
	db.Close()
}

func (d *Doctor) addressIs(s web.URLStatus) {
	d.CheckAddress = func(context.Context, *url.URL, string, string) web.URLStatus { return s }
}

// closedServer returns an address at which nothing listens any more.
func closedServer() string {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	return s.URL
}

func files(t *testing.T, dir string) string {
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// For people there is a line for each finding, and what to do below it.
func TestDoctorForPeople(t *testing.T) {
	d := newDoctor(t)
	d.BackupDir, d.OAuth.ClientSecret = "", "guess"
	var out bytes.Buffer
	err := d.Run(t.Context(), &out)
	if err == nil || err.Error() != "1 check failed" {
		t.Errorf("%v", err)
	}
	for _, line := range []string{"ok       settings        All settings are valid.\n", "warning  backups         Callboard makes no daily backups.\n",
		"                         → Set --backup-dir", "failed   OAuth client    sipgate refuses the secret.\n"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("no %q in\n%s", line, &out)
		}
	}
}
