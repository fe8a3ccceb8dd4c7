package forward

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"time"
)

// Settings say how the nodes of an installation reach each other. Its tags declare
// command-line flags for the kong library.
type Settings struct {
	NodeAddr string `placeholder:"ADDRESS" help:"Address on which this node takes what other nodes of the installation pass on: 10.0.0.11:8081. For several nodes with one --database. Default: none."`
	NodeURL  string `name:"node-url" placeholder:"URL" help:"Address at which the other nodes reach this one, if that is not --node-addr: https://node1.internal:8081."`

	Drain time.Duration `default:"5s" help:"Of several nodes: how long one that is told to end goes on while balancers notice that /readyz fails; then it hands its teams over."`
}

// Address returns the address, host:port, at which other nodes reach this one, "" if
// there are none. The error joins all mistakes, each as "--flag: what is wrong".
func (s Settings) Address() (string, error) {
	switch {
	case s.NodeAddr == "" && s.NodeURL == "":
		return "", nil
	case s.NodeAddr == "":
		return "", errors.New("--node-addr: is needed with --node-url")
	}
	host, port, err := net.SplitHostPort(s.NodeAddr)
	if err != nil {
		return "", fmt.Errorf("--node-addr: %q is not host:port", s.NodeAddr)
	}
	if s.NodeURL == "" {
		if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
			return "", fmt.Errorf("--node-url: is needed: other nodes cannot reach this one at %q", s.NodeAddr)
		}
		return s.NodeAddr, nil
	}
	u, err := url.Parse(s.NodeURL)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" {
		return "", fmt.Errorf("--node-url: %q is not an address like https://node1.internal:8081", s.NodeURL)
	}
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port)), nil
}
