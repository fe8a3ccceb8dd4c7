package sipgate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestParseNumber(t *testing.T) {
	const ok, invalid, blocked = "", "number_invalid", "number_blocked"
	tests := []struct {
		id, in, region, code string
		want                 Number
	}{
		{"no digits", "", "", invalid, ""}, {"no digits", "   ", "DE", invalid, ""}, {"no digits", "+", "", invalid, ""},
		{"no digits", "+015799912345", "", invalid, ""}, {"no digits", "++4915799912345", "", invalid, ""}, {"no digits", "-/().", "DE", invalid, ""},
		{"no digits", "000", "", blocked, ""}, {"no digits", "00", "DE", invalid, ""}, {"no digits", "0000491579", "DE", invalid, ""},
		{"length", "+491234", "", invalid, ""}, {"length", "+4912345678901234", "", invalid, ""}, {"length", "123456", "", invalid, ""},
		{"length", "1234567890123456", "", invalid, ""}, {"length", "+1234567", "", ok, "+1234567"}, {"length", "+491234567890123", "", ok, "+491234567890123"},
		{"separators", "+49 157 / 999-123 45", "", ok, "+4915799912345"}, {"separators", "004915799912345", "", ok, "+4915799912345"},
		{"separators", "(+49)15799912345", "", ok, "+4915799912345"}, {"separators", "+49.157.999.123.45", "DE", ok, "+4915799912345"},
		{"separators", "0049 (0) 1579 9912345", "", ok, "+4915799912345"}, {"separators", "+49 (0)0 1579 9912345", "", invalid, ""}, {"separators", "+49 (0)1579 9912345", "US", ok, "+4915799912345"},
		{"national", "015799912345", "", invalid, ""}, {"national", "015799912345", "DE", ok, "+4915799912345"},
		{"national", "0211 1234567", "DE", ok, "+492111234567"}, {"national", "0211 1234567", "XX", invalid, ""},
		{"national", "4915799912345", "DE", invalid, ""}, {"national", "4915799912345", "", invalid, ""}, {"national", "1234567", "DE", invalid, ""},
		{"national", "01579", "DE", invalid, ""}, {"national", "(202) 555-0123", "US", ok, "+12025550123"}, {"national", "06 6982", "IT", ok, "+39066982"},
		{"not ASCII", "+４９15799912345", "", invalid, ""}, {"not ASCII", "+٤٩15799912345", "", invalid, ""}, {"not ASCII", "＋4915799912345", "", invalid, ""},
		{"not ASCII", "+49\u202d15799912345", "", invalid, ""}, {"not ASCII", "\u202e+4915799912345", "", invalid, ""}, {"not ASCII", "+4915799912345📞", "", invalid, ""},
		{"not ASCII", "+49\u030115799912345", "", invalid, ""}, {"not ASCII", "+49²15799912345", "", invalid, ""}, {"not ASCII", "+4915799912345\u20e3", "", invalid, ""},
		{"not a number", "+4915799912345;ext=1", "", invalid, ""}, {"not a number", "+4915799912345,,123", "", invalid, ""}, {"not a number", "+4915799912345p123", "", invalid, ""},
		{"not a number", "sip:x@y", "", invalid, ""}, {"not a number", "tel:+4915799912345", "", invalid, ""}, {"not a number", "+1-800-FLOWERS", "", invalid, ""},
		{"not a number", "+49157+99912345", "", invalid, ""}, {"not a number", "e0", "DE", invalid, ""},
		{"emergency", "110", "", blocked, ""}, {"emergency", "112", "DE", blocked, ""}, {"emergency", "+49110", "", blocked, ""}, {"emergency", "911", "", blocked, ""},
		{"emergency", "1 1 2", "", blocked, ""}, {"emergency", "0049-112", "", blocked, ""}, {"emergency", "+49 (0) 110", "", invalid, ""},
		{"premium", "+49900123456", "", blocked, ""}, {"premium", "+491371234567", "", blocked, ""}, {"premium", "+491801234567", "", blocked, ""},
		{"premium", "+4918", "", blocked, ""}, {"premium", "+881612345678", "", blocked, ""}, {"premium", "+88212345678", "", blocked, ""},
		{"premium", "+883510001234", "", blocked, ""}, {"premium", "+979123456789", "", blocked, ""}, {"premium", "+49 (0) 900 123456", "", blocked, ""},
		{"premium", "0900 1 234567", "DE", blocked, ""}, {"premium", "0137 1234567", "DE", blocked, ""}, {"premium", "0180 1234567", "DE", blocked, ""},
		{"premium", "00881612345678", "", blocked, ""},
		{"service code", "*21*+4915799912345#", "", blocked, ""}, {"service code", "**62*", "", blocked, ""}, {"service code", "#31#+4915799912345", "", blocked, ""},
		{"service code", "*#06#", "", blocked, ""}, {"service code", "*21*…#", "", blocked, ""}, {"service code", "+49*15799912345", "", invalid, ""},
		{"unsafe text", strings.Repeat("1", 10_000), "DE", invalid, ""}, {"unsafe text", "+4915799912345\x00", "", invalid, ""}, {"unsafe text", "+4915799912345\x1b", "", invalid, ""},
		{"unsafe text", "\"><script>", "", invalid, ""}, {"unsafe text", "+49\x1f15799912345", "", invalid, ""}, {"unsafe text", "[]", "", invalid, ""},
		{"T31", "+8816", "", blocked, ""}, {"T31", "+88812345678", "", blocked, ""}, {"T31", "+870772345678", "", blocked, ""},
		{"T31", "+4911833", "", blocked, ""}, {"T31", "+4919012345", "", blocked, ""},
		{"T31", "+19002345678", "", blocked, ""}, {"T31", "+43900123456", "", blocked, ""}, {"T31", "+449012345678", "", blocked, ""},
		{"T31", "+886223456789", "", ok, "+886223456789"}, {"T31", "+8802123456", "", ok, "+8802123456"},
		{"T31", "+999123456789", "", invalid, ""}, {"T31", "+2101234567", "", invalid, ""},
		{"T31", "+493023125000", "", ok, "+493023125000"}, {"T31", "+390669821234", "", ok, "+390669821234"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s/%q %s", tt.id, tt.in[:min(len(tt.in), 30)], tt.region), func(t *testing.T) {
			n, err := NumberRules{Region: tt.region}.Parse(tt.in)
			if n != tt.want || code(err, "number") != tt.code {
				t.Errorf("got %q, %v, want %q, %q", n, err, tt.want, tt.code)
			}
			if err != nil && tt.in != "" && strings.Contains(err.Error(), tt.in) {
				t.Errorf("the error quotes the input")
			}
		})
	}
}

// code returns the code of a ValueError of the field, "" if err is nil.
func code(err error, field string) string {
	if err == nil {
		return ""
	}
	v, ok := errors.AsType[*ValueError](err)
	if !ok || v.Field != field {
		return err.Error()
	}
	return v.Code
}

// A custom list replaces the default, but permits neither emergency numbers
// nor service codes.
func TestCustomBlockedList(t *testing.T) {
	rules := NumberRules{Region: "DE", Blocked: []string{"+44", "", "0900"}}
	for in, want := range map[string]string{
		"+441632960123": "number_blocked", "+49900123456": "", "+881612345678": "", "0180 1234567": "",
		"110": "number_blocked", "+49112": "number_blocked", "*21#": "number_blocked", "+4915799912345": "",
	} {
		if _, err := rules.Parse(in); code(err, "number") != want {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
	if _, err := (NumberRules{Blocked: []string{}}).Parse("+49900123456"); err != nil {
		t.Errorf("an empty list blocks: %v", err)
	}
	for _, p := range DefaultBlocked {
		if !strings.HasPrefix(p, "+") {
			t.Errorf("%q is not in E.164 form", p)
		}
	}
}

// IsBlocked reports true for a number that may not be dialled, and false for a text
// that is not a number.
func TestBlockedNumbers(t *testing.T) {
	for in, want := range map[string]bool{"110": true, "+49900123456": true, "*21#": true, "+491234": false, "x": false, "": false} {
		if _, err := (NumberRules{}).Parse(in); err == nil || IsBlocked(err) != want {
			t.Errorf("%q: %v, blocked is %v", in, err, IsBlocked(err))
		}
	}
}

func TestDisplayNumber(t *testing.T) {
	for in, want := range map[string]string{
		"+492111234567": "+49 211 1234567", "492111234567": "+49 211 1234567", "00492111234567": "+49 211 1234567",
		"+49 211 123-4567": "+49 211 1234567", "4915799912345": "+49 1579 9912345", "+12025550123": "+1 202-555-0123",
		"": "", "anonymous": "anonymous", "e0": "e0", "w0": "w0", "110": "110", "10": "10", "22222": "22222", "voicemail": "voicemail",
		"02111234567": "02111234567", "01579-9912345": "01579-9912345", "+": "+", "+4": "+4", "1234567": "1234567", "12345678": "12345678",
		"\u202a+49\u00a0211 1234567\u202c": "+49 211 1234567", "+49 (0)211 1234567": "+49 211 1234567",
		"+999123456789": "+999123456789", "<script>": "<script>", "+49\x00": "+49\x00", strings.Repeat("9", 100): strings.Repeat("9", 100),
	} {
		for range 2 { // the second time from the cache
			if got := DisplayNumber(in); got != want {
				t.Errorf("%q is shown as %q, want %q", in, got, want)
			}
		}
	}
}

func TestNormalizeNumber(t *testing.T) {
	for in, want := range map[string]string{
		"+492111234567": "+492111234567", "492111234567": "+492111234567", "00492111234567": "+492111234567",
		"+49 (211) 123-45.67": "+492111234567", "0211 1234567": "0211 1234567", "anonymous": "anonymous", "": "", "e0": "e0",
		"110": "110", "*21#": "*21#", "++49211123": "++49211123", "000": "000", "12 34": "12 34",
		"+49 (0)211 1234567": "+492111234567", "0049 (0) 211 1234567": "+492111234567", "+43 (0)1 5123456": "+4315123456", "+390669821234": "+390669821234",
		"+44 (0)20 7946 0018": "+442079460018", "+48 (0)22 123 45 67": "+48221234567", "+49 (0)0 1579 9912345": "+49001579" + "9912345",
		"\u202a10\u202c": "10", "anonymous\u200b": "anonymous", "\u202a+49\u00a0211\u20111234567\u202c": "+492111234567", strings.Repeat("9", 300): strings.Repeat("9", 300),
	} {
		if got := NormalizeNumber(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// The cache of displayed numbers is bounded.
func TestDisplayCacheIsBounded(t *testing.T) {
	r := boundedCache{max: 3}
	for i := range 100 {
		key := fmt.Sprint(i)
		if got := r.get(key, strings.ToUpper); got != key || len(r.values) > 3 {
			t.Fatalf("%q is %q, %d are kept", key, got, len(r.values))
		}
	}
}

func TestKnownRegion(t *testing.T) {
	for code, want := range map[string]bool{"DE": true, "US": true, "": false, "XX": false, "de": false, "ZZ": false, "Germany": false} {
		if KnownRegion(code) != want {
			t.Errorf("%q: known is %v", code, !want)
		}
	}
}

func TestParseDTMF(t *testing.T) {
	for in, id := range map[string]string{
		"": "not a tone", " ": "not a tone", "a": "not a tone", "E": "not a tone", "1 2": "not a tone", "w": "not a tone", ",": "not a tone", "+": "not a tone", "1\n": "not a tone", "1\x00": "not a tone",
		strings.Repeat("1", 33): "too long", strings.Repeat("1", 1_000_000): "too long",
		"＊１": "not ASCII", "✱": "not ASCII", "١": "not ASCII",
	} {
		if d, err := ParseDTMF(in); d != "" || code(err, "digits") != "dtmf_invalid" {
			t.Errorf("%s: %.20q: got %q, %v", id, in, d, err)
		}
	}
	for _, in := range []string{"*12345#", "0", "ABCD", strings.Repeat("#", 32)} {
		if d, err := ParseDTMF(in); string(d) != in || err != nil {
			t.Errorf("%q: got %q, %v", in, d, err)
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"+49 157 / 999-123 45", "0049(0)15799912345", "015799912345", "110", "*21#", "+5411151234567", "＋49", "+1 900 234 5678"} {
		f.Add(s, "DE")
		f.Add(s, "")
	}
	f.Add("011 49 211 1234567", "US")
	f.Fuzz(func(t *testing.T, s, region string) {
		r := NumberRules{Region: region}
		n, err := r.Parse(s)
		DisplayNumber(s)
		if normal := NormalizeNumber(s); NormalizeNumber(normal) != normal {
			t.Errorf("%q: normal %q is not", s, normal)
		}
		if err != nil {
			if c := code(err, "number"); n != "" || c != "number_invalid" && c != "number_blocked" {
				t.Errorf("%q: %q and %v", s, n, err)
			}
			return
		}
		if !n.Valid() {
			t.Errorf("%q became %q", s, n)
		}
		if slices.ContainsFunc(DefaultBlocked, func(p string) bool { return strings.HasPrefix(string(n), p) }) {
			t.Errorf("%q became %q, which is blocked", s, n)
		}
		if again, err := r.Parse(string(n)); err != nil || again != n {
			t.Errorf("%q became %q, which becomes %q, %v", s, n, again, err)
		}
		if _, err := (NumberRules{}).Parse(s); region == "" && err != nil {
			t.Errorf("%q is not repeatable", s)
		}
	})
}

func FuzzDTMF(f *testing.F) {
	for _, s := range []string{"*12345#", "", "a", "１"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDTMF(s)
		if (err == nil) != (string(d) == s && len(s) >= 1 && len(s) <= 32 && strings.Trim(s, "0123456789ABCD#*") == "") {
			t.Errorf("%q: %q, %v", s, d, err)
		}
	})
}

func BenchmarkParseNumber(b *testing.B) {
	for b.Loop() {
		NumberRules{Region: "DE"}.Parse("+49 157 / 999-123 45")
	}
}

func BenchmarkDisplayNumber(b *testing.B) {
	b.Run("known", func(b *testing.B) {
		for b.Loop() {
			DisplayNumber("4915799912345")
		}
	})
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			displayNumber("4915799912345")
		}
	})
}
