package simulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Limits of fetching an announcement. sipgate documents none; these are ours.
const (
	fetchTimeout = 5 * time.Second
	maxFetchSize = 20 << 20 // bytes
)

// fetchTransport is used where [Options].Fetch names no other. It uses no proxy
// and keeps no connection, so that nothing outlives the simulator.
var fetchTransport = &http.Transport{
	DialContext:            (&net.Dialer{}).DialContext,
	DisableKeepAlives:      true,
	DisableCompression:     true,
	MaxResponseHeaderBytes: 64 << 10,
}

// fetchAnnouncement fetches the sound file at address as sipgate does when it
// is told to play it, and returns its samples. The whole fetch may take 5 s,
// the file may have 20 MB, only http and https are spoken, redirects are not
// followed, and only status 200 counts. A file that is not mono 16-bit PCM at
// 8 kHz is refused. The error is a sentence that can be shown to the caller
// of the API; it never contains the address, which may be a secret.
func (s *Simulator) fetchAnnouncement(ctx context.Context, address string) ([]int16, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("announcement: an absolute http or https URL is needed")
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, errors.New("announcement: an absolute http or https URL is needed")
	}
	req.Header.Set("User-Agent", "sipgate.io")
	resp, err := s.fetchClient().Do(req)
	if err != nil {
		return nil, fetchError(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("announcement: status 200 is needed, its server answered %d", resp.StatusCode)
	}
	file, err := io.ReadAll(io.LimitReader(resp.Body, maxFetchSize+1))
	if err != nil {
		return nil, fetchError(err)
	}
	if len(file) > maxFetchSize {
		return nil, fmt.Errorf("announcement: file larger than %d bytes", maxFetchSize)
	}
	samples, err := parseWAV(file)
	if err != nil {
		return nil, fmt.Errorf("announcement: %w", err)
	}
	return samples, nil
}

// fetchClient is the client of the options, made to stop at redirects.
func (s *Simulator) fetchClient() *http.Client {
	c := *s.opts.Fetch
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if c.Transport == nil {
		c.Transport = fetchTransport
	}
	return &c
}

// fetchError says what went wrong on the way to the file, without the address
// that a *url.Error carries.
func fetchError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("announcement: not fetched within %v: %w", fetchTimeout, context.DeadlineExceeded)
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return fmt.Errorf("announcement: not fetched: %w", err)
}
