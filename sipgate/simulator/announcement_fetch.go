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

// Limits of fetching an announcement. sipgate does not document its own.
const (
	fetchTimeout = 5 * time.Second
	maxFetchSize = 20 << 20 // bytes
)

// fetchTransport is the default transport of [Options].Fetch. It uses no proxy
// and keeps no connections, so that nothing outlives the simulator.
var fetchTransport = &http.Transport{
	DialContext:            (&net.Dialer{}).DialContext,
	DisableKeepAlives:      true,
	DisableCompression:     true,
	MaxResponseHeaderBytes: 64 << 10,
}

// fetchAnnouncement fetches the audio file at address and returns its samples.
// It accepts http and https URLs, status 200, at most 5 s and 20 MB, and mono
// 16-bit PCM at 8 kHz; it does not follow redirects. The error can be shown to
// the client and does not contain the address, which may be secret.
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
		return nil, fmt.Errorf("announcement: want status 200, its server answered %d", resp.StatusCode)
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

// fetchClient returns [Options].Fetch without redirects.
func (s *Simulator) fetchClient() *http.Client {
	c := *s.opts.Fetch
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if c.Transport == nil {
		c.Transport = fetchTransport
	}
	return &c
}

// fetchError describes err without the address that a *url.Error contains.
func fetchError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("announcement: not fetched within %v: %w", fetchTimeout, context.DeadlineExceeded)
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return fmt.Errorf("announcement: not fetched: %w", err)
}
