package views

import (
	"maps"
	"slices"
	"strings"
)

// sheetSwap makes htmx show a refusal inside the sheet it belongs to.
const dialogErrorSwap = `{"target":"#sheet-notices","swap":"innerHTML","select":null}`

// Message is what a person is told about the fault with a code. There are
// words for every code of this program and for every reason of the team's
// policy; for any other it is the words for its HTTP status, never the code.
func Message(lang Lang, code string, status int) string {
	for _, prefix := range []string{"error.", "why."} {
		if key := prefix + code; lang.Has(key) {
			return lang.T(key)
		}
	}
	return lang.T("error.heading." + statusClass(status))
}

// FaultCodes returns the sorted codes of all faults and denials that have a text.
func FaultCodes() (codes []string) {
	for _, key := range slices.Sorted(maps.Keys(English.dictionary().plain)) {
		for _, prefix := range []string{"error.", "why."} {
			code, ok := strings.CutPrefix(key, prefix)
			if ok && !strings.Contains(code, ".") {
				codes = append(codes, code)
			}
		}
	}
	return codes
}

// Interrupted tells that a restart came between a command and its end: on the
// call of these parties a hang-up was cancelled, or it is not known what became
// of a command.
func Interrupted(lang Lang, parties string, cancelled bool) string {
	if cancelled {
		return lang.T("interrupted.cancelled", parties)
	}
	return lang.T("interrupted.unknown", parties)
}

// statusClass sorts statuses by what a person can do about them.
func statusClass(status int) string {
	switch {
	case status == 404:
		return "404"
	case status == 401 || status == 403:
		return "403"
	case status >= 500:
		return "500"
	default:
		return "400"
	}
}
