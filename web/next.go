package web

import (
	"net/url"
	"path"
	"strings"
)

const maxNext = 2048

// LocalPath returns s if it is a path on this site, with its query, and "/" if
// it could lead anywhere else or is not in its shortest form. Use it for every
// place to go to that comes from outside.
func LocalPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxNext || u.Scheme != "" || u.Opaque != "" || u.User != nil || u.Host != "" {
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

// unprintable tells what browsers treat in ways of their own: controls, and
// the backslash, which they take for a slash. Other alphabets are welcome in a
// path, where they are sent escaped.
func unprintable(r rune) bool { return r < 0x20 || r == '\\' || r >= 0x7f && r < 0xa0 || r == '\uFFFD' }
