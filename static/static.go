// Package static holds the files that a browser fetches: style sheet, script,
// icons and the libraries in vendor/. They are embedded in the binary and named
// by their content, so that they may be cached for ever and a new version is
// never mixed with an old one.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/js"
)

// Prefix is the path under which [Handler] expects to be mounted.
const Prefix = "/static/"

//go:embed *.css *.js *.svg *.png *.webmanifest vendor/*.js
var embedded embed.FS

// types are the kinds of files there are. Anything else is refused at start,
// so that no file is ever served with a guessed type.
var types = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
	".png": "image/png",

	".webmanifest": "application/manifest+json",
}

// A file is one embedded file, ready to be sent.
type file struct {
	kind  string
	plain func() []byte // without comments and spaces; made when it is first asked for, as is
	small func() []byte // the same as gzip; nil if not smaller
}

var (
	addresses = map[string]string{} // "app.css" → "/static/app.3f2a9c01d2e4.css"
	served    = map[string]file{}   // "/static/app.3f2a9c01d2e4.css" → the file
)

func init() {
	err := fs.WalkDir(embedded, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		return add(name, content)
	})
	if err != nil {
		panic(fmt.Sprintf("static: %v", err))
	}
}

func add(name string, content []byte) error {
	ext := path.Ext(name)
	kind, known := types[ext]
	if !known {
		return fmt.Errorf("%s: no content type for %q", name, ext)
	}
	if ext == ".webmanifest" {
		content = withIcons(content)
	}
	sum := sha256.Sum256(content)
	address := Prefix + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
	addresses[name] = address
	plain := sync.OnceValue(func() []byte { return shorten(name, kind, content) })
	served[address] = file{kind, plain, sync.OnceValue(func() []byte { return compress(plain()) })}
	return nil
}

// shortener takes out what people need and browsers do not.
var shortener = func() *minify.M {
	m := minify.New()
	m.AddFunc("text/css", css.Minify)
	m.AddFunc("text/javascript", js.Minify)
	return m
}()

// shorten is a style sheet or script of ours, made short; anything else as it
// is. One that cannot be read is sent as it is; a test sees to it that there is
// none.
func shorten(name, kind string, content []byte) []byte {
	if strings.HasPrefix(name, "vendor/") {
		return content
	}
	short, err := shortener.Bytes(kind, bytes.Clone(content)) // which it writes into
	if err != nil {
		return content
	}
	return short
}

// withIcons is a manifest with the addresses of its icons. They come before it
// in the alphabet, and so have theirs already.
func withIcons(manifest []byte) []byte {
	return icon.ReplaceAllFunc(manifest, func(src []byte) []byte {
		return fmt.Appendf(nil, `"src": %q`, URL(string(icon.FindSubmatch(src)[1])))
	})
}

var icon = regexp.MustCompile(`"src": "([^"]+)"`)

func compress(content []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	_, _ = w.Write(content) // into memory: cannot fail
	_ = w.Close()
	if out.Len() >= len(content) {
		return nil
	}
	return out.Bytes()
}

// URL returns the address of a file, as in URL("app.css"). It panics if there
// is no such file: that is a mistake in a view, found by the first test that
// renders it.
func URL(name string) string {
	address, ok := addresses[name]
	if !ok {
		panic(fmt.Sprintf("static: no file %q", name))
	}
	return address
}

// Handler serves every address that [URL] gives out, and nothing else.
func Handler() http.Handler {
	return http.HandlerFunc(serve)
}

func serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	f, ok := served[r.URL.Path]
	if !ok {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body := f.plain()
	if TakesGzip(r.Header.Values("Accept-Encoding")) {
		if small := f.small(); small != nil {
			h.Set("Content-Encoding", "gzip")
			body = small
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the only failure is that the browser went away
	}
}

// TakesGzip reads Accept-Encoding as RFC 9110, 12.5.3 means it: gzip, x-gzip
// or *, unless its quality is zero.
func TakesGzip(values []string) bool {
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			coding, params, _ := strings.Cut(part, ";")
			switch strings.ToLower(strings.TrimSpace(coding)) {
			case "gzip", "x-gzip", "*":
				return !zeroQuality(params)
			}
		}
	}
	return false
}

func zeroQuality(params string) bool {
	_, q, found := strings.Cut(strings.ReplaceAll(params, " ", ""), "q=")
	if !found {
		return false
	}
	v, err := strconv.ParseFloat(q, 64)
	return err != nil || v == 0
}
