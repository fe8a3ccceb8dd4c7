package sipgate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Limits of a recording. sipgate documents none.
const (
	maxRecording = 200 << 20        // bytes
	stallTimeout = 30 * time.Second // between two pieces of the body
)

// RecordingFile is a recording, or a part of it, as sent by sipgate. The
// caller must close Body. No other header of the response is exposed.
type RecordingFile struct {
	// Body fails after 200 MiB, or after 30 s without data.
	Body io.ReadCloser
	// Status is 200, or 206 for a part.
	Status int
	// ContentType is a media type "audio/…" or "application/octet-stream",
	// without parameters.
	ContentType string
	// ContentRange is well-formed, and only set with status 206.
	ContentRange string
	// Length is the length of Body in bytes, -1 if unknown.
	Length int64
}

var (
	rangeForm        = regexp.MustCompile(`^bytes=(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})$`)
	contentRangeForm = regexp.MustCompile(`^bytes [0-9]{1,18}-[0-9]{1,18}/(?:[0-9]{1,18}|\*)$`)
)

// OpenRecording fetches the recording at address, which comes from a
// [HistoryEntry]. rangeHeader is the Range header of the original request;
// anything but one range of bytes is ignored.
//
// It fetches only from the origin of Base and from RecordingOrigins, over
// verified https, without following redirects. It refuses names that lead to a
// private network, except at the origin of Base, and sends the token only to
// that. For any other address it sends nothing and returns an error of Kind
// Invalid that wraps [ErrRecordingURL]. A range beyond the end of the file is
// an error of Kind Invalid with status 416.
func (c *Client) OpenRecording(ctx context.Context, address, rangeHeader string) (*RecordingFile, error) {
	r := request{method: http.MethodGet, path: []string{"(recording)"}, timeout: actionTimeout}
	u, own, err := c.recordingURL(address)
	if err != nil {
		return nil, r.failure(Invalid, err)
	}
	if !rangeForm.MatchString(rangeHeader) {
		rangeHeader = ""
	}
	if !own {
		hc := c.externalHTTP
		if hc == nil {
			hc = publicHTTP()
		}
		return openRecording(ctx, r, hc, u.String(), rangeHeader, "")
	}
	return authorized(ctx, r, c.Auth, func(auth string) (*RecordingFile, error) {
		return openRecording(ctx, r, c.HTTP, u.String(), rangeHeader, auth)
	})
}

// openRecording waits for the response header for at most r.timeout.
func openRecording(ctx context.Context, r request, hc *http.Client, address, rangeHeader, auth string) (*RecordingFile, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(r.timeout, func() { cancel(context.DeadlineExceeded) })
	file, err := fetchRecording(ctx, r, hc, address, rangeHeader, auth)
	timer.Stop()
	if err != nil {
		cancel(nil)
		return nil, err
	}
	file.Body = &recordingBody{
		ctx: ctx, body: file.Body, remaining: maxRecording, timer: timer,
		stop: func() { cancel(nil) },
	}
	return file, nil
}

func fetchRecording(ctx context.Context, r request, hc *http.Client, address, rangeHeader, auth string) (*RecordingFile, error) {
	req, err := newRequest(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, r.failure(Invalid, ErrRecordingURL)
	}
	// A range of a compressed file would be another part.
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("Accept", "audio/*, application/octet-stream;q=0.5")
	if auth != "" {
		req.Header.Set("Authorization", auth)
	}
	if rangeHeader != "" {
		req.Header.Set("Range", rangeHeader)
	}
	resp, arrived, err := send(hc, req)
	if err != nil {
		e := r.failure(Unavailable, err)
		e.MayHaveArrived = arrived
		if errors.Is(err, ErrPrivateNetwork) {
			e = r.failure(Invalid, fmt.Errorf("%w: %w", ErrRecordingURL, err))
		}
		return nil, e
	}
	file, err := recordingFile(r, resp)
	if err != nil {
		resp.Body.Close()
	}
	return file, err
}

// recordingFile returns the parts of resp that RecordingFile exposes.
func recordingFile(r request, resp *http.Response) (*RecordingFile, error) {
	bad := func(format string, args ...any) error {
		return &Error{Op: r.op(), Status: resp.StatusCode, Kind: Unreadable, Err: fmt.Errorf(format, args...)}
	}
	file := &RecordingFile{Body: resp.Body, Status: resp.StatusCode, Length: resp.ContentLength}
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusPartialContent:
		if file.ContentRange = resp.Header.Get("Content-Range"); !contentRangeForm.MatchString(file.ContentRange) {
			return nil, bad("a part of the file, but not which")
		}
	default:
		data, _ := readAll(resp.Body, 4096)
		e := responseError(r, resp, data)
		if resp.StatusCode == http.StatusRequestedRangeNotSatisfiable {
			e.Kind = Invalid
		}
		return nil, e
	}
	var err error
	if file.ContentType, err = audioType(resp.Header.Get("Content-Type")); err != nil {
		return nil, bad("%w", err)
	}
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return nil, bad("the file is encoded")
	}
	if file.Length > maxRecording {
		return nil, bad("%w", errTooLarge)
	}
	return file, nil
}

// audioType returns the media type of an audio file. Any other type, such as
// an error page, is an error.
func audioType(header string) (string, error) {
	if header == "" {
		return "application/octet-stream", nil
	}
	t, _, err := mime.ParseMediaType(header)
	switch {
	case err != nil:
	case strings.HasPrefix(t, "audio/") && isID(strings.NewReplacer(".", "", "+", "").Replace(t[len("audio/"):]), 64):
		return t, nil
	case t == "application/octet-stream", t == "binary/octet-stream":
		return "application/octet-stream", nil
	}
	return "", errors.New("response is not an audio file")
}

// recordingBody ends a transfer that stalls or exceeds the maximum size.
type recordingBody struct {
	ctx       context.Context // of the request; its cause is why it ended
	body      io.ReadCloser
	remaining int64 // bytes allowed
	timer     *time.Timer
	stop      func()
}

// Read implements [io.Reader].
func (b *recordingBody) Read(p []byte) (int, error) {
	if b.remaining <= 0 {
		return 0, errTooLarge
	}
	// Only the time waiting for sipgate counts, not that of a slow reader.
	b.timer.Reset(stallTimeout)
	n, err := b.body.Read(p[:min(int64(len(p)), b.remaining)])
	b.timer.Stop()
	b.remaining -= int64(n)
	if cause := context.Cause(b.ctx); err != nil && err != io.EOF && cause != nil {
		err = cause
	}
	return n, err
}

// Close implements [io.Closer].
func (b *recordingBody) Close() error {
	b.timer.Stop()
	err := b.body.Close()
	b.stop()
	return err
}
