package sipgate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Limits of one request. sipgate documents none.
const (
	pollTimeout   = 5 * time.Second  // GET /calls, from dialling to the last byte
	actionTimeout = 10 * time.Second // all other requests
	maxResponse   = 1 << 20          // bytes, after decompression
)

// Client calls the sipgate REST API, version 2. It is safe for concurrent use.
//
// It sends every request once. It sends it a second time only if sipgate
// definitely refused it with 401 and Auth returned another value: a request
// that may have been executed is never repeated, redirects are not followed,
// and no Idempotency-Key is sent, since with one the transport would repeat
// actions by itself. All errors are of type [*Error].
type Client struct {
	// Base is the address of the API, "https://api.sipgate.com/v2/".
	Base *url.URL
	// HTTP sends the requests. If it is nil, all clients share a
	// [NewHTTPClient]. Its CheckRedirect and Timeout are ignored.
	HTTP *http.Client
	// Auth authorizes the requests.
	Auth Credentials
	// RecordingOrigins lists the origins, other than Base's, that recordings
	// may be fetched from, "https://secure.live.sipgate.de". They never
	// receive a token.
	RecordingOrigins []string
	// OnUnreadable, unless it is nil, is called whenever a list was read, with
	// its path, "contacts" or "w0/devices", and the number of its items that
	// could not be read.
	OnUnreadable func(list string, items int)

	// ChannelHistory, unless it is nil, adds the calls of channels to the history.
	ChannelHistory *ChannelHistory

	externalHTTP *http.Client // set by tests; otherwise publicHTTP
}

// request is one request to the API.
type request struct {
	method  string
	path    []string      // path elements below Base; escaped only here
	query   url.Values    // may be nil
	body    any           // encoded as JSON unless nil
	timeout time.Duration // of each attempt
}

func (r request) op() string { return r.method + " /" + strings.Join(r.path, "/") }

// aboutCall reports whether the path identifies a call or a history entry, so
// that status 404 means that it does not exist.
func (r request) aboutCall() bool {
	return len(r.path) > 1 && (r.path[0] == "calls" || r.path[0] == "history")
}

// failure returns the error of a request without a response.
func (r request) failure(kind Kind, err error) *Error {
	return &Error{Op: r.op(), Kind: kind, Err: err}
}

// do sends r and returns the body of a 2xx response.
func (c *Client) do(ctx context.Context, r request) ([]byte, error) {
	for _, element := range r.path {
		// Escaping does not keep these from leading to another path.
		if element == "" || element == "." || element == ".." {
			return nil, r.failure(Invalid, errors.New("invalid path element"))
		}
	}
	var body []byte
	if r.body != nil {
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return nil, r.failure(Invalid, err)
		}
	}
	return authorized(ctx, r, c.Auth, func(auth string) ([]byte, error) {
		ctx, cancel := context.WithTimeout(ctx, r.timeout)
		defer cancel()
		return c.attempt(ctx, r, body, auth)
	})
}

// authorized calls send with a value for the Authorization header, and once
// more with another value if the first response was 401.
func authorized[T any](ctx context.Context, r request, auth Credentials, send func(auth string) (T, error)) (T, error) {
	var none T
	value, err := auth.Authorization(ctx)
	if err != nil {
		return none, r.failure(credentialKind(err), err)
	}
	reply, err := send(value)
	if e, ok := errors.AsType[*Error](err); !ok || e.Status != http.StatusUnauthorized {
		return reply, err
	}
	value, err = auth.Renew(ctx, value)
	if err != nil {
		e := r.failure(credentialKind(err), err)
		e.Status = http.StatusUnauthorized
		return none, e
	}
	return send(value)
}

// credentialKind returns the Kind of an error of Credentials. If the token
// endpoint was unreachable, it is Unavailable: the user need not sign in
// again.
func credentialKind(err error) Kind {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Unavailable
	}
	if kind := KindOf(err); kind != Other {
		return kind
	}
	return Unauthorized
}

// attempt sends r once and reads the whole response.
func (c *Client) attempt(ctx context.Context, r request, body []byte, auth string) ([]byte, error) {
	u := c.Base.JoinPath(escaped(r.path)...)
	u.RawQuery = r.query.Encode()
	req, err := newRequest(ctx, r.method, u.String(), body)
	if err != nil {
		return nil, r.failure(Invalid, err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", auth)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, arrived, err := send(c.HTTP, req)
	if err != nil {
		e := r.failure(Unavailable, err)
		e.MayHaveArrived = arrived
		return nil, e
	}
	defer resp.Body.Close()
	data, err := readAll(resp.Body, maxResponse)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, responseError(r, resp, data)
	}
	if err != nil {
		return nil, &Error{Op: r.op(), Status: resp.StatusCode, Kind: Unavailable, MayHaveArrived: true, Err: err}
	}
	return data, nil
}

func escaped(path []string) []string {
	out := make([]string, len(path))
	for i, p := range path {
		out[i] = url.PathEscape(p)
	}
	return out
}

// newRequest returns a request that the transport cannot repeat by itself,
// since it has no GetBody.
func newRequest(ctx context.Context, method, u string, body []byte) (*http.Request, error) {
	var r io.Reader
	if body != nil {
		r = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, u, r)
	if err != nil {
		return nil, err
	}
	req.GetBody = nil
	req.Header.Set("User-Agent", "Callboard")
	return req, nil
}

// send sends req with a copy of hc that follows no redirects. With an error,
// arrived reports whether any part of req may have left this machine.
func send(hc *http.Client, req *http.Request) (resp *http.Response, arrived bool, err error) {
	if err := req.Context().Err(); err != nil {
		return nil, false, err
	}
	if hc == nil {
		hc = sharedHTTP()
	}
	once := &http.Client{
		Transport:     hc.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	// HTTP/1 and HTTP/2 both report the first header before they flush it. A
	// transport that reports nothing counts as having sent.
	var reported, wrote atomic.Bool
	trace := &httptrace.ClientTrace{
		GetConn:          func(string) { reported.Store(true) },
		WroteHeaderField: func(string, []string) { wrote.Store(true) },
	}
	resp, err = once.Do(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	return resp, wrote.Load() || !reported.Load(), withoutURL(err)
}

// withoutURL removes the address from an error of net/http: its query may
// contain numbers.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

var errTooLarge = errors.New("response too large")

// readAll reads at most limit bytes. With an error it returns what it has
// read.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		return data[:limit], errTooLarge
	}
	return data, err
}

// get sends a GET request and decodes the response, an object, into out, as far
// as its fields can be read.
func (c *Client) get(ctx context.Context, out any, query url.Values, path ...string) error {
	r := request{method: http.MethodGet, path: path, query: query, timeout: actionTimeout}
	data, err := c.do(ctx, r)
	if err != nil {
		return err
	}
	if err := decodeObject(clean(data), out); err != nil {
		return r.unreadable(err)
	}
	return nil
}

// getList sends a GET request and decodes the response, an object with a list of
// items, like [listOf].
func getList[W any](ctx context.Context, c *Client, ok func(*W, json.RawMessage) bool, query url.Values, path ...string) ([]*W, map[string]json.RawMessage, error) {
	r := request{method: http.MethodGet, path: path, query: query, timeout: actionTimeout}
	data, err := c.do(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	list, other, err := listOf(data, "items", ok)
	if err != nil {
		return nil, nil, r.unreadable(err)
	}
	return list, other, nil
}

// report passes on how many items of a list could not be read.
func (c *Client) report(unreadable int, path ...string) {
	if c.OnUnreadable != nil {
		c.OnUnreadable(strings.Join(path, "/"), unreadable)
	}
}

// act sends an action whose response has no content of interest.
func (c *Client) act(ctx context.Context, method string, in any, path ...string) error {
	_, err := c.do(ctx, request{method: method, path: path, body: in, timeout: actionTimeout})
	if e, ok := errors.AsType[*Error](err); ok && e.Status >= 200 && e.Status < 300 {
		return nil // executed, whatever the body was
	}
	return err
}
