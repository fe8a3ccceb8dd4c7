package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// TestStalledUploadIsAnswered: a client that announces more than it sends and
// then waits is given an answer when its time is over, or when it has become
// too slow, and not before.
func TestStalledUploadIsAnswered(t *testing.T) {
	for name, p := range map[string]Pace{
		"time over": {Within: 50 * time.Millisecond, Rate: 1, Slack: time.Hour},
		"too slow":  {Within: time.Hour, Rate: 100 << 10, Slack: 50 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) { stall(t, p) })
	}
}

func stall(t *testing.T, p Pace) {
	answer := make(chan error, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, err := OpenUpload(w, r, UploadLimits{MaxFile: 1 << 20, Pace: p})
		if err == nil {
			_, err = io.Copy(io.Discard, file)
		}
		answer <- err
		if f, ok := err.(Fault); ok {
			w.WriteHeader(f.Status)
		}
	}))
	defer srv.Close()
	for name, sent := range map[string]string{
		"in the file": "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF",
		"before it":   "--b\r\nContent-Dispo",
	} {
		c, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000\r\n\r\n%s", sent)
		if f, ok := errors.AsType[Fault](<-answer); !ok || f.Status != http.StatusRequestTimeout || f.Code != CodeTooSlow {
			t.Errorf("%s: %v", name, f)
		}
		c.Close()
	}
}

// A part is a field of a multipart form; one with a filename is a file.
type part struct{ name, filename, mediaType, data string }

func form(parts ...part) (contentType string, body []byte) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		head := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"`, p.name)}}
		if p.filename != "" {
			head.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"; filename="%s"`, p.name, p.filename))
		}
		if p.mediaType != "" {
			head.Set("Content-Type", p.mediaType)
		}
		inner, _ := w.CreatePart(head)
		io.WriteString(inner, p.data)
	}
	w.Close()
	return w.FormDataContentType(), b.Bytes()
}

// upload sends a body to a handler that reads an upload of at most 1000 bytes.
func upload(contentType string, body []byte, change ...func(*http.Request)) (*Upload, string, error) {
	r := httptest.NewRequest("POST", "/", bytes.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	for _, f := range change {
		f(r)
	}
	u, err := OpenUpload(httptest.NewRecorder(), r, UploadLimits{MaxFile: 1000, Pace: Pace{Within: time.Hour, Rate: 1, Slack: time.Hour}, Option: "trim"})
	if err != nil {
		return nil, "", err
	}
	data, err := io.ReadAll(u)
	return u, string(data), err
}

func TestUpload(t *testing.T) {
	big := strings.Repeat("x", 1000)
	for name, test := range map[string]struct {
		parts  []part
		option bool
	}{
		"a file":          {[]part{{name: "file", filename: "a.wav", data: "RIFF"}}, false},
		"with the option": {[]part{{name: "trim", data: "true"}, {name: "file", filename: "a.wav", data: "RIFF"}}, true},
		"an empty file":   {[]part{{name: "file", filename: "a.wav"}}, false},
		"the largest":     {[]part{{name: "file", filename: "a.wav", data: big}}, false},
		"with a folder":   {[]part{{name: "file", filename: "../../a.wav", data: "x"}}, false},
	} {
		u, data, err := upload(form(test.parts...))
		file := test.parts[len(test.parts)-1]
		if err != nil || u.Option != test.option || u.Filename != file.filename || data != file.data {
			t.Errorf("%s: %v, %+v, %q", name, err, u, data)
		}
	}
}

// A sent is a body with its type.
type sent struct {
	contentType string
	body        []byte
}

func as(contentType string, body []byte) sent { return sent{contentType, body} }

func TestUploadRefuses(t *testing.T) {
	file := part{name: "file", filename: "a.wav", data: "RIFF"}
	good := as(form(file))
	for name, test := range map[string]struct {
		sent   sent
		change func(*http.Request)
		status int
		code   string
	}{
		"no form":             {as("audio/wav", []byte("RIFF")), nil, 415, "media_type"},
		"a compressed body":   {good, func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, 415, "media_type"},
		"no boundary":         {as("multipart/form-data", good.body), nil, 400, "bad_upload"},
		"a long boundary":     {as("multipart/form-data; boundary="+strings.Repeat("b", 71), good.body), nil, 400, "bad_upload"},
		"another boundary":    {as("multipart/form-data; boundary=x", good.body), nil, 400, "bad_upload"},
		"announced too large": {good, func(r *http.Request) { r.ContentLength = 1000 + 64<<10 }, 413, "too_large"},
		"too large":           {as(form(part{name: "file", filename: "a.wav", data: strings.Repeat("x", 1001)})), nil, 413, "too_large"},
		"much too large, unannounced": {as(form(part{name: "file", filename: "a.wav", data: strings.Repeat("x", 100<<10)})),
			func(r *http.Request) { r.ContentLength = -1 }, 413, "too_large"},
		"much around a small file, unannounced": {sent{good.contentType, append(bytes.Repeat([]byte("x\r\n"), 30<<10), good.body...)},
			func(r *http.Request) { r.ContentLength = -1 }, 413, "too_large"},
		"two files":        {as(form(file, file)), nil, 400, "bad_upload"},
		"a field after it": {as(form(file, part{name: "trim", data: "true"})), nil, 400, "bad_upload"},
		"another field":    {as(form(part{name: "other", data: "x"}, file)), nil, 400, "bad_upload"},
		"the option twice": {as(form(part{name: "trim"}, part{name: "trim"}, file)), nil, 400, "bad_upload"},
		"no file":          {as(form()), nil, 400, "bad_upload"},
		"several in one":   {as(form(part{name: "file", filename: "a", mediaType: "multipart/mixed; boundary=x", data: "x"})), nil, 400, "bad_upload"},
		"a long name":      {as(form(part{name: "file", filename: strings.Repeat("a", 17<<10), data: "x"})), nil, 400, "bad_upload"},
		"cut off":          {sent{good.contentType, good.body[:len(good.body)-10]}, nil, 400, "bad_upload"},
		"cut off in it":    {sent{good.contentType, good.body[:len(good.body)/2]}, nil, 400, "bad_upload"},
	} {
		change := test.change
		if change == nil {
			change = func(*http.Request) {}
		}
		_, _, err := upload(test.sent.contentType, test.sent.body, change)
		if f, ok := errors.AsType[Fault](err); !ok || f.Status != test.status || f.Code != test.code {
			t.Errorf("%s: %v, want %d %s", name, err, test.status, test.code)
		}
	}
}

// TestUploadErrorStays: once an upload has failed it does not end in order.
func TestUploadErrorStays(t *testing.T) {
	u, _, err := upload(form(part{name: "file", filename: "a", data: "x"}, part{name: "file", filename: "b", data: "y"}))
	if n, again := u.Read(make([]byte, 10)); n != 0 || again != err || again == io.EOF {
		t.Errorf("%d, %v after %v", n, again, err)
	}
}

func TestConcurrencyLimit(t *testing.T) {
	l := NewConcurrencyLimit(2)
	first, err1 := l.Start("a")
	second, err2 := l.Start("a")
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	_, err := l.Start("a")
	if f, ok := errors.AsType[Fault](err); !ok || f.Status != 429 || f.Code != CodeRateLimited || f.RetryAfter != time.Second {
		t.Errorf("a third: %v", err)
	}
	other, err := l.Start("b")
	if err != nil {
		t.Errorf("another subject: %v", err)
	}
	first()
	third, err := l.Start("a")
	if err != nil {
		t.Errorf("after one has ended: %v", err)
	}
	second()
	third()
	other()
	if len(l.running) != 0 {
		t.Errorf("remembers %v", l.running)
	}
}
