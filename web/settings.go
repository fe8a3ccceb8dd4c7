package web

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
)

// ListenSettings says where the program listens, and to how many. Its tags, like
// those of [PublicSettings], declare command-line flags for the kong library.
type ListenSettings struct {
	Addr             string   `default:"127.0.0.1:8080" help:"Address to listen on."`
	AdminAddr        string   `placeholder:"ADDRESS" help:"Second address, for administrators: health, metrics and profiles. :9090 is 127.0.0.1:9090. Default: none."`
	TrustedProxies   []string `default:"loopback" placeholder:"ADDRESS" help:"Reverse proxies whose X-Forwarded-For is believed: addresses or networks, 127.0.0.1,10.0.0.0/8, or loopback, private, none."`
	MaxConnections   int      `default:"4096" help:"Connections at a time. Each open board is one."`
	SocketsPerMember int      `default:"10" help:"Boards that one member can have open at a time. A further one ends the oldest."`
}

// Options checks the settings and returns those of a [Server]. The error joins
// all mistakes, each as "--flag: what is wrong".
func (s *ListenSettings) Options() (ServerOptions, error) {
	o := ServerOptions{MaxConns: s.MaxConnections, MaxSocketsPerSubject: s.SocketsPerMember}
	var errs [5]error
	if _, _, err := net.SplitHostPort(s.Addr); err != nil {
		errs[0] = fmt.Errorf("--addr: %q is not host:port", s.Addr)
	}
	ps, err := ParseProxies(s.TrustedProxies)
	if err != nil {
		errs[1] = fmt.Errorf("--trusted-proxies: %w", err)
	}
	o.Proxies = ps
	errs[2] = atLeastOne("--max-connections", s.MaxConnections)
	errs[3] = atLeastOne("--sockets-per-member", s.SocketsPerMember)
	o.AdminAddr, errs[4] = adminAddr(s.AdminAddr)
	return o, errors.Join(errs[:]...)
}

func atLeastOne(flag string, n int) error {
	if n < 1 {
		return fmt.Errorf("%s: %d is not 1 or more", flag, n)
	}
	return nil
}

// PublicSettings says at which address browsers reach the program.
type PublicSettings struct {
	PublicURL string `name:"public-url" placeholder:"URL" help:"Address under which browsers, and sipgate, reach this dashboard: https://calls.example.com. Required."`
}

// URL returns the address. The error has the form of that of
// [ListenSettings.Proxies].
func (s *PublicSettings) URL() (*url.URL, error) {
	if s.PublicURL == "" {
		return nil, errors.New("--public-url: is needed: the address of this dashboard, such as https://calls.example.com")
	}
	u, err := ParsePublicURL(s.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("--public-url: %w", err)
	}
	return u, nil
}

// DoubleDashes lets flags be written with one dash, as Go programs do: kong
// takes "-addr" for the four flags a, d, d and r.
func DoubleDashes(args []string) []string {
	args = slices.Clone(args)
	for i, a := range args {
		if len(a) > 2 && a[0] == '-' && a[1] != '-' {
			args[i] = "-" + a
		}
	}
	return args
}

// UnsetEmpty makes environment variables that begin with prefix, and the named
// ones, unset if they are empty or blank: that is how compose files and unit
// files leave a setting out.
func UnsetEmpty(prefix string, names ...string) {
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if strings.TrimSpace(value) == "" && (strings.HasPrefix(name, prefix) || slices.Contains(names, name)) {
			os.Unsetenv(name)
		}
	}
}
