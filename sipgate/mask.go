package sipgate

import "strings"

// masked replaces hidden digits, however many there are.
const masked = "••••"

// minHidden is the minimum number of hidden digits, so that they cannot be
// guessed by trying.
const minHidden = 4

// MaskNumber returns raw as shown in public, "+49 30 •••• 42": the country,
// the area and the last two digits. It hides at least four digits, if
// necessary the area and finally everything, and does not reveal how many. It
// hides any other text completely, except the empty string.
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
