package sipgate

import (
	_ "embed"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// LocationName returns the location of a number, in German if lang is "de",
// else in English: "Köln, Deutschland"; only the country if the town is
// unknown, as for mobile numbers; only the town in the country home, an ISO
// code such as "DE". It returns "" unless number is an international number
// with plus sign of a known country.
//
// Towns are known where they have German names: in Germany, Austria,
// Switzerland, Luxembourg and Belgium. A location is where a number was
// assigned; its user may be elsewhere.
func LocationName(number, lang, home string) string {
	if len(number) > maxInput || !strings.HasPrefix(number, "+") {
		return ""
	}
	return locationCache.get(lang+"\t"+home+"\t"+number, func(string) string { return place(number, lang, home) })
}

// locationCache saves parsing the numbers of rows that are rendered
// repeatedly.
var locationCache = boundedCache{max: 4096}

func place(number, lang, home string) string {
	if !Number(number).Valid() {
		return ""
	}
	parsed, err := phonenumbers.Parse(number, "ZZ")
	if err != nil {
		return ""
	}
	region := phonenumbers.GetRegionCodeForNumber(parsed)
	town, country := townName(number[1:], lang), locationEntry(region, lang)
	switch {
	case country == "", region == home:
		return town
	case town == "":
		return country
	}
	return town + ", " + country
}

// Minimum and maximum length of a number prefix with a location.
const minAreaCode, maxAreaCode = 3, 9

// townName returns the town of the longest known prefix of a number without
// plus sign.
func townName(digits, lang string) string {
	for n := min(maxAreaCode, len(digits)); n >= minAreaCode; n-- {
		if town := locationEntry(digits[:n], lang); town != "" {
			return town
		}
	}
	return ""
}

// locations has a line for each country and each area, sorted: its ISO code or
// number prefix, the German name, and the English one if it differs. A test
// generates it from the data of Google's libphonenumber (Apache License 2.0),
// whose Go form takes 15 MB unpacked; this text is searched in place.
//
//go:embed places.txt
var locations string

// locationEntry returns the name of a country or an area, "" if there is none.
func locationEntry(key, lang string) string {
	for lo, hi := 0, len(locations); lo < hi; {
		start := strings.LastIndexByte(locations[:lo+(hi-lo)/2], '\n') + 1
		end := start + strings.IndexByte(locations[start:], '\n')
		have, names, _ := strings.Cut(locations[start:end], "\t")
		switch c := strings.Compare(have, key); {
		case c < 0:
			lo = end + 1
		case c > 0:
			hi = start
		default:
			german, english, differ := strings.Cut(names, "\t")
			if differ && lang != "de" {
				return english
			}
			return german
		}
	}
	return ""
}
