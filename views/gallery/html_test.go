package gallery

import (
	"regexp"
	"strings"
)

var hash = regexp.MustCompile(`(/static/[a-z._/-]+)\.[0-9a-f]{12}\.`)

// unhashed removes the content hashes from static addresses, so that a change of
// a style sheet changes no golden file.
func unhashed(page string) string { return hash.ReplaceAllString(page, "$1.") }

// lines splits HTML before every tag, for readable differences.
func lines(page string) []string {
	return strings.SplitAfter(strings.ReplaceAll(page, "<", "\n<"), "\n")
}
