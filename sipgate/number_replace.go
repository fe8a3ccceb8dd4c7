package sipgate

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// separators matches what people write between the digits of a number.
const separators = `[\s\x{a0}\x{202f}./()–-]{0,3}`

// ReplaceNumber replaces a number in a text for people, however it is written:
// "+49 30 555002", "0049 (0)30/555002", "030 555 002". Longer numbers that contain
// it stay. An invalid number is replaced nowhere.
func ReplaceNumber(text string, n Number, with string) string {
	parsed, err := phonenumbers.Parse(string(n), "ZZ")
	if err != nil || !n.Valid() {
		return text
	}
	code := spaced(strconv.Itoa(int(parsed.GetCountryCode())))
	national := spaced(phonenumbers.GetNationalSignificantNumber(parsed))
	spelling, err := regexp.Compile(`(?:(?:\+|00)` + separators + code + separators + `(?:\(?0\)?` + separators + `)?|` +
		`0` + separators + `|` + code + separators + `)` + national)
	if err != nil {
		return text
	}
	var out strings.Builder
	end := 0
	for _, at := range spelling.FindAllStringIndex(text, -1) {
		before, _ := utf8.DecodeLastRuneInString(text[:at[0]])
		after, _ := utf8.DecodeRuneInString(text[at[1]:])
		if unicode.IsDigit(before) || before == '+' || unicode.IsDigit(after) {
			continue
		}
		out.WriteString(text[end:at[0]] + with)
		end = at[1]
	}
	return out.String() + text[end:]
}

// spaced returns a pattern of the digits with separators between them.
func spaced(digits string) string { return strings.Join(strings.Split(digits, ""), separators) }
