package sipgate

import (
	_ "embed"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Place returns where a number is from, in German if lang is "de", else in
// English: "Köln, Deutschland"; only the country where no town is known, as for
// mobile numbers, and only the town in the country home, an ISO code such as
// "DE". It is "" for what is not an international number with its plus sign,
// and for numbers of no country.
//
// Towns are known where they have German names: in Germany, Austria,
// Switzerland, Luxembourg and Belgium. A place is where a number was given out;
// who has it may be elsewhere.
func LocationName(number, lang, home string) string {
	if len(number) > maxInput || !strings.HasPrefix(number, "+") {
		return ""
	}
	return locationCache.get(lang+"\t"+home+"\t"+number, func(string) string { return place(number, lang, home) })
}

// placed spares rows that are rendered again and again the parsing.
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

// The shortest and the longest beginnings of numbers that have a place.
const minAreaCode, maxAreaCode = 3, 9

// townOf finds the longest beginning of a number, without plus sign, that is
// a town's.
func townName(digits, lang string) string {
	for n := min(maxAreaCode, len(digits)); n >= minAreaCode; n-- {
		if town := locationEntry(digits[:n], lang); town != "" {
			return town
		}
	}
	return ""
}

// places has a line for each country and each area: its ISO code or the
// beginning of its numbers, the German name, and the English one if that is
// another. Lines are in order. A test makes them from the data of Google's
// libphonenumber (Apache License 2.0), of which the library's own form takes
// 15 MB once it is unpacked; here it is read where it lies.
//
//go:embed places.txt
var locations string

// named returns the name of a country or an area, "" if there is none.
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
