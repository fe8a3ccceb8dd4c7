package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"sync"
	"time"
)

// UploadLimits say what an upload may be.
type UploadLimits struct {
	MaxFile int64  // bytes of the file
	Pace    Pace   // how fast the body has to arrive
	Option  string // the name of a checkbox that may stand before the file; "" for none
}

// A Pace is the speed at which a body has to arrive.
type Pace struct {
	Within time.Duration // for the whole body
	Slack  time.Duration // in which nothing has to arrive yet
	Rate   int64         // bytes a second, on average, once Slack has passed
}

// Bounds of the form around a file, in bytes.
const (
	maxUploadForm  = 64 << 10
	maxPartHeader  = 16 << 10 // the file's own header, its name included
	maxBoundary    = 70       // RFC 2046, section 5.1.1
	uploadField    = "file"
	mixedMediaType = "multipart/mixed"
)

var (
	errMediaType = Fault{Status: http.StatusUnsupportedMediaType, Code: CodeMediaType}
	errTooLarge  = Fault{Status: http.StatusRequestEntityTooLarge, Code: CodeTooLarge}
	errBadUpload = Fault{Status: http.StatusBadRequest, Code: CodeBadUpload}
	errTooSlow   = Fault{Status: http.StatusRequestTimeout, Code: CodeTooSlow}
)

// An Upload is the one file, the field "file", of a multipart form. It is read
// as it arrives. Read returns io.EOF only if the form is complete and has nothing
// after the file; so a file that was read without an error is the whole file.
type Upload struct {
	Filename string // as the client sent it: not to be trusted
	Option   bool   // the checkbox was ticked

	body *errorTrackingReader
	form *multipart.Reader
	part *multipart.Part
	max  int64
	read int64
	err  error // what Read returns from now on
}

// OpenUpload finds the file in the body of r. It refuses what can be refused
// before the body is read. Its errors, and those of Read, are the Faults 400
// "bad_upload", 408 "too_slow", 413 "too_large" and 415 "media_type".
func OpenUpload(w http.ResponseWriter, r *http.Request, limits UploadLimits) (*Upload, error) {
	mediaType, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.ContentLength >= limits.MaxFile+maxUploadForm:
		return nil, errTooLarge
	case err != nil || mediaType != "multipart/form-data" || r.Header.Get("Content-Encoding") != "":
		return nil, errMediaType
	case params["boundary"] == "" || len(params["boundary"]) > maxBoundary:
		return nil, errBadUpload
	}
	r.Body = http.MaxBytesReader(w, r.Body, limits.MaxFile+maxUploadForm)
	timed := &pacedReader{Reader: r.Body, pace: limits.Pace, start: time.Now(), setDeadline: http.NewResponseController(w).SetReadDeadline}
	body := &errorTrackingReader{Reader: timed}
	u := &Upload{body: body, form: multipart.NewReader(body, params["boundary"]), max: limits.MaxFile}
	if u.part, err = u.form.NextRawPart(); err == nil && limits.Option != "" && u.part.FormName() == limits.Option {
		u.Option = true // browsers do not send an empty checkbox
		u.part, err = u.form.NextRawPart()
	}
	if err != nil {
		return nil, u.fault()
	}
	inner, _, _ := mime.ParseMediaType(u.part.Header.Get("Content-Type"))
	if u.part.FormName() != uploadField || inner == mixedMediaType || headerSize(u.part.Header) > maxPartHeader {
		return nil, errBadUpload
	}
	_, params, _ = mime.ParseMediaType(u.part.Header.Get("Content-Disposition"))
	u.Filename = params["filename"] // not FileName(), which removes folders silently
	return u, nil
}

func headerSize(h textproto.MIMEHeader) (n int) {
	for name, values := range h {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	return n
}

// Read implements io.Reader with the bytes of the file.
func (u *Upload) Read(p []byte) (int, error) {
	if u.err != nil {
		return 0, u.err
	}
	n, err := u.part.Read(p)
	u.read += int64(n)
	switch {
	case u.read > u.max:
		u.err = errTooLarge
	case err == io.EOF:
		u.err = u.end()
	case err != nil:
		u.err = u.fault()
	}
	return n, u.err
}

// end returns io.EOF if nothing follows the file.
func (u *Upload) end() error {
	switch _, err := u.form.NextRawPart(); err {
	case nil:
		return errBadUpload
	case io.EOF:
		return io.EOF
	default:
		return u.fault()
	}
}

// fault returns what it means that the form could not be read to its end.
func (u *Upload) fault() error {
	if _, ok := errors.AsType[*http.MaxBytesError](u.body.err); ok {
		return errTooLarge
	}
	if errors.Is(u.body.err, os.ErrDeadlineExceeded) {
		return errTooSlow
	}
	return errBadUpload
}

// An errorTrackingReader remembers why reading ended, which the parser of forms
// does not pass on.
type errorTrackingReader struct {
	io.Reader
	err error
}

// Read implements io.Reader.
func (r *errorTrackingReader) Read(p []byte) (n int, err error) {
	n, err = r.Reader.Read(p)
	if err != nil {
		r.err = err
	}
	return n, err
}

// A pacedReader fails with os.ErrDeadlineExceeded if its bytes arrive below a
// pace. On connections without deadlines it waits.
type pacedReader struct {
	io.Reader
	pace        Pace
	start       time.Time
	read        int64
	setDeadline func(time.Time) error
}

// Read implements io.Reader.
func (r *pacedReader) Read(p []byte) (int, error) {
	allowed := r.pace.Slack + time.Duration(float64(r.read)/float64(r.pace.Rate)*float64(time.Second))
	if err := r.setDeadline(r.start.Add(min(allowed, r.pace.Within))); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := r.Reader.Read(p)
	r.read += int64(n)
	return n, err
}

// A ConcurrencyLimit limits how many things each subject does at a time.
type ConcurrencyLimit struct {
	max int

	mu      sync.Mutex
	running map[string]int // by subject; subjects without any are left out
}

// NewConcurrencyLimit returns a ConcurrencyLimit of max at a time.
func NewConcurrencyLimit(max int) *ConcurrencyLimit {
	return &ConcurrencyLimit{max: max, running: map[string]int{}}
}

// Start counts one more thing of subject until done is called, once. It returns
// the Fault 429 "rate_limited" if there are too many already.
func (l *ConcurrencyLimit) Start(subject string) (done func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running[subject] >= l.max {
		return nil, Fault{Status: http.StatusTooManyRequests, Code: CodeRateLimited, RetryAfter: time.Second}
	}
	l.running[subject]++
	return func() { l.finish(subject) }, nil
}

func (l *ConcurrencyLimit) finish(subject string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running[subject]--; l.running[subject] == 0 {
		delete(l.running, subject)
	}
}
