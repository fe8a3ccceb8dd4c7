package web

import (
	"context"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestAttachment: whatever the name, the header has one line, names one file
// without a folder, and is understood by a client that follows RFC 6266.
func TestAttachment(t *testing.T) {
	for name, want := range map[string]string{
		"2026-11-23 1403 in +4930901820.wav":    "2026-11-23-1403-in-+4930901820.wav",
		"in Meier & Söhne.wav":                  "in Meier & Söhne.wav",
		"in a\"\r\nX: y.wav":                    "in a X y.wav",
		"../../etc/passwd\x00.wav":              ".. .. etc passwd .wav",
		"in Jürgen Groß; filename=\"evil\".wav": "in Jürgen Groß filename= evil .wav",
		"out 日本 \u202egpj.exe.wav":              "out 日本 gpj.exe.wav",
	} {
		header := Attachment(name)
		if strings.ContainsAny(header, "\r\n\x00") || strings.ContainsFunc(header, func(r rune) bool { return r > '~' }) {
			t.Errorf("%q: %q", name, header)
		}
		kind, params, err := mime.ParseMediaType(header)
		if err != nil || kind != "attachment" || strings.ReplaceAll(params["filename"], " ", "-") != strings.ReplaceAll(want, " ", "-") || strings.ContainsAny(params["filename"], "/\\") {
			t.Errorf("%q: %q is %s %q, %v", name, header, kind, params, err)
		}
	}
	if got := Attachment("callboard-audit.csv"); got != `attachment; filename="callboard-audit.csv"` {
		t.Errorf("a plain name: %s", got)
	}
}

// A leavingClient is a client that is gone as soon as it has so many bytes.
type leavingClient struct {
	*httptest.ResponseRecorder
	after int
	gone  context.CancelFunc
}

func (w leavingClient) Write(p []byte) (int, error) {
	if w.after-w.Body.Len() < len(p) {
		w.gone()
		return 0, http.ErrAbortHandler
	}
	n, err := w.ResponseRecorder.Write(p)
	if w.Body.Len() == w.after {
		w.gone()
	}
	return n, err
}

// TestServeBytesReportsTheLastByte: a client that leaves after the last byte
// has everything; one that leaves before, or sends only HEAD, has not.
func TestServeBytesReportsTheLastByte(t *testing.T) {
	content := []byte(strings.Repeat("x", 5000))
	for _, c := range []struct {
		method, part string
		after        int
		want         bool
	}{
		{"GET", "", 5000, true}, {"GET", "", 4999, false}, {"HEAD", "", 5000, false},
		{"GET", "bytes=0-99", 5000, false}, {"GET", "bytes=100-", 5000, true}, {"GET", "bytes=9000-", 5000, false},
	} {
		ctx, gone := context.WithCancel(t.Context())
		r := httptest.NewRequestWithContext(ctx, c.method, "/", nil)
		if c.part != "" {
			r.Header.Set("Range", c.part)
		}
		if got := ServeBytes(leavingClient{httptest.NewRecorder(), c.after, gone}, r, content); got != c.want {
			t.Errorf("%s %s, %d bytes taken: %v", c.method, c.part, c.after, got)
		}
		gone()
	}
}
