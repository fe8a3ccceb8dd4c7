package views

import (
	"maps"
	"slices"
	"strings"
)

// dialogErrorSwap makes htmx show an error inside its dialog.
const dialogErrorSwap = `{"target":"#dialog-notices","swap":"innerHTML","select":null}`

// Message returns the text for the code of a fault or of a denial. For an
// unknown code it is the text for the HTTP status, never the code.
func Message(lang Lang, code string, status int) string {
	for _, prefix := range []string{"error.", "why."} {
		if key := prefix + code; lang.Has(key) {
			return lang.T(key)
		}
	}
	return lang.T("error.heading." + statusClass(status))
}

// errorHeading returns the heading of the page of an error.
func errorHeading(lang Lang, status int) string {
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

// Interrupted returns the notice about a command that the end of a process, or of its
// work for the team, interrupted, on the call of these parties: its pending hang-up was cancelled, or its outcome
// is unknown.
func Interrupted(lang Lang, parties string, cancelled bool) string {
	if cancelled {
		return lang.T("interrupted.cancelled", parties)
	}
	return lang.T("interrupted.unknown", parties)
}

// statusClass groups HTTP statuses by what the reader can do.
func statusClass(status int) string {
	switch {
	case status == 404:
		return "404"
	case status == 401:
		return "401"
	case status == 403:
		return "403"
	case status >= 500:
		return "500"
	default:
		return "400"
	}
}
