package directory

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// letterReplacer replaces the letters that decomposition does not turn into ASCII
// by what people type for them.
var letterReplacer = strings.NewReplacer("ß", "ss", "ø", "o", "æ", "a", "œ", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i")

// fold removes case, marks and umlauts, so that all spellings of a name are equal:
// "Müller", "Mueller" and "muller". The fold of a prefix is a prefix of the fold.
func fold(s string) string {
	s = letterReplacer.Replace(strings.ToLower(s))
	var b strings.Builder
	b.Grow(len(s))
	last := rune(0)
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case r == 'e' && (last == 'a' || last == 'o' || last == 'u'):
			last = 0 // ae, oe, ue: an umlaut written out
			continue
		}
		b.WriteRune(unicode.ToLower(r))
		last = r
	}
	return b.String()
}

// foldedWords returns the words of a text, folded.
func foldedWords(s string) []string {
	return strings.FieldsFunc(fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// isDigits reports whether s consists of digits.
func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
