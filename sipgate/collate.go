package sipgate

import (
	"cmp"
	"strings"
)

// CompareNames orders names for readers, as a dictionary in German or in English
// does: Ä with A, ß with ss, capitals with small letters, and 10 after 9. Names that
// readers take for the same are in the order of their bytes, so that the order is
// total.
func CompareNames(a, b string) int {
	return cmp.Or(compareLetters(letters(a), letters(b)), strings.Compare(a, b))
}

// compareLetters compares two texts by their characters, and numbers in them by
// their value.
func compareLetters(a, b string) int {
	for a != "" && b != "" {
		m, restOfA := cutNumber(a)
		n, restOfB := cutNumber(b)
		switch {
		case m != "" && n != "":
			m, n = strings.TrimLeft(m, "0"), strings.TrimLeft(n, "0")
			if c := cmp.Or(len(m)-len(n), strings.Compare(m, n)); c != 0 {
				return c
			}
			a, b = restOfA, restOfB
		case a[0] != b[0]:
			return cmp.Compare(a[0], b[0])
		default:
			a, b = a[1:], b[1:]
		}
	}
	return cmp.Compare(len(a), len(b))
}

// cutNumber returns the digits at the beginning of a text, and what follows.
func cutNumber(s string) (digits, rest string) {
	rest = strings.TrimLeft(s, "0123456789")
	return s[:len(s)-len(rest)], rest
}
