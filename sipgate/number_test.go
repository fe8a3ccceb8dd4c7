package sipgate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestBadInputNumber(t *testing.T) {
	const ok, invalid, blocked = "", "number_invalid", "number_blocked"
	tests := []struct {
		id, in, region, code string
		want                 Number
	}{
		{"B91", "", "", invalid, ""}, {"B91", "   ", "DE", invalid, ""}, {"B91", "+", "", invalid, ""},
		{"B91", "+015799912345", "", invalid, ""}, {"B91", "++4915799912345", "", invalid, ""}, {"B91", "-/().", "DE", invalid, ""},
		{"B91", "000", "", blocked, ""}, {"B91", "00", "DE", invalid, ""}, {"B91", "0000491579", "DE", invalid, ""},
		{"B92", "+491234", "", invalid, ""}, {"B92", "+4912345678901234", "", invalid, ""}, {"B92", "123456", "", invalid, ""},
		{"B92", "1234567890123456", "", invalid, ""}, {"B92", "+1234567", "", ok, "+1234567"}, {"B92", "+491234567890123", "", ok, "+491234567890123"},
		{"B93", "+49 157 / 999-123 45", "", ok, "+4915799912345"}, {"B93", "004915799912345", "", ok, "+4915799912345"},
		{"B93", "(+49)15799912345", "", ok, "+4915799912345"}, {"B93", "+49.157.999.123.45", "DE", ok, "+4915799912345"},
		{"B93", "0049 (0) 1579 9912345", "", ok, "+4915799912345"}, {"B93", "+49 (0)0 1579 9912345", "", invalid, ""}, {"B93", "+49 (0)1579 9912345", "US", ok, "+4915799912345"},
		{"B94", "015799912345", "", invalid, ""}, {"B94", "015799912345", "DE", ok, "+4915799912345"},
		{"B94", "0211 1234567", "DE", ok, "+492111234567"}, {"B94", "0211 1234567", "XX", invalid, ""},
		{"B94", "4915799912345", "DE", invalid, ""}, {"B94", "4915799912345", "", invalid, ""}, {"B94", "1234567", "DE", invalid, ""},
		{"B94", "01579", "DE", invalid, ""}, {"B94", "(202) 555-0123", "US", ok, "+12025550123"}, {"B94", "06 6982", "IT", ok, "+39066982"},
		{"B95", "+４９15799912345", "", invalid, ""}, {"B95", "+٤٩15799912345", "", invalid, ""}, {"B95", "＋4915799912345", "", invalid, ""},
		{"B95", "+49\u200b15799912345", "", invalid, ""}, {"B95", "\u202e+4915799912345", "", invalid, ""}, {"B95", "+4915799912345📞", "", invalid, ""},
		{"B95", "+49\u00a015799912345", "", invalid, ""}, {"B95", "+49–15799912345", "", invalid, ""}, {"B95", "+4915799912345\ufeff", "", invalid, ""},
		{"B96", "+4915799912345;ext=1", "", invalid, ""}, {"B96", "+4915799912345,,123", "", invalid, ""}, {"B96", "+4915799912345p123", "", invalid, ""},
		{"B96", "sip:x@y", "", invalid, ""}, {"B96", "tel:+4915799912345", "", invalid, ""}, {"B96", "+1-800-FLOWERS", "", invalid, ""},
		{"B96", "+49157+99912345", "", invalid, ""}, {"B96", "e0", "DE", invalid, ""},
		{"B97", "110", "", blocked, ""}, {"B97", "112", "DE", blocked, ""}, {"B97", "+49110", "", blocked, ""}, {"B97", "911", "", blocked, ""},
		{"B97", "1 1 2", "", blocked, ""}, {"B97", "0049-112", "", blocked, ""}, {"B97", "+49 (0) 110", "", invalid, ""},
		{"B98", "+49900123456", "", blocked, ""}, {"B98", "+491371234567", "", blocked, ""}, {"B98", "+491801234567", "", blocked, ""},
		{"B98", "+4918", "", blocked, ""}, {"B98", "+881612345678", "", blocked, ""}, {"B98", "+88212345678", "", blocked, ""},
		{"B98", "+883510001234", "", blocked, ""}, {"B98", "+979123456789", "", blocked, ""}, {"B98", "+49 (0) 900 123456", "", blocked, ""},
		{"B98", "0900 1 234567", "DE", blocked, ""}, {"B98", "0137 1234567", "DE", blocked, ""}, {"B98", "0180 1234567", "DE", blocked, ""},
		{"B98", "00881612345678", "", blocked, ""},
		{"B99", "*21*+4915799912345#", "", blocked, ""}, {"B99", "**62*", "", blocked, ""}, {"B99", "#31#+4915799912345", "", blocked, ""},
		{"B99", "*#06#", "", blocked, ""}, {"B99", "*21*…#", "", blocked, ""}, {"B99", "+49*15799912345", "", invalid, ""},
		{"B100", strings.Repeat("1", 10_000), "DE", invalid, ""}, {"B100", "+4915799912345\x00", "", invalid, ""}, {"B100", "+4915799912345\r\n", "", invalid, ""},
		{"B100", "\"><script>", "", invalid, ""}, {"B100", "+49\t15799912345", "", invalid, ""}, {"B100", "[]", "", invalid, ""},
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

// TestT31OwnBlocked shows that a list of one's own replaces the default, but
// opens no emergency number and no service code.
func TestT31OwnBlocked(t *testing.T) {
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

func TestDisplayNumber(t *testing.T) {
	for in, want := range map[string]string{
		"+492111234567": "+49 211 1234567", "492111234567": "+49 211 1234567", "00492111234567": "+49 211 1234567",
		"+49 211 123-4567": "+49 211 1234567", "4915799912345": "+49 1579 9912345", "+12025550123": "+1 202-555-0123",
		"": "", "anonymous": "anonymous", "e0": "e0", "w0": "w0", "110": "110", "10": "10", "22222": "22222", "voicemail": "voicemail",
		"02111234567": "02111234567", "01579-9912345": "01579-9912345", "+": "+", "+4": "+4", "1234567": "1234567", "12345678": "12345678",
		"+999123456789": "+999123456789", "<script>": "<script>", "+49\x00": "+49\x00", strings.Repeat("9", 100): strings.Repeat("9", 100),
	} {
		for range 2 { // the second time from memory
			if got := DisplayNumber(in); got != want {
				t.Errorf("%q is shown as %q, want %q", in, got, want)
			}
		}
	}
}

func TestNormalNumber(t *testing.T) {
	for in, want := range map[string]string{
		"+492111234567": "+492111234567", "492111234567": "+492111234567", "00492111234567": "+492111234567",
		"+49 (211) 123-45.67": "+492111234567", "0211 1234567": "0211 1234567", "anonymous": "anonymous", "": "", "e0": "e0",
		"110": "110", "*21#": "*21#", "++49211123": "++49211123", "000": "000", "12 34": "12 34",
	} {
		if got := NormalizeNumber(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// TestRecent shows that the memory of shown numbers is bounded.
func TestRecent(t *testing.T) {
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

func TestBadInputDTMF(t *testing.T) {
	for in, id := range map[string]string{
		"": "B111", " ": "B111", "a": "B111", "E": "B111", "1 2": "B111", "w": "B111", ",": "B111", "+": "B111", "1\n": "B111", "1\x00": "B111",
		strings.Repeat("1", 33): "B112", strings.Repeat("1", 1_000_000): "B112",
		"＊１": "B114", "✱": "B114", "١": "B114",
	} {
		if d, err := ParseDTMF(in); d != "" || code(err, "digits") != "dtmf_invalid" {
			t.Errorf("%s: %.20q: got %q, %v", id, in, d, err)
		}
	}
	for _, in := range []string{"*12345#", "0", "ABCD", strings.Repeat("#", 32)} {
		if d, err := ParseDTMF(in); string(d) != in || err != nil {
			t.Errorf("B113: %q: got %q, %v", in, d, err)
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
