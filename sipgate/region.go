package sipgate

import "github.com/nyaruka/phonenumbers"

// KnownRegion reports whether code is the ISO code of a country with telephone
// numbers of its own, "DE": what [NumberRules] take as Region.
func KnownRegion(code string) bool { return phonenumbers.GetCountryCodeForRegion(code) != 0 }
