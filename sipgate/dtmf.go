package sipgate

// DTMF is a sequence of 1 to 32 keypad tones: 0-9, A-D, # and *. It may be a
// PIN: logs and audits show only its length.
type DTMF string

// maxTones is our limit; sipgate documents none.
const maxTones = 32

var errTones = &ValueError{Field: "digits", Code: "dtmf_invalid"}

// ParseDTMF checks s without converting it: lower case, spaces and pauses are
// refused with a [ValueError] of code "dtmf_invalid".
func ParseDTMF(s string) (DTMF, error) {
	if d := DTMF(s); d.Valid() {
		return d, nil
	}
	return "", errTones
}

// Valid reports whether [ParseDTMF] accepts d.
func (d DTMF) Valid() bool {
	if len(d) == 0 || len(d) > maxTones {
		return false
	}
	for i := range len(d) {
		if !isTone(d[i]) {
			return false
		}
	}
	return true
}

func isTone(c byte) bool {
	return isDigit(c) || 'A' <= c && c <= 'D' || c == '#' || c == '*'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
