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
	Handler(false).ServeHTTP(w, r)
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

// content returns what a file holds on disk.
func content(t *testing.T, name string) []byte {
	t.Helper()
	c, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		c, err = os.ReadFile(bundles + name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEveryFileIsServed(t *testing.T) {
	if len(addresses) < 7 {
		t.Fatalf("only %d files", len(addresses))
	}
	for name := range addresses {
		want := content(t, name)
		switch filepath.Ext(name) {
		case ".webmanifest":
			want = withIcons(want)
		case ".css":
			want = withFont(want)
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
		"/static/package.json", "/static/tsconfig.json", "/static/vendor/SHA256SUMS", "/static/src/dom.js", "/static/dist/app.css", URL("board.js") + ".map", URL("app.css") + "/", URL("app.css") + "%00", strings.ToUpper(URL("app.css")),
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

// Only a handler with source maps serves them, and refers to them.
func TestSourceMaps(t *testing.T) {
	scripts, err := filepath.Glob("src/entries/*.js")
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	for _, script := range scripts {
		address := URL(filepath.Base(script))
		if at := get(t, "GET", address, "").Header.Get("SourceMap"); at != "" {
			t.Errorf("%s refers to %s", address, at)
		}
		demo := func(path string) *http.Response {
			w := httptest.NewRecorder()
			Handler(true).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			return w.Result()
		}
		at := demo(address).Header.Get("SourceMap")
		if at == "" || get(t, "GET", at, "").StatusCode != 404 {
			t.Errorf("%s: the map is at %q", address, at)
			continue
		}
		var m struct {
			Version int
			Sources []string
			Content []string `json:"sourcesContent"`
		}
		if answer := demo(at); answer.StatusCode != 200 || json.Unmarshal(body(t, answer), &m) != nil ||
			m.Version != 3 || len(m.Content) != len(m.Sources) || !slices.Contains(m.Sources, "../"+filepath.ToSlash(script)) {
			t.Errorf("%s: status %d, sources %q", at, answer.StatusCode, m.Sources)
		}
	}
	if missing := httptest.NewRecorder(); true {
		Handler(true).ServeHTTP(missing, httptest.NewRequest("GET", URL("app.css")+".map", nil))
		if missing.Code != 404 {
			t.Errorf("the map of a style sheet: %d", missing.Code)
		}
	}
}

// Every entry has its bundle, and every bundle its entry: go generate writes new
// files, and removes none.
func TestBundlesAreThoseOfTheEntries(t *testing.T) {
	want := map[string]bool{"icons.otf": true} // see iconfont
	entries, err := filepath.Glob("src/entries/*")
	if err != nil || len(entries) < 10 {
		t.Fatal(entries, err)
	}
	for _, entry := range entries {
		name := filepath.Base(entry)
		want[name] = true
		if filepath.Ext(name) == ".js" {
			want[name+mapExt] = true
		}
	}
	files, err := os.ReadDir("dist")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !want[file.Name()] {
			t.Errorf("%s has no entry", file.Name())
		}
		delete(want, file.Name())
	}
	for name := range want {
		t.Errorf("%s is missing: run go generate", name)
	}
}

// The browser libraries are the files that were taken from npm.
func TestVendoredLibrariesAreUnchanged(t *testing.T) {
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
	for name, p := range locked.Packages {
		if p.Resolved != "" { // static/.npmrc leaves it out
			t.Errorf("the lock file names a registry for %s: %s", name, p.Resolved)
		}
	}
	htmx := locked.Packages["node_modules/htmx.org"]
	script, _ := embedded.ReadFile("vendor/htmx.min.js")
	if htmx.Version == "" || htmx.Integrity == "" || htmx.Resolved != "" || !bytes.Contains(script, []byte(`"`+htmx.Version+`"`)) {
		t.Errorf("the lock file says %+v, which is not what is here", htmx)
	}
}

// firstVisit are the files of this package that a first visit of the board loads.
var firstVisit = []string{"app.css", "overlays.css", "board.js", "icons.svg", "icons.otf", "favicon.svg", "manifest-en.webmanifest"}

// A first visit of the board is light. The page itself comes on top, and all may
// be 45,000 bytes.
func TestFirstVisitIsLight(t *testing.T) {
	var all int
	for _, name := range firstVisit {
		all += len(body(t, get(t, "GET", URL(name), "gzip")))
	}
	t.Logf("%d bytes in %d files", all, len(firstVisit))
	if all > 40_000 {
		t.Errorf("%d bytes", all)
	}
}

// The drawings are XML that a browser reads.
func TestDrawingsAreWellFormed(t *testing.T) {
	for _, name := range []string{"icons.svg", "favicon.svg"} {
		for d := xml.NewDecoder(get(t, "GET", URL(name), "").Body); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

// Neither sources nor bundles contain what the Content-Security-Policy refuses.
func TestScriptsAndStylesKeepThePolicy(t *testing.T) {
	bad := map[string]*regexp.Regexp{
		".js":  regexp.MustCompile(`\beval\(|\bFunction\(|innerHTML *=|document\.write|insertAdjacentHTML|setTimeout\("`),
		".css": regexp.MustCompile(`url\([^)]*[/:]|http:|https:`),
	}
	files := map[string]int{}
	for _, pattern := range []string{"src/*", "src/entries/*", "src/css/*", "dist/*"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found {
			ext := filepath.Ext(name)
			if bad[ext] == nil || strings.HasSuffix(name, ".test.js") {
				continue
			}
			files[ext]++
			text := content(t, name)
			if at := bad[ext].Find(text); at != nil {
				t.Errorf("%s contains %s", name, at)
			}
			if strings.HasPrefix(name, bundles) && bytes.Contains(text, []byte("@import")) {
				t.Errorf("%s imports another file", name)
			}
			if ext == ".js" && !strings.HasPrefix(name, bundles) && !bytes.HasPrefix(text, []byte("// @ts-check\n")) {
				t.Errorf("%s does not begin with @ts-check", name)
			}
		}
	}
	if files[".js"] < 40 || files[".css"] < 20 {
		t.Errorf("only %v files", files)
	}
}
