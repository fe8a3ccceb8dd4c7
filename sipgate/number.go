package sipgate

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// Number is a telephone number in E.164 form, "+4915799912345".
type Number string

// e164 matches a number that may be dialled: country code and digits, 7 to 15
// in total.
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// Valid reports whether n has the form of an E.164 number. It may still be
// blocked or not exist.
func (n Number) Valid() bool { return e164.MatchString(string(n)) }

// NumberRules determines which numbers may be dialled.
type NumberRules struct {
	// Region is the ISO code of the country, "DE", of numbers without a
	// country code. If it is empty, such numbers are refused.
	Region string
	// Blocked lists the prefixes, in E.164 form, of refused numbers. Nil means
	// [DefaultBlocked] and every number that its country classifies as premium
	// rate. Emergency numbers and service codes are always refused.
	Blocked []string
}

// DefaultBlocked lists the prefixes of numbers that are used for fraud:
// satellite and worldwide networks, worldwide premium rate, and Germany's
// premium, mass-traffic, shared-cost and directory numbers.
var DefaultBlocked = []string{
	"+870", "+878", "+881", "+882", "+883", "+888", "+979",
	"+49900", "+49190", "+49137", "+49138", "+4918", "+49118",
}

// emergency lists the numbers that a mistyped transfer must not reach, as
// dialled and with Germany's country code.
var emergency = []string{"110", "112", "911", "999", "000", "+49110", "+49112"}

// Maximum lengths of an input, in bytes: no spelling of a number is longer.
const (
	maxInput = 64  // as [CleanNumber] returns it
	maxRaw   = 256 // before that
)

// Parse parses a number that a user typed.
//
// It removes spaces and - / ( ) . and what [CleanNumber] takes for them or for
// nothing, and replaces a leading 00 by +. The rest must be + and 7 to 15 ASCII digits with an existing country code or, if the
// rules have a Region, a valid number as dialled within that region. A trunk
// zero after the country code, "+49 (0)157…", is dropped. The error is a
// [ValueError]: "number_blocked" for blocked numbers, emergency numbers and
// service codes ("*21*…#"), else "number_invalid".
func (r NumberRules) Parse(s string) (Number, error) {
	s, ok := strip(s)
	switch {
	case strings.HasPrefix(s, "*"), strings.HasPrefix(s, "#"), slices.Contains(emergency, s):
		return "", errBlocked
	case !ok:
		return "", errNumber
	}
	if strings.HasPrefix(s, "+") {
		s = withoutTrunkZero(s)
	}
	parsed, err := r.parse(s)
	if err != nil {
		// A service number is too short to be valid, but must be reported as
		// blocked.
		if r.blocks(s, nil) {
			return "", errBlocked
		}
		return "", errNumber
	}
	n := Number(phonenumbers.Format(parsed, phonenumbers.E164))
	switch {
	case r.blocks(string(n), parsed), r.blocks(s, nil):
		return "", errBlocked
	case !n.Valid(), string(n) != s && !isStable(n):
		return "", errNumber
	}
	return n, nil
}

// isStable reports whether parsing n again returns n. After a dropped trunk
// zero there must not be another.
func isStable(n Number) bool {
	parsed, err := phonenumbers.Parse(string(n), "ZZ")
	return err == nil && phonenumbers.Format(parsed, phonenumbers.E164) == string(n)
}

// IsEmergency reports whether s is an emergency number as dialled.
func IsEmergency(s string) bool {
	s, _ = strip(s)
	return slices.Contains(emergency, s)
}

var (
	errNumber  = &ValueError{Field: "number", Code: "number_invalid"}
	errBlocked = &ValueError{Field: "number", Code: "number_blocked"}
)

// strip removes separators and replaces a leading 00 by +. It reports whether
// only digits remain, after at most one plus sign.
func strip(s string) (string, bool) {
	if len(s) > maxRaw {
		return "", false
	}
	if s = CleanNumber(s); len(s) > maxInput {
		return "", false
	}
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -/().", r) {
			return -1
		}
		return r
	}, s)
	if rest, ok := strings.CutPrefix(s, "00"); ok && s != "000" {
		s = "+" + rest
	}
	digits := strings.TrimPrefix(s, "+")
	return s, digits != "" && strings.Trim(digits, "0123456789") == ""
}

// callingCodes returns the country codes with their plus sign.
var callingCodes = sync.OnceValue(func() map[string]int {
	codes := map[string]int{}
	for code := range phonenumbers.GetSupportedCallingCodes() {
		codes["+"+strconv.Itoa(code)] = code
	}
	return codes
})

// cutCallingCode splits a stripped international number after its country code.
// No code is the beginning of another.
func cutCallingCode(s string) (code, rest string, ok bool) {
	for n := 2; n <= min(4, len(s)); n++ {
		if callingCodes()[s[:n]] != 0 {
			return s[:n], s[n:], true
		}
	}
	return "", s, false
}

// withoutTrunkZero returns a stripped international number without the zero that
// is dialled only within its country: "+49 (0)157…".
func withoutTrunkZero(s string) string {
	code, rest, ok := cutCallingCode(s)
	rest, zero := strings.CutPrefix(rest, "0")
	if !ok || !zero || !Number(s).Valid() {
		return s
	}
	parsed, err := phonenumbers.Parse(s, "ZZ")
	if err != nil || phonenumbers.IsValidNumber(parsed) && phonenumbers.Format(parsed, phonenumbers.E164) == s {
		return s // in some countries the zero is a part of the number
	}
	if n := Number(phonenumbers.Format(parsed, phonenumbers.E164)); string(n) != s && n.Valid() && isStable(n) {
		return string(n)
	}
	without := code + rest
	if parsed, err := phonenumbers.Parse(without, "ZZ"); err == nil && phonenumbers.IsValidNumber(parsed) && isStable(Number(without)) {
		return without
	}
	return s
}

// parse parses a stripped number: international or, with a region, national.
func (r NumberRules) parse(s string) (*phonenumbers.PhoneNumber, error) {
	if strings.HasPrefix(s, "+") {
		if !Number(s).Valid() {
			return nil, errNumber
		}
		return phonenumbers.Parse(s, "ZZ")
	}
	if r.Region == "" {
		return nil, errNumber
	}
	// Where numbers are dialled with a trunk zero, a number without it is more
	// likely an international one without its plus sign, "4915799912345", or a
	// local one.
	if hasTrunkZero(r.Region) && !strings.HasPrefix(s, "0") {
		return nil, errNumber
	}
	parsed, err := phonenumbers.Parse(s, r.Region)
	if err != nil {
		return nil, err
	}
	if n := phonenumbers.Format(parsed, phonenumbers.E164); !r.blocks(n, parsed) && !phonenumbers.IsValidNumber(parsed) {
		return nil, errNumber
	}
	return parsed, nil
}

// blocks reports whether the E.164 number n is refused. parsed is the same
// number, or nil if it cannot be parsed.
func (r NumberRules) blocks(n string, parsed *phonenumbers.PhoneNumber) bool {
	prefixes := r.Blocked
	if prefixes == nil {
		prefixes = DefaultBlocked
	}
	for _, p := range slices.Concat(emergency, prefixes) {
		if strings.HasPrefix(p, "+") && strings.HasPrefix(n, p) {
			return true
		}
	}
	if r.Blocked != nil || parsed == nil {
		return false
	}
	t := phonenumbers.GetNumberType(parsed)
	return t == phonenumbers.PREMIUM_RATE || t == phonenumbers.SHARED_COST
}

// NormalizeNumber returns raw in E.164 form if it is an international number,
// with plus sign, with 00 or without either, punctuated or not. It returns
// anything else, such as a short code, an extension or "anonymous", as
// [CleanNumber] does. Two spellings of one number become equal. The result is for
// comparing, not for dialling.
func NormalizeNumber(raw string) string {
	s, ok := strip(raw)
	if ok && !strings.HasPrefix(s, "+") {
		s = "+" + s
	}
	if ok && Number(s).Valid() {
		return withoutTrunkZero(s)
	}
	if len(raw) > maxRaw {
		return raw
	}
	return CleanNumber(raw)
}

// E164 returns a number that somebody stored, such as a contact's, in E.164 form,
// "" if it has none, such as an extension or a short code. Unlike Parse it
// accepts blocked numbers, and national ones that do not exist.
func (r NumberRules) E164(raw string) string {
	r.Blocked = []string{}
	if n, err := r.Parse(raw); err == nil {
		return string(n)
	}
	if n := Number(r.Partial(raw)); n.Valid() {
		return string(n)
	}
	s, ok := strip(raw)
	if ok && !strings.HasPrefix(s, "+") && !isPossible("+"+s) {
		return "" // an internal number, or a local one
	}
	if n := Number(NormalizeNumber(raw)); n.Valid() {
		return string(n)
	}
	return ""
}

// isPossible reports whether an international number has a length that numbers of
// its country can have.
func isPossible(n string) bool {
	parsed, err := phonenumbers.Parse(n, "ZZ")
	return err == nil && phonenumbers.IsPossibleNumberWithReason(parsed) == phonenumbers.IS_POSSIBLE
}

// Partial returns the digits of a text that may be a part of a number being
// typed, "" if it cannot be. The result begins with "+" and the country code
// if that is known: from "+", from 00, or from the trunk zero of the Region's
// numbers. A trunk zero after a country code is dropped.
func (r NumberRules) Partial(typed string) string {
	s, ok := strip(typed)
	if !ok {
		return ""
	}
	if whole := withoutTrunkZero(s); whole != s && strings.Contains(CleanNumber(typed), "(0)") {
		return whole
	}
	if code, rest, ok := cutCallingCode(s); ok {
		if rest, zero := strings.CutPrefix(rest, "0"); zero && hasTrunkZero(phonenumbers.GetRegionCodeForCountryCode(callingCodes()[code])) {
			return code + rest
		}
		return s
	}
	if rest, national := strings.CutPrefix(s, "0"); national && hasTrunkZero(r.Region) {
		return "+" + strconv.Itoa(phonenumbers.GetCountryCodeForRegion(r.Region)) + rest
	}
	return s
}

// hasTrunkZero reports whether numbers are dialled with a zero within a country
// that is omitted from abroad.
func hasTrunkZero(region string) bool {
	return phonenumbers.GetCountryCodeForRegion(region) != 0 && phonenumbers.GetNddPrefixForRegion(region, true) == "0"
}

// IsBlocked reports whether err means that a number may not be dialled.
func IsBlocked(err error) bool { return errors.Is(err, errBlocked) }

// KnownRegion reports whether code is the ISO code of a country with telephone
// numbers, "DE", as in [NumberRules].
func KnownRegion(code string) bool { return phonenumbers.GetCountryCodeForRegion(code) != 0 }
