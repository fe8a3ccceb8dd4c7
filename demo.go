package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"

	"callboard/handlers"
	"callboard/sipgate"
	"callboard/sipgate/journal"
	"callboard/sipgate/simulator"
	"callboard/sipgate/team"
	"callboard/web"
	"callboard/web/database"
)

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
	serve := serveSettings{dashboardSettings: s.dashboardSettings, Data: s.Data, PublicSettings: web.PublicSettings{PublicURL: "http://" + s.Addr},
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
	key, err := c.key.Load(c.data)
	if err != nil {
		return err
	}
	return sim.SetPushURLs(func(account string) string { return handlers.PushURL(c.public, key, account) })
}
