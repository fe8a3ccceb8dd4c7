package static

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func get(t *testing.T, method, path, encoding string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	if encoding != "" {
		r.Header.Set("Accept-Encoding", encoding)
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryFileIsServed(t *testing.T) {
	if len(addresses) < 7 {
		t.Fatalf("only %d files", len(addresses))
	}
	for name := range addresses {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		switch ext := filepath.Ext(name); {
		case ext == ".webmanifest":
			want = withIcons(want)
		case (ext == ".js" || ext == ".css") && !strings.HasPrefix(name, "vendor/"):
			long := len(want)
			if want, err = shortener.Bytes(types[ext], want); err != nil || len(want) >= long {
				t.Errorf("%s cannot be made short: %v", name, err)
			}
		}
		plain := get(t, "GET", URL(name), "")
		if got := body(t, plain); plain.StatusCode != 200 || !bytes.Equal(got, want) {
			t.Errorf("%s: status %d, %d bytes, want %d", name, plain.StatusCode, len(got), len(want))
		}
		small := get(t, "GET", URL(name), "br, gzip")
		packed := body(t, small)
		if small.Header.Get("Content-Encoding") == "gzip" {
			unpack, err := gzip.NewReader(bytes.NewReader(packed))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(unpack); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: unpacked to something else (%v)", name, err)
			}
		}
		head := get(t, "HEAD", URL(name), "gzip")
		if head.ContentLength != int64(len(packed)) || len(body(t, head)) != 0 {
			t.Errorf("%s: HEAD says %d, want %d", name, head.ContentLength, len(packed))
		}
		for header, want := range map[string]string{
			"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding", "Content-Type": types[filepath.Ext(name)],
		} {
			if got := small.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
	}
}

func TestNothingElseIsServed(t *testing.T) {
	for _, path := range []string{
		"/static/", "/static/app.css", "/static/app.000000000000.css", "/static/vendor/", "/static/../static.go", "/static/%2e%2e/static.go",
		"/static/package.json", "/static/vendor/SHA256SUMS", URL("app.css") + "/", URL("app.css") + "%00", strings.ToUpper(URL("app.css")),
	} {
		r := get(t, "GET", path, "")
		if r.StatusCode != 404 || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d, %s", path, r.StatusCode, r.Header.Get("Cache-Control"))
		}
	}
	if r := get(t, "POST", URL("app.css"), ""); r.StatusCode != 405 || r.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d", r.StatusCode)
	}
	defer func() {
		if recover() == nil {
			t.Error("URL of a file that is not there does not panic")
		}
	}()
	URL("nothing.css")
}

func TestTakesGzip(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "gzip": true, "br, GZIP;q=0.5": true, "gzip;q=0": false, "gzip; q=0.000": false, "*": true, "*;q=0": false,
		"identity": false, "gzip;q=x": false, "deflate, gzip ; q=1": true, "notgzip": false,
	} {
		if got := TakesGzip([]string{accept}); got != want {
			t.Errorf("Accept-Encoding %q: %v", accept, got)
		}
	}
}

// TestVendored holds the browser libraries against what was taken from npm.
func TestVendored(t *testing.T) {
	sums, err := os.Open("vendor/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	defer sums.Close()
	known := map[string]bool{}
	for lines := bufio.NewScanner(sums); lines.Scan(); {
		want, name, _ := strings.Cut(lines.Text(), "  ")
		content, err := os.ReadFile("vendor/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s is not the file that was taken over", name)
		}
		known[name] = true
	}
	files, _ := filepath.Glob("vendor/*")
	for _, file := range files {
		if name := filepath.Base(file); !known[name] && name != "SHA256SUMS" && name != "README.md" {
			t.Errorf("%s has no sum", name)
		}
	}
	lock, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	var locked struct {
		Packages map[string]struct{ Version, Integrity, Resolved string }
	}
	if err := json.Unmarshal(lock, &locked); err != nil {
		t.Fatal(err)
	}
	htmx := locked.Packages["node_modules/htmx.org"]
	script, _ := embedded.ReadFile("vendor/htmx.min.js")
	if htmx.Version == "" || htmx.Integrity == "" || htmx.Resolved != "" || !bytes.Contains(script, []byte(`"`+htmx.Version+`"`)) {
		t.Errorf("the lock file says %+v, which is not what is here", htmx)
	}
}

// elsewhere are the files of other pages than the board, and one in place of
// another.
var elsewhere = strings.Fields(`pages.css figures.css wall.css wall.js history.css history.js settings.css settings.js setup.css tel.js
	gallery.js sounds.css sounds.js wav.js mic.js tape.js manifest-de.webmanifest`)

// TestWeight shows what of this package a first visit of the board fetches.
func TestWeight(t *testing.T) {
	var all int
	for name := range addresses {
		if filepath.Ext(name) == ".png" || slices.Contains(elsewhere, name) {
			continue // when it is installed, of other pages, or in place of another
		}
		all += len(body(t, get(t, "GET", URL(name), "gzip")))
	}
	t.Logf("%d bytes in %d files", all, len(addresses))
	if all > 45_000 { // the page itself comes on top, and all may be 60,000
		t.Errorf("%d bytes", all)
	}
}

// TestOwnFiles looks at the files that are written by hand: drawings that a
// browser can read, and nothing that the Content-Security-Policy refuses.
func TestOwnFiles(t *testing.T) {
	for _, name := range []string{"icons.svg", "favicon.svg"} {
		content, _ := embedded.ReadFile(name)
		for d := xml.NewDecoder(bytes.NewReader(content)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	scripts, err := fs.Glob(embedded, "*.js")
	if err != nil || len(scripts) < 4 {
		t.Fatalf("scripts %q: %v", scripts, err)
	}
	for _, name := range scripts {
		content, _ := embedded.ReadFile(name)
		for _, bad := range []string{`\beval\(`, `\bFunction\(`, `innerHTML *=`, `document\.write`, `insertAdjacentHTML`, `setTimeout\("`} {
			if found := regexp.MustCompile(bad).Find(content); found != nil {
				t.Errorf("%s contains %s", name, found)
			}
		}
	}
	for _, name := range []string{"app.css", "pages.css", "figures.css", "wall.css", "settings.css", "sheets.css"} {
		css, _ := embedded.ReadFile(name)
		for _, bad := range []string{"@import", "url(", "http:", "https:"} {
			if bytes.Contains(css, []byte(bad)) {
				t.Errorf("%s contains %s", name, bad)
			}
		}
	}
}
