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

// Limits of one request. They are choices of ours; sipgate documents none.
const (
	pollTimeout   = 5 * time.Second  // GET /calls, from dialling to the last byte
	actionTimeout = 10 * time.Second // everything else
	maxResponse   = 1 << 20          // bytes, after decompression
)

// Client calls the REST API, version 2. It is safe for use by several
// goroutines.
//
// A request is sent once. It is sent a second time only after sipgate has
// definitely refused it with 401 and Auth came up with another value: nothing
// that may have been executed is ever repeated, redirects are not followed,
// and no Idempotency-Key is sent, since it would make the transport repeat
// actions by itself. All errors are of type [*Error].
type Client struct {
	// Base is the address of the API, "https://api.sipgate.com/v2/".
	Base *url.URL
	// HTTP sends the requests; nil stands for a [NewHTTPClient] shared by all
	// clients. Its CheckRedirect and Timeout are not used.
	HTTP *http.Client
	// Auth authorises the requests.
	Auth Credentials
	// RecordingOrigins are the places besides Base's own that recordings are
	// fetched from, "https://secure.live.sipgate.de". They never get a token.
	RecordingOrigins []string

	externalHTTP *http.Client // set by tests, else a guarded client
}

// request is one call of the API.
type request struct {
	method  string
	path    []string      // elements below Base; escaped here, and nowhere else
	query   url.Values    // may be nil
	body    any           // encoded as JSON unless nil
	timeout time.Duration // for each sending
}

func (r request) op() string { return r.method + " /" + strings.Join(r.path, "/") }

// ofCall tells that the path names a call, or its entry in the history, so that
// a 404 means that there is none.
func (r request) aboutCall() bool {
	return len(r.path) > 1 && (r.path[0] == "calls" || r.path[0] == "history")
}

// fail makes the error of a request that did not get as far as an answer.
func (r request) failure(kind Kind, err error) *Error {
	return &Error{Op: r.op(), Kind: kind, Err: err}
}

// do sends r and returns the body of a 2xx answer.
func (c *Client) do(ctx context.Context, r request) ([]byte, error) {
	for _, element := range r.path {
		// Escaping does not keep these from leading elsewhere.
		if element == "" || element == "." || element == ".." {
			return nil, r.failure(Invalid, errors.New("not a path"))
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

// authorized calls send with the value for the Authorization header, and once
// more with another one if the first was answered 401.
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

// credentialKind says what it means that there is no credential: whoever
// cannot reach the token endpoint need not sign in again.
func credentialKind(err error) Kind {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Unavailable
	}
	if kind := KindOf(err); kind != Other {
		return kind
	}
	return Unauthorized
}

// attempt sends r once and reads the answer to its end.
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

// newRequest makes a request that the transport cannot repeat by itself:
// without GetBody it has no second copy of the body.
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

// send sends req by a copy of hc that follows no redirects. If it fails,
// arrived reports whether any of it may have left this machine.
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
	// The first header is announced before it is flushed, on HTTP/1 and on
	// HTTP/2. A transport that announces nothing is not believed.
	var asked, wrote atomic.Bool
	trace := &httptrace.ClientTrace{
		GetConn:          func(string) { asked.Store(true) },
		WroteHeaderField: func(string, []string) { wrote.Store(true) },
	}
	resp, err = once.Do(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	return resp, wrote.Load() || !asked.Load(), withoutURL(err)
}

// cause strips the address, which may carry numbers in its query, from what
// net/http reports.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

var errTooLarge = errors.New("the answer is too large")

// readAll reads at most limit bytes. It returns what it has read with every
// error.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		return data[:limit], errTooLarge
	}
	return data, err
}

// get sends a GET and decodes the answer into out.
func (c *Client) get(ctx context.Context, out any, query url.Values, path ...string) error {
	r := request{method: http.MethodGet, path: path, query: query, timeout: actionTimeout}
	data, err := c.do(ctx, r)
	if err != nil {
		return err
	}
	return r.decode(data, out)
}

// act sends an action whose answer says nothing but that it was done.
func (c *Client) act(ctx context.Context, method string, in any, path ...string) error {
	_, err := c.do(ctx, request{method: method, path: path, body: in, timeout: actionTimeout})
	if e, ok := errors.AsType[*Error](err); ok && e.Status >= 200 && e.Status < 300 {
		return nil // done, whatever became of the body
	}
	return err
}

// decode reads the body of a 2xx answer. If it cannot be read, the request has
// been executed all the same.
func (r request) decode(data []byte, out any) error {
	if err := json.Unmarshal(data, out); err != nil {
		return &Error{Op: r.op(), Status: http.StatusOK, Kind: Other, MayHaveArrived: true, Err: err}
	}
	return nil
}
