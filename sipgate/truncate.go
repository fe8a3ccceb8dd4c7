package sipgate

import (
	"strings"
	"unicode"
)

// oneLine returns at most limit characters of s, with runs of spaces, control
// and invisible characters replaced by one space each.
func oneLine(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	return truncate(strings.Join(strings.Fields(s), " "), limit)
}

// truncate returns at most limit characters of s.
func truncate(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	n := 0
	for i := range s {
		if n == limit {
			return s[:i]
		}
		n++
	}
	return s
}

// multiLine returns the truncated text of a note with its line breaks, but
// without other control characters.
func multiLine(s string) string {
	return truncate(strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ReplaceAll(s, "\r\n", "\n")), maxNote)
}
