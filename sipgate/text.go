package sipgate

import (
	"strings"
	"unicode"
)

// oneLine returns at most limit characters of s, with control and invisible
// characters and runs of spaces made one space each.
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

// paragraphs returns a note's text, cut, with its line breaks and without any
// other control character.
func multiLine(s string) string {
	return truncate(strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ReplaceAll(s, "\r\n", "\n")), maxNote)
}
