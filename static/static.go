// Package static holds the files that a browser fetches: style sheets, scripts,
// icons and the libraries in vendor/. They are embedded in the binary and named
// by their content, so that they may be cached for ever and a new version is
// never mixed with an old one.
//
// Scripts and style sheets are written in src/ and bundled into dist/.
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
)

// Prefix is the path under which [Handler] expects to be mounted.
const Prefix = "/static/"

// bundles is the folder of the files that go generate writes. It is no part of
// their names: URL("board.js").
const bundles = "dist/"

//go:embed dist/*.css dist/*.js dist/*.otf *.svg *.png *.webmanifest vendor/*.js
var embedded embed.FS

// mapExt is the ending of source maps. A map has the name of its script and this
// ending. fontExt is that of fonts.
const (
	mapExt  = ".map"
	fontExt = ".otf"
)

// types are the content types by ending. A file with another ending is refused at
// start, so that no file is ever served with a guessed type.
var types = map[string]string{
	".css":         "text/css; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".svg":         "image/svg+xml",
	".png":         "image/png",
	".webmanifest": "application/manifest+json",
	mapExt:         "application/json",
	fontExt:        "font/otf",
}

// A file is one embedded file. What is sent is in memory from the first request on.
type file struct {
	kind    string
	content func() []byte
	gzipped func() []byte // nil if not smaller
}

func newFile(kind string, content func() []byte) file {
	content = sync.OnceValue(content)
	return file{kind, content, sync.OnceValue(func() []byte { return compress(content()) })}
}

var (
	addresses = map[string]string{} // "app.css" → "/static/app.3f2a9c01d2e4.css"
	served    = map[string]file{}   // "/static/app.3f2a9c01d2e4.css" → the file
	maps      = map[string]file{}   // "/static/board.3f2a9c01d2e4.js.map" → the source map of that script
)

func init() {
	addAll(embedded, func(name string) bool { return path.Ext(name) == fontExt })
	addAll(embedded, func(name string) bool { return path.Ext(name) != fontExt })
	addAll(sourceMaps, func(string) bool { return true })
}

// addAll adds embedded files with some names.
func addAll(files embed.FS, some func(name string) bool) {
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !some(name) {
			return err
		}
		return add(strings.TrimPrefix(name, bundles), func() []byte {
			content, _ := files.ReadFile(name) // from memory: cannot fail
			return content
		})
	})
	if err != nil {
		panic(fmt.Sprintf("static: %v", err))
	}
}

// add makes a file known under its name. Fonts come first, source maps last; all
// others come in the order of the alphabet: a manifest after its icons.
func add(name string, read func() []byte) error {
	ext := path.Ext(name)
	kind, known := types[ext]
	if !known {
		return fmt.Errorf("%s: no content type for %q", name, ext)
	}
	if ext == mapExt {
		script, ok := addresses[strings.TrimSuffix(name, ext)]
		if !ok {
			return fmt.Errorf("%s: no script", name)
		}
		maps[script+ext] = newFile(kind, read)
		return nil
	}
	content := read
	switch ext {
	case ".webmanifest":
		content = func() []byte { return withIcons(read()) }
	case ".css":
		content = func() []byte { return withFont(read()) }
	}
	sum := sha256.Sum256(content())
	address := Prefix + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
	addresses[name] = address
	served[address] = newFile(kind, content)
	return nil
}

// withIcons returns a manifest with the addresses of its icons in place of their
// names.
func withIcons(manifest []byte) []byte {
	return icon.ReplaceAllFunc(manifest, func(src []byte) []byte {
		return fmt.Appendf(nil, `"src": %q`, URL(string(icon.FindSubmatch(src)[1])))
	})
}

var icon = regexp.MustCompile(`"src": "([^"]+)"`)

// withFont returns a style sheet with the addresses of its fonts in place of their
// names.
func withFont(css []byte) []byte {
	return font.ReplaceAllFunc(css, func(src []byte) []byte {
		return fmt.Appendf(nil, "url(%s)", URL(string(font.FindSubmatch(src)[1])))
	})
}

var font = regexp.MustCompile(`url\(([a-z-]+\.otf)\)`)

// compress returns content as gzip, or nil if that is not smaller.
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

// Handler serves every address that [URL] returns. With maps it also serves
// the source maps of scripts, and refers to them in a header that only a
// browser's developer tools read. A release has none.
func Handler(withMaps bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := served[r.URL.Path]
		if withMaps {
			if _, has := maps[r.URL.Path+mapExt]; has {
				w.Header().Set("SourceMap", r.URL.Path+mapExt)
			} else if !ok {
				f, ok = maps[r.URL.Path]
			}
		}
		serve(w, r, f, ok)
	})
}

// serve sends f, or 404 if it was not found.
func serve(w http.ResponseWriter, r *http.Request, f file, found bool) {
	h := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	if !found {
		h.Set("Cache-Control", "no-store")
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body := f.content()
	if TakesGzip(r.Header.Values("Accept-Encoding")) {
		if small := f.gzipped(); small != nil {
			h.Set("Content-Encoding", "gzip")
			body = small
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the only failure is that the browser went away
	}
}

// TakesGzip reports whether values of Accept-Encoding allow gzip, as RFC 9110,
// 12.5.3 defines it: gzip, x-gzip or *, unless its quality is zero.
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
