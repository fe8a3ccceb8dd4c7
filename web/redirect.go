package web

import (
	"net/url"
	"path"
	"strings"
)

// maxPath bounds a path to redirect to, in bytes.
const maxPath = 2048

// LocalPath returns s if it is a path on this site, with its query, and "/" if
// it could lead anywhere else or is not in its shortest form. Every redirect
// target that comes from a client must pass through it.
func LocalPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxPath || u.Scheme != "" || u.Opaque != "" || u.User != nil || u.Host != "" {
		return "/"
	}
	if clean := path.Clean(u.Path); !strings.HasPrefix(u.Path, "/") || u.Path != clean && u.Path != clean+"/" {
		return "/"
	}
	if strings.ContainsFunc(u.Path, unprintable) || strings.ContainsFunc(u.RawQuery, unprintable) {
		return "/"
	}
	local := &url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}
	return local.String()
}

// unprintable reports whether browsers interpret r in their own ways: control
// characters, and the backslash, which they treat as a slash. Letters of every
// alphabet are allowed; they are sent escaped.
func unprintable(r rune) bool { return r < 0x20 || r == '\\' || r >= 0x7f && r < 0xa0 || r == '\uFFFD' }
