package sipgate

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// A PushForwarder passes push events on to other programs. Without Private it reaches
// only addresses of the public internet, whatever name leads to them.
type PushForwarder struct{ http *http.Client }

// NewPushForwarder returns a PushForwarder.
func NewPushForwarder(private bool) *PushForwarder {
	if private {
		return &PushForwarder{NewHTTPClient()}
	}
	return &PushForwarder{PublicHTTPClient()}
}

// CloseIdleConnections closes the connections that are not in use.
func (f *PushForwarder) CloseIdleConnections() { f.http.CloseIdleConnections() }

// Forward posts the body of an event with the header that it came with, apart from
// what is about connections and proxies. further is added to it; a name with no
// values is left out. It follows no redirect. The reply is what the program wants
// sipgate to do, as XML: empty if it answered something else. The error contains no
// part of the address but its host, and wraps [ErrPrivateNetwork] for an address
// that must not be reached.
func (f *PushForwarder) Forward(ctx context.Context, address string, came, further map[string][]string, body []byte) (status int, reply []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, nil, errors.New("invalid address")
	}
	for _, header := range []map[string][]string{came, further} {
		for name, values := range header {
			if !connectionHeader[name] || len(further[name]) > 0 {
				req.Header[name] = values
			}
		}
	}
	if req.Header["User-Agent"] == nil {
		req.Header["User-Agent"] = []string{""} // not one of ours
	}
	resp, err := f.http.Do(req)
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // without the address, which may be secret
	}
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	reply, err = readPushReply(resp)
	return resp.StatusCode, reply, err
}

// connectionHeader are headers of the connection on which an event came, or of a
// proxy on its way. All others are sipgate's.
var connectionHeader = map[string]bool{
	"Connection": true, "Proxy-Connection": true, "Keep-Alive": true, "Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true, "Content-Length": true,
	"Forwarded": true, "Via": true, "X-Real-Ip": true, "X-Forwarded-For": true, "X-Forwarded-Host": true, "X-Forwarded-Proto": true, "X-Forwarded-Port": true, "X-Forwarded-Server": true,
}

// maxPushReply is how many bytes of a reply are read.
const maxPushReply = 64 << 10

// readPushReply reads a reply that is XML.
func readPushReply(resp *http.Response) ([]byte, error) {
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || media != PushReplyType && media != "text/xml" {
		return nil, nil
	}
	body := io.Reader(resp.Body)
	switch strings.ToLower(resp.Header.Get("Content-Encoding")) { // sipgate accepts these
	case "gzip":
		body, err = gzip.NewReader(body)
	case "deflate":
		body, err = zlib.NewReader(body)
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(body, maxPushReply))
}
