package web

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// umlauts spells German letters in ASCII.
var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "ß", "ss")

// Attachment returns the Content-Disposition of a file to be saved under
// filename. It gives an ASCII name that every client can use and, if that
// differs, the full one as well (RFC 6266, RFC 8187). Control characters,
// folders and what file systems forbid are removed.
func Attachment(filename string) string {
	full := strings.Join(strings.FieldsFunc(filename, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune(`/\:*?"<>|%;`, r)
	}), " ")
	ascii := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r > '~':
			return '_'
		}
		return r
	}, umlauts.Replace(full))
	if ascii == full {
		return `attachment; filename="` + ascii + `"`
	}
	return `attachment; filename="` + ascii + `"; filename*=UTF-8''` + strings.ReplaceAll(url.QueryEscape(full), "+", "%20")
}

// ServeBytes answers with content, or with the part of it that r asks for, as
// http.ServeContent does. It reports whether r is a GET to which the last byte
// of content was written without an error. The client may close the connection
// right after that byte.
func ServeBytes(w http.ResponseWriter, r *http.Request, content []byte) (complete bool) {
	body, out := bytes.NewReader(content), &errorTrackingWriter{ResponseWriter: w}
	http.ServeContent(out, r, "", time.Time{}, body)
	return r.Method == http.MethodGet && body.Len() == 0 && out.err == nil
}

// An errorTrackingWriter remembers an error of Write, which http.ServeContent
// drops.
type errorTrackingWriter struct {
	http.ResponseWriter
	err error
}

// Write implements http.ResponseWriter.
func (w *errorTrackingWriter) Write(p []byte) (n int, err error) {
	n, err = w.ResponseWriter.Write(p)
	if err != nil {
		w.err = err
	}
	return n, err
}
