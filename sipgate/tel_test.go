package sipgate

import (
	"strings"
	"testing"
	"unicode"
)

func TestParseTel(t *testing.T) {
	rules := NumberRules{Region: "DE"}
	for link, want := range map[string]string{
		"tel:+4915799912345":                  "+4915799912345",
		"TEL:+49-1579-9912345":                "+4915799912345",
		"tel:%2B49%201579%209912345":          "+4915799912345",
		"tel%3A%2B4915799912345":              "+4915799912345", // as browsers replace %s
		"tel%3A%252B4915799912345":            "+4915799912345",
		"tel: 4915799912345":                  "+4915799912345", // its plus sign was decoded as a space
		"tel: +492111234567":                  "+492111234567",
		"tel:%20+492111234567":                "+492111234567",
		"tel:  49 211 1234567":                "+492111234567",
		"tel:  +49 211 1234567":               "+492111234567",
		"tel:\u00a0+49\u00a0211\u20111234567": "+492111234567",
		"tel: 00492111234567":                 "+492111234567",
		"tel: 0211 1234567":                   "+492111234567",
		"tel: (0211) 1234567":                 "+492111234567",
		"tel:%E2%80%AA+492111234567%E2%80%AC": "+492111234567",
		"\u202a+49 211 1234567\u202c":         "+492111234567",
		"tel:+49 (0)211 1234567":              "+492111234567",
		"tel:+49(1579)991.23-45":              "+4915799912345",
		"tel:015799912345":                    "+4915799912345",
		"tel://+4915799912345":                "+4915799912345",
		"tel:+4915799912345;tsp=x.y;rn=1":     "+4915799912345",
		"+49 1579 9912345":                    "+4915799912345",
		"0157 99912345":                       "+4915799912345",
		" 0157/999 12345 ":                    "+4915799912345",

		"tel:+4915799912345;ext=12":             "number_extension",
		"tel:+4915799912345;isub=7":             "number_extension",
		"tel:+4915799912345;EXT=12":             "number_extension",
		"tel:12345;phone-context=example.com":   "number_context",
		"tel:863-1234;phone-context=+1-914-555": "number_context",
		"tel:+4915799912345%3Bext=12":           "number_extension",
		"tel:110":                               "number_blocked",
		"tel:112":                               "number_blocked",
		"tel:*21*015799912345%23":               "number_blocked",
		"tel:+49900123456":                      "number_blocked",
		"tel:+88213123456":                      "number_blocked",
		"tel:":                                  "number_invalid",
		"":                                      "number_invalid",
		"sip:anna@sipgate.de":                   "number_invalid",
		"callto:+4915799912345":                 "number_invalid",
		"javascript:alert(1)":                   "number_invalid",
		"tel:Anna":                              "number_invalid",
		"tel:+49\x001579":                       "number_invalid",
		"tel:+49 1579\u202e9912345":             "number_invalid",
		"+4915799912345;x=1":                    "number_invalid",
		"tel:+" + strings.Repeat("1", 600):      "number_invalid",
		"tel:%zz":                               "number_invalid",
	} {
		got := ""
		number, err := ParseTel(link)
		if err == nil {
			var n Number
			n, err = rules.Parse(number)
			got = string(n)
		}
		if e, ok := err.(*ValueError); ok {
			got = e.Code
		}
		if got != want {
			t.Errorf("%.60q: %q, want %q", link, got, want)
		}
	}
}

// FuzzTel searches for links whose result contains characters that numbers
// cannot.
func FuzzTel(f *testing.F) {
	for _, s := range []string{"tel:+49-1579-9912345;ext=1", "tel%3A%252B49", "tel: 49", "0157/9", ";;;=", "tel:%2", "tel://;phone-context=x", "+1;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		number, err := ParseTel(s)
		if err != nil {
			if _, ok := err.(*ValueError); !ok || number != "" {
				t.Fatalf("%q: %q %v", s, number, err)
			}
			return
		}
		if number == "" || len(number) > maxInput || strings.ContainsRune(number, ';') || strings.TrimSpace(number) != number ||
			strings.ContainsFunc(number, unicode.IsControl) {
			t.Fatalf("%q: %q", s, number)
		}
		n, err := NumberRules{Region: "DE"}.Parse(number)
		if err == nil && !n.Valid() {
			t.Fatalf("%q: %q", s, n)
		}
	})
}
