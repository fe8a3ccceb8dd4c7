package sipgate

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	errExtension = &ValueError{Field: "number", Code: "number_extension"}
	errContext   = &ValueError{Field: "number", Code: "number_context"}
)

// ParseTel returns the number of a tel: link (RFC 3966), as it stands there and
// with its separators, for [NumberRules.Parse]. What has no scheme is taken for
// a number as it is typed.
//
// It may be percent-encoded, once more than addresses are, as browsers hand
// links on. A plus sign that a form turned into a space is put back. A link
// with an extension (;ext=, ;isub=) is refused with code "number_extension",
// since nobody could dial it after the number, and one with a ;phone-context=
// with "number_context", since its number means something in one place only;
// other parameters are ignored, as the RFC wants it. Other schemes and anything
// but printable text are refused with "number_invalid".
func ParseTel(s string) (string, error) {
	if len(s) > maxLink {
		return "", errNumber
	}
	s = decoded(s)
	number, isLink := s, false
	if scheme, rest, ok := strings.Cut(s, ":"); ok {
		if !strings.EqualFold(strings.TrimSpace(scheme), "tel") {
			return "", errNumber
		}
		isLink, number = true, decoded(strings.TrimPrefix(rest, "//"))
		if strings.HasPrefix(number, " ") {
			number = "+" + strings.TrimLeft(number, " ")
		}
	}
	number, params, _ := strings.Cut(number, ";")
	for param := range strings.SplitSeq(params, ";") {
		name, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(param)), "=")
		switch {
		case name == "ext", name == "isub":
			return "", errExtension
		case name == "phone-context":
			return "", errContext
		case params != "" && !isLink:
			return "", errNumber
		}
	}
	number = strings.TrimSpace(number)
	if number == "" || len(number) > maxInput || !utf8.ValidString(number) || strings.ContainsFunc(number, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", errNumber
	}
	return number, nil
}

// maxLink bounds a tel: link, in bytes.
const maxLink = 512

// decoded is s without percent-encoding, or s if it has none that is right.
func decoded(s string) string {
	if t, err := url.PathUnescape(s); err == nil {
		return t
	}
	return s
}
