package views

import (
	"regexp"
	"strings"
)

var hash = regexp.MustCompile(`(/static/[a-z._/-]+)\.[0-9a-f]{12}\.`)

// unhashed takes the content hash out of static addresses, so that a change of
// the style sheet changes no golden file.
func unhashed(page string) string { return hash.ReplaceAllString(page, "$1.") }

// lines breaks HTML before every tag, for differences that can be read.
func lines(page string) []string {
	return strings.SplitAfter(strings.ReplaceAll(page, "<", "\n<"), "\n")
}
