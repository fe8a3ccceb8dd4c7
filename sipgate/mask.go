package sipgate

import "strings"

// masked stands for the digits that are left out, however many.
const masked = "••••"

// leastHidden is how many digits are left out at least, so that nobody tries
// the few that are possible.
const minHidden = 4

// MaskNumber returns raw for a place where everybody looks, "+49 30 •••• 42":
// the country, the area and the last two digits. At least four digits are left
// out, the area and in the end everything rather than fewer; how many they are
// is not told. What is no international number is left out altogether, unless
// it is empty.
func MaskNumber(raw string) string {
	if raw == "" {
		return ""
	}
	if len(raw) > maxInput || !Number(NormalizeNumber(raw)).Valid() {
		return masked
	}
	shown := DisplayNumber(NormalizeNumber(raw))
	groups := strings.Fields(strings.ReplaceAll(shown, "-", " "))
	total := digits(shown)
	for head := min(2, len(groups)-1); head > 0; head-- {
		kept := strings.Join(groups[:head], " ")
		if total-digits(kept)-2 >= minHidden {
			return kept + " " + masked + " " + shown[len(shown)-2:]
		}
	}
	return masked
}

func digits(s string) (n int) {
	for _, c := range []byte(s) {
		if isDigit(c) {
			n++
		}
	}
	return n
}
