package handlers

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

const (
	// maxUpload is the largest file that may be uploaded; maxUploadBody
	// leaves room for the form around it.
	maxUpload     = 32 << 20
	maxUploadBody = maxUpload + 64<<10

	// maxLength is how long an announcement may play.
	maxLength = 10 * time.Minute
)

// uploadsAtOnce is how many files one person may be uploading.
const uploadsAtOnce = 2

// uploading counts the uploads that are under way, by person.
type uploading struct {
	mu    sync.Mutex
	going map[string]int
}

// begin takes one of the places of who, and is false if all are taken. The
// place is free again when end is called.
func (u *uploading) begin(who string) (end func(), ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.going[who] >= uploadsAtOnce {
		return nil, false
	}
	if u.going == nil {
		u.going = map[string]int{}
	}
	u.going[who]++
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.going[who]--; u.going[who] == 0 {
			delete(u.going, who)
		}
	}, true
}

var errBadUpload = &inputError{http.StatusBadRequest, "bad_upload", ""}

// An uploadedFile is the one file of a multipart form, read as it arrives.
// Before it there may be a field "trim".
// It ends with io.EOF only if the form was whole and had nothing after the
// file; so what was read without an error is all that was sent.
type uploadedFile struct {
	Name string // as the browser sent it: not to be trusted
	Trim bool   // the silence at its ends is not wanted
	body *failing
	part *multipart.Part
	form *multipart.Reader
	read int64
	end  error
}

// openUpload finds the file in the body of r. It refuses what can be refused
// before the body is read; the rest has to arrive at the pace given.
func openUpload(w http.ResponseWriter, r *http.Request, p pace) (*uploadedFile, error) {
	mediaType, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.ContentLength >= maxUploadBody:
		return nil, errTooLarge
	case err != nil || mediaType != "multipart/form-data" || r.Header.Get("Content-Encoding") != "":
		return nil, &inputError{http.StatusUnsupportedMediaType, "media_type", ""}
	case params["boundary"] == "" || len(params["boundary"]) > 70: // RFC 2046
		return nil, errBadUpload
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxUploadBody)
	body := &failing{Reader: &paced{Reader: r.Body, pace: p, begun: time.Now(), until: http.NewResponseController(w).SetReadDeadline}}
	f := &uploadedFile{body: body, form: multipart.NewReader(body, params["boundary"])}
	if f.part, err = f.form.NextRawPart(); err == nil && f.part.FormName() == "trim" {
		f.Trim = true // a box that is not ticked is not sent
		f.part, err = f.form.NextRawPart()
	}
	if err != nil {
		return nil, f.refusal()
	}
	inner, _, _ := mime.ParseMediaType(f.part.Header.Get("Content-Type"))
	if f.part.FormName() != "file" || inner == "multipart/mixed" || headerSize(f.part.Header) > maxPartHeader {
		return nil, errBadUpload
	}
	_, params, _ = mime.ParseMediaType(f.part.Header.Get("Content-Disposition"))
	f.Name = params["filename"] // not FileName(), which takes folders away silently
	return f, nil
}

// A pace is how fast an upload has to arrive.
type pace struct {
	within  time.Duration // all of it
	slowest int64         // bytes of every second on average,
	start   time.Duration // once so much time has passed
}

// paced reads what arrives at a pace, and fails with os.ErrDeadlineExceeded
// where it comes too slowly. Where there are no deadlines it waits.
type paced struct {
	io.Reader
	pace
	begun time.Time
	read  int64
	until func(time.Time) error
}

func (r *paced) Read(p []byte) (int, error) {
	due := r.start + time.Duration(float64(r.read)/float64(r.slowest)*float64(time.Second))
	if err := r.until(r.begun.Add(min(due, r.within))); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := r.Reader.Read(p)
	r.read += int64(n)
	return n, err
}

// maxPartHeader bounds the header of the file within the form, in bytes; names
// of files are part of it.
const maxPartHeader = 16 << 10

func headerSize(h textproto.MIMEHeader) (n int) {
	for name, values := range h {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	return n
}

var errTooLarge = &inputError{http.StatusRequestEntityTooLarge, "too_large", ""}

// Read gives the file's bytes.
func (f *uploadedFile) Read(p []byte) (int, error) {
	if f.end != nil {
		return 0, f.end
	}
	n, err := f.part.Read(p)
	f.read += int64(n)
	switch {
	case f.read > maxUpload:
		f.end = errTooLarge
	case err == io.EOF:
		f.end = f.last()
	case err != nil:
		f.end = f.refusal()
	}
	return n, f.end
}

// last checks that nothing follows the file.
func (f *uploadedFile) last() error {
	_, err := f.form.NextRawPart()
	switch {
	case err == nil:
		return errBadUpload
	case err == io.EOF:
		return io.EOF
	default:
		return f.refusal()
	}
}

// failing remembers why reading ended: the parser of forms says only that the
// form is bad.
type failing struct {
	io.Reader
	err error
}

func (r *failing) Read(p []byte) (n int, err error) {
	n, err = r.Reader.Read(p)
	if err != nil {
		r.err = err
	}
	return n, err
}

// refusal says what it means that the form could not be read to its end.
func (f *uploadedFile) refusal() error {
	if _, ok := errors.AsType[*http.MaxBytesError](f.body.err); ok {
		return errTooLarge
	}
	if errors.Is(f.body.err, os.ErrDeadlineExceeded) {
		return &inputError{http.StatusRequestTimeout, "too_slow", ""}
	}
	return errBadUpload
}
