package simulator

import "time"

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

// DemoSettings says how the simulator of the demo is served.
type DemoSettings struct {
	SimulatorAddr string `default:"127.0.0.1:18090" help:"Loopback address of the simulated sipgate."`
	Visibility    string `default:"account" enum:"own,account" help:"What a user's list of calls shows: own or account."`
	Seed          uint64 `default:"1" help:"Seed of the simulated office."`
	Size          `embed:""`
}
