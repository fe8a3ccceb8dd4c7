package sipgate

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// letterReplacer replaces the letters that decomposition does not turn into ASCII
// by what people type for them, and typographic apostrophes and hyphens.
var letterReplacer = strings.NewReplacer("ß", "ss", "ø", "o", "æ", "a", "œ", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i", "ħ", "h", "ŧ", "t", "ς", "σ",
	"’", "'", "‘", "'", "ʼ", "'", "´", "'", "`", "'", "\u2010", "-", "\u2011", "-", "\u2012", "-", "–", "-")

// letters returns s without case, marks and invisible characters.
func letters(s string) string {
	s = letterReplacer.Replace(strings.ToLower(s))
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFKD.String(s) {
		if !unicode.In(r, unicode.Mn, unicode.Cf) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// umlauts are umlauts that are written out.
var umlauts = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

// Fold removes case, marks, umlauts and invisible characters, so that all
// spellings of a name are equal: "Müller", "Mueller" and "muller". The fold of a
// prefix is a prefix of the fold. The script of the pages folds in the same way.
func Fold(s string) string { return umlauts.Replace(letters(s)) }

// FoldedWords returns the words of a text, folded.
func FoldedWords(s string) []string {
	return strings.FieldsFunc(Fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// ContainsFolded reports whether typed occurs in text in any spelling. Within a
// word, "ell" also occurs in "Mueller", of which the e is part of an umlaut.
func ContainsFolded(text, typed string) bool {
	return strings.Contains(Fold(text), Fold(typed)) || strings.Contains(letters(text), letters(typed))
}
