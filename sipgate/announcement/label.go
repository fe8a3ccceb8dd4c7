package announcement

import (
	"path"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxLabel is the maximum length of a label in characters.
const maxLabel = 80

// extensions lists the file name extensions of the formats that [Decode] reads.
var extensions = []string{".wav", ".mp3"}

// labelFromFileName returns the label for an uploaded file: its name without
// path and extension, sanitized. It returns BadExtension or BadLabel. The name
// is used for nothing else.
func labelFromFileName(name string) (string, error) {
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	ext := path.Ext(base)
	if !slices.Contains(extensions, strings.ToLower(ext)) {
		return "", errorf(BadExtension, "the name must end in %s", strings.Join(extensions, " or "))
	}
	return validLabel(strings.TrimSuffix(base, ext))
}

// validLabel returns s sanitized, or BadLabel if nothing is left of it.
func validLabel(s string) (string, error) {
	if s = sanitize(s); s == "" {
		return "", errorf(BadLabel, "the label is empty")
	}
	return s, nil
}

// sanitize makes untrusted text safe to show in one line: it removes control,
// invisible and text-direction characters, collapses white space, and cuts the
// text to [maxLabel] characters. It returns "" for text without a letter, number
// or symbol.
func sanitize(s string) string {
	if len(s) > 64*maxLabel {
		s = s[:64*maxLabel]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.Join(strings.Fields(norm.NFC.String(s)), " ")
	if r := []rune(s); len(r) > maxLabel {
		s = strings.TrimSpace(string(r[:maxLabel]))
	}
	if !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsSymbol(r) }) {
		return ""
	}
	return s
}
