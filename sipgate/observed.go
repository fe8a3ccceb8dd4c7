package sipgate

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// pathWords are the elements of the paths of sipgate's API and login server that
// are words. All others are ids, or may be.
var pathWords = strings.Fields(`account announcements authorization balance calls certs channels contacts devices dtmf events groups
	history hold log logout muted numbers phonelines recording sessions settings sipgateio token transfer userinfo
	users webhooks`)

// An Observer is told of each request to sipgate: its endpoint, such as
// "POST /calls/{id}/transfer", which never holds an id, the status of the answer,
// 0 without one, and the time until its header came.
type Observer func(endpoint string, status int, took time.Duration)

// Observed returns a client like hc whose requests observe is told of. api is the
// address of the API; endpoints of other addresses begin with the name of what
// is there: "POST login/token".
func Observed(hc *http.Client, api *url.URL, observe Observer) *http.Client {
	observed := *hc
	observed.Transport = &observedTransport{hc.Transport, api, observe}
	return &observed
}

type observedTransport struct {
	next    http.RoundTripper
	api     *url.URL
	observe Observer
}

// RoundTrip implements http.RoundTripper.
func (t *observedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	begun := time.Now()
	resp, err := t.next.RoundTrip(r)
	status := 0
	if err == nil {
		status = resp.StatusCode
	}
	t.observe(t.endpoint(r), status, time.Since(begun))
	return resp, err
}

// endpoint returns the endpoint of a request.
func (t *observedTransport) endpoint(r *http.Request) string {
	path, below := strings.CutPrefix(r.URL.Path, strings.TrimSuffix(t.api.Path, "/")+"/")
	if !below || origin(r.URL) != origin(t.api) {
		_, last, ok := strings.Cut(r.URL.Path, "/protocol/openid-connect/")
		if ok && slices.Contains(pathWords, last) {
			return r.Method + " login/" + last
		}
		return r.Method + " other"
	}
	elements := strings.Split(path, "/")
	for i, e := range elements {
		if !slices.Contains(pathWords, e) {
			elements[i] = "{id}"
		}
	}
	return r.Method + " /" + strings.Join(elements[:min(len(elements), maxElements)], "/")
}

// maxElements bounds the endpoints that there can be, whatever address a
// recording has.
const maxElements = 4
