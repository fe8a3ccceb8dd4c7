package simulator

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Settings says how the simulator is served alone. Its tags declare command-line
// flags for the kong library.
type Settings struct {
	Addr       string `default:"127.0.0.1:18090" help:"Loopback address to listen on."`
	Script     string `default:"none" enum:"none,office" help:"Calls that come by themselves: none or office."`
	Visibility string `default:"own" enum:"own,account" help:"What a user's list of calls shows: own or account."`
	Seed       uint64 `default:"1" help:"Seed of everything that is chosen by chance."`
	Size       `embed:""`

	Pickup time.Duration `default:"2s" help:"How long telephones ring that Callboard made ring; negative: until the control API picks them up."`
}

// Serve serves the simulator until ctx is done. It writes its address to stdout
// and its log to stderr.
func (s *Settings) Serve(ctx context.Context, stdout, stderr io.Writer) error {
	log := slog.New(slog.NewTextHandler(stderr, nil))
	sim, err := Start(Options{Seed: s.Seed, Size: s.Size, Visibility: s.Visibility, Pickup: s.Pickup, Control: true, Log: log}, s.Addr)
	if err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	defer sim.Close()
	if err := sim.Play(s.Script); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "The simulated sipgate is at %s\n", sim.URL)
	<-ctx.Done()
	return nil
}

// DemoSettings says how the simulator of the demo is served.
type DemoSettings struct {
	SimulatorAddr string `default:"127.0.0.1:18090" help:"Loopback address of the simulated sipgate."`
	Visibility    string `default:"account" enum:"own,account" help:"What a user's list of calls shows: own or account."`
	Seed          uint64 `default:"1" help:"Seed of the simulated office."`
	Size          `embed:""`
}
