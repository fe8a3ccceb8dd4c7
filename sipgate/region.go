package sipgate

import "github.com/nyaruka/phonenumbers"

// KnownRegion reports whether code is the ISO code of a country with telephone
// numbers, "DE", as in [NumberRules].
func KnownRegion(code string) bool { return phonenumbers.GetCountryCodeForRegion(code) != 0 }
