package sipgate

import (
	"strings"
	"unicode"
)

// CleanNumber returns a number that was typed or pasted as it looks: without
// characters that cannot be seen, and with plain spaces, hyphens, slashes, dots
// and parentheses in place of those that only look like them. Everything else
// stays, digits of other scripts too, and also the characters that turn the
// direction of the text around: what is read is then not what would be dialled.
func CleanNumber(s string) string {
	if isPlain(s) {
		return s
	}
	return strings.TrimSpace(strings.Map(plainRune, s))
}

// isPlain reports whether s consists of ASCII characters that can be seen, and
// spaces between them.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' && (s[i] != ' ' || i == 0 || i == len(s)-1) || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// lookalikes maps characters to those that they look like, besides the spaces
// and dashes of Unicode.
var lookalikes = map[rune]rune{
	'\u2800': ' ', // Braille pattern without dots
	'\u02d7': '-', '\u2043': '-', '\u2500': '-', '\u2796': '-', '\u30fc': '-', '\uff70': '-',
	'\u00b7': '.', '\u2022': '.', '\u2024': '.', '\u2027': '.', '\u2219': '.', '\u22c5': '.', '\u30fb': '.', '\uff0e': '.',
	'\u2044': '/', '\u2215': '/', '\uff0f': '/',
	'\uff08': '(', '\uff09': ')', '\u207d': '(', '\u207e': ')',
}

// plainRune returns what r looks like, -1 for nothing.
func plainRune(r rune) rune {
	switch {
	case r == '\u202d', r == '\u202e': // left-to-right and right-to-left override
		return r
	case unicode.IsSpace(r):
		return ' '
	case isInvisible(r):
		return -1
	case unicode.Is(unicode.Dash, r):
		return '-'
	}
	if plain, ok := lookalikes[r]; ok {
		return plain
	}
	return r
}

// isInvisible reports whether r is not drawn: marks of the direction, joiners,
// soft hyphens, byte order marks, variation selectors, fillers.
func isInvisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) &&
		!unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}
