package web

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
)

// text is a view of a fixed text.
type text string

func (t text) Render(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, string(t))
	return err
}

// TestShowCompresses: a page is compressed for clients that accept it, and only
// where it is worth it.
func TestShowCompresses(t *testing.T) {
	long := strings.Repeat("<p>Grüße</p>", 500)
	for _, c := range []struct {
		name, page, accept string
		small              bool
	}{
		{"long", long, "br, gzip", true},
		{"long again, with a used writer", long + "!", "gzip", true},
		{"for a client that refuses it", long, "gzip;q=0", false},
		{"for a client that says nothing", long, "", false},
		{"short", "<p>", "gzip", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
			r.Header.Set("Accept-Encoding", c.accept)
			if err := Show(w, r, 203, text(c.page)); err != nil {
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

// errView is what a view fails with.
var errView = errors.New("the view failed")

// A brokenView fails after half its text.
type brokenView struct{}

func (brokenView) Render(_ context.Context, w io.Writer) error {
	io.WriteString(w, "<html>")
	return errView
}

func TestShowWritesAWholePageOrNothing(t *testing.T) {
	w := httptest.NewRecorder()
	if err := Show(w, httptest.NewRequest("GET", "/", nil), 200, brokenView{}); err != errView || w.Body.Len() != 0 || len(w.Header()) != 0 {
		t.Errorf("%v, %q, %v", err, w.Body, w.Header())
	}
}

// TestRespond gives every kind of client its form of an answer.
func TestRespond(t *testing.T) {
	program := map[string]string{"Accept": "application/json"}
	sender := map[string]string{"Content-Type": "application/json; charset=utf-8"}
	script := map[string]string{"HX-Request": "true"}
	browser := map[string]string{"Accept": "text/html"}
	full := Response{Status: 201, JSON: map[string]int{"id": 7}, Fragment: text("fragment"), Page: text("page"), Next: "/next"}
	command := Response{JSON: map[string]string{"outcome": "done"}, Next: "/next"}
	page := Response{Page: text("page")}
	for _, c := range []struct {
		name    string
		headers map[string]string
		answer  Response
		status  int
		body    string
	}{
		{"everything, a program", program, full, 201, `{"id":7}` + "\n"},
		{"everything, a program that sends JSON", sender, full, 201, `{"id":7}` + "\n"},
		{"everything, the script", script, full, 201, "fragment"},
		{"everything, a browser", browser, full, 201, "page"},
		{"a command, a program", program, command, 200, `{"outcome":"done"}` + "\n"},
		{"a command, the script", script, command, 204, ""},
		{"a command, a browser", browser, command, 303, ""},
		{"a page, a program", program, page, 200, "page"},
		{"a page, the script", script, page, 200, "page"},
		{"a page, a browser", browser, page, 200, "page"},
		{"a redirect, a program", program, Response{Next: "/next"}, 303, ""},
	} {
		r, w := httptest.NewRequest("POST", "/x", nil), httptest.NewRecorder()
		for name, value := range c.headers {
			r.Header.Set(name, value)
		}
		if WantsPage(r) != (c.headers["Accept"] == "text/html") {
			t.Errorf("%s: wants a page is %v", c.name, WantsPage(r))
		}
		if err := Respond(w, r, c.answer); err != nil || w.Code != c.status || w.Body.String() != c.body {
			t.Errorf("%s: %d %q, %v; want %d %q", c.name, w.Code, w.Body, err, c.status, c.body)
		}
		if c.status == 303 && w.Header().Get("Location") != "/next" {
			t.Errorf("%s: leads to %q", c.name, w.Header().Get("Location"))
		}
	}
	w := httptest.NewRecorder()
	if err := SendJSON(w, 200, func() {}); err == nil || w.Body.Len() != 0 {
		t.Errorf("what is no JSON: %v, %q", err, w.Body)
	}
}

func TestAcceptsGzip(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "gzip": true, "br, GZIP;q=0.5": true, "gzip;q=0": false, "gzip; q=0.000": false, "*": true, "*;q=0": false,
		"identity": false, "gzip;q=x": false, "deflate, gzip ; q=1": true, "notgzip": false,
	} {
		if got := acceptsGzip([]string{accept}); got != want {
			t.Errorf("Accept-Encoding %q: %v", accept, got)
		}
	}
	if !acceptsGzip([]string{"br", "gzip"}) {
		t.Error("two headers")
	}
}

func TestBrowserName(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                  "Firefox, Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                         "Chrome, Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":           "Edge, Windows",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36":                         "Chrome, Android",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1": "Safari, iPhone",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0":     "Opera, macOS",
		"curl/8.5.0": "",
		"":           "",
	} {
		if got := BrowserName(agent); got != want {
			t.Errorf("%s: %q, want %q", agent, got, want)
		}
	}
}
