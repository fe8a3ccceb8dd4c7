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

// ParseTel returns the number of a tel: link (RFC 3966) with its separators, as
// [CleanNumber] does, for [NumberRules.Parse]. Text without a scheme counts as a
// typed number.
//
// The link may be percent-encoded once more than an address, as browsers pass
// links on, and a plus sign that a form turned into a space is restored. A
// link with an extension (;ext=, ;isub=) is refused with code
// "number_extension", since it cannot be dialled after the number, and one
// with ;phone-context= with "number_context", since its number is valid in one
// place only. Other parameters are ignored, as the RFC requires. Other schemes
// and unprintable text are refused with "number_invalid".
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
		// A space in front is a plus sign that was decoded as one, unless the
		// number says otherwise.
		if rest := CleanNumber(number); strings.HasPrefix(number, " ") && rest != "" && '1' <= rest[0] && rest[0] <= '9' {
			number = "+" + rest
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
	number = CleanNumber(number)
	if number == "" || len(number) > maxInput || !utf8.ValidString(number) || strings.ContainsFunc(number, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", errNumber
	}
	return number, nil
}

// maxLink is the maximum length of a tel: link, in bytes.
const maxLink = 512

// decoded returns s without percent-encoding, or s itself if its encoding is
// invalid.
func decoded(s string) string {
	if t, err := url.PathUnescape(s); err == nil {
		return t
	}
	return s
}
