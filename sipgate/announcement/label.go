package announcement

import (
	"path"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxLabel is the most characters a label has.
const maxLabel = 80

// extensions are what names of files end in that [Decode] reads.
var extensions = []string{".wav", ".mp3"}

// LabelFor makes a label of the name a file was uploaded under: without its
// path and extension, and cleaned. It fails with [BadExtension] or [BadLabel].
// The name is used for nothing else.
func labelFromFileName(filename string) (string, error) {
	base := path.Base(strings.ReplaceAll(filename, `\`, "/"))
	ext := path.Ext(base)
	if !slices.Contains(extensions, strings.ToLower(ext)) {
		return "", errorf(BadExtension, "the name must end in %s", strings.Join(extensions, " or "))
	}
	return validLabel(strings.TrimSuffix(base, ext))
}

func validLabel(s string) (string, error) {
	if s = sanitize(s); s == "" {
		return "", errorf(BadLabel, "the label is empty")
	}
	return s, nil
}

// clean makes text from strangers fit to be shown in one line: no control
// characters, none that are invisible or turn the direction of writing, single
// spaces, at most [maxLabel] characters.
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
