package handlers

import (
	"compress/gzip"
	"context"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
)

type text string

func (t text) Render(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, string(t))
	return err
}

// A page is compressed for who takes that, and only where it is worth while.
func TestShowCompresses(t *testing.T) {
	long := strings.Repeat("<p>Grüße</p>", 500)
	for _, c := range []struct {
		name, page, accept string
		small              bool
	}{
		{"long", long, "br, gzip", true},
		{"long again, with a used writer", long + "!", "gzip", true},
		{"for who does not take it", long, "gzip;q=0", false},
		{"for who says nothing", long, "", false},
		{"short", "<p>", "gzip", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
			r.Header.Set("Accept-Encoding", c.accept)
			if err := show(w, r, 203, text(c.page)); err != nil {
				t.Fatal(err)
			}
			var body io.Reader = w.Body
			if small := w.Header().Get("Content-Encoding") == "gzip"; small != c.small {
				t.Fatalf("compressed: %v, want %v", small, c.small)
			} else if small {
				var err error
				if body, err = gzip.NewReader(w.Body); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := io.ReadAll(body); err != nil || string(got) != c.page || w.Code != 203 || w.Header().Get("Vary") != "Accept-Encoding" {
				t.Errorf("status %d, %v, %d bytes of %d, Vary %q", w.Code, err, len(got), len(c.page), w.Header().Get("Vary"))
			}
		})
	}
}
