package sipgate

import (
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// NumberZones returns the names of the time zones in which a number of an
// account may be used, such as "Europe/Berlin". It returns nil for numbers
// without a country.
func NumberZones(number string) []string {
	parsed, err := phonenumbers.Parse(NormalizeNumber(number), "ZZ")
	if err != nil {
		return nil
	}
	return knownZones(phonenumbers.GetTimezonesForNumber(parsed))
}

// LocaleZones returns the names of the time zones of the country in a locale
// ("de_AT"). It returns nil for a locale without a country.
func LocaleZones(locale string) []string {
	_, country, _ := strings.Cut(strings.ReplaceAll(locale, "-", "_"), "_")
	code := phonenumbers.GetCountryCodeForRegion(strings.ToUpper(country))
	if code == 0 {
		return nil
	}
	return knownZones(phonenumbers.GetTimezonesForPrefix("+" + strconv.Itoa(code)))
}

func knownZones(names []string, err error) []string {
	if err != nil || len(names) == 1 && names[0] == phonenumbers.UNKNOWN_TIMEZONE {
		return nil
	}
	return names
}
