package web

import (
	"errors"
	"fmt"
	"net"
	"net/url"
)

// ListenSettings says where the program listens. Its tags, like those of
// [PublicSettings], declare command-line flags for the kong library.
type ListenSettings struct {
	Addr string `default:"127.0.0.1:8080" help:"Address to listen on."`
}

// Check returns what is wrong, as "--flag: what is wrong".
func (s *ListenSettings) Check() error {
	if _, _, err := net.SplitHostPort(s.Addr); err != nil {
		return fmt.Errorf("--addr: %q is not host:port", s.Addr)
	}
	return nil
}

// PublicSettings says at which address browsers reach the program.
type PublicSettings struct {
	PublicURL string `name:"public-url" placeholder:"URL" help:"Address under which browsers, and sipgate, reach this dashboard: https://calls.example.com. Required."`
}

// URL returns the address. The error has the form of that of
// [ListenSettings.Check].
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
