package sipgate

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// Numbers as they are pasted from contact cards, web pages and word processors
// are taken, typed and from links, and are the numbers of contacts.
func TestPastedNumbers(t *testing.T) {
	file, err := os.Open("testdata/numbers.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	n := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Split(lines.Text(), "\t")
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		in, err := strconv.Unquote(fields[0])
		if err != nil {
			t.Fatal(err)
		}
		n++
		wantNumber(t, in, fields[1], fields[2])
	}
	if n < 6 {
		t.Errorf("%d cases", n)
	}
}

// wantNumber checks a number, or the code of its refusal, in all places that take
// one.
func wantNumber(t *testing.T, in, region, want string) {
	t.Helper()
	rules := NumberRules{Region: region}
	for name, got := range map[string]func() (Number, error){
		"typed": func() (Number, error) { return rules.Parse(in) },
		"link": func() (Number, error) {
			number, err := ParseTel("tel:" + in)
			if err != nil {
				return "", err
			}
			return rules.Parse(number)
		},
	} {
		number, err := got()
		if (err == nil) != strings.HasPrefix(want, "+") || err == nil && string(number) != want || err != nil && code(err, "number") != want {
			t.Errorf("%s %q: %q, %v; want %s", name, in, number, err, want)
		}
	}
	if !strings.HasPrefix(want, "+") {
		want = ""
	}
	if got := rules.E164(in); got != want {
		t.Errorf("contact %q: %q, want %q", in, got, want)
	}
	if got := NormalizeNumber(in); want != "" && got != want {
		t.Errorf("normal %q: %q, want %q", in, got, want)
	}
	if got := rules.Partial(in); got != want {
		t.Errorf("search %q: %q, want %q", in, got, want)
	}
}

// Every character of Unicode that is a space, a dash or invisible may stand
// between the digits and around the number; every letter, digit and symbol that
// is none of them is refused.
func TestEveryInvisibleCharacterAndLookalike(t *testing.T) {
	counts := map[string]int{}
	for r := rune(0x80); r < 0xe1000; r++ {
		if r == 0x20000 {
			r = 0xe0000 // ideographs, and nothing
		}
		kind := ""
		switch {
		case r == '\u202d' || r == '\u202e':
		case unicode.IsSpace(r):
			kind = "space"
		case unicode.Is(unicode.Dash, r):
			kind = "dash"
		case unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
			kind = "ignorable"
		case unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r):
			kind = "format"
		case !unicode.In(r, unicode.Letter, unicode.Nd, unicode.Nl, unicode.No, unicode.Mn, unicode.Me) || lookalikes[r] != 0:
			continue // what else there is may be taken or refused
		case r > 0x3000 && r%199 != 0:
			continue // enough of the letters
		}
		in := "+49" + string(r) + "211" + string(r) + "1234567"
		n, err := NumberRules{}.Parse(in)
		if want := kind != ""; (err == nil) != want || want && n != "+492111234567" {
			t.Errorf("%s %U: %q, %v", kind, r, n, err)
		}
		counts[kind]++
	}
	for kind, least := range map[string]int{"space": 17, "dash": 25, "ignorable": 200, "format": 100, "": 2_000} {
		if counts[kind] < least {
			t.Errorf("%d of kind %q", counts[kind], kind)
		}
	}
	for r := range lookalikes {
		if n, err := (NumberRules{Region: "DE"}).Parse("0211" + string(r) + "1234567"); n != "+492111234567" {
			t.Errorf("%U: %q, %v", r, n, err)
		}
	}
}

func TestPastedNumbersInOtherForms(t *testing.T) {
	for in, want := range map[string]string{
		"\ufeff0211\u20131234567":                      "+492111234567",
		"\u206600\u00ad49\u2060211\u30001234567\u2069": "+492111234567",
		"+49\u2009(0)\u2009211\u22121234567":           "+492111234567",
		"+49（0）211／1234567":                            "+492111234567",
		"+49·211·1234567":                              "+492111234567",
		"\u200b110":                                    "number_blocked",
		"1\u200b1\u200b2":                              "number_blocked",
		"\u200e*21\u200e#":                             "number_blocked",
		"0\u200b900 1 234567":                          "number_blocked",
		"+49\u00a0900\u00a0123456":                     "number_blocked",
		"＋49 211 1234567":                              "number_invalid", // like the digits that come with it
		"+49\u0661211 1234567":                         "number_invalid",
		"+４９ 211 1234567":                              "number_invalid",
		"+49 211\u202e1234567":                         "number_invalid",
		"+49 211\u202d1234567":                         "number_invalid",
		"+49 211\u20e31234567":                         "number_invalid",
		"+49 211 1234567\x00":                          "number_invalid",
		"\u200b\u00ad":                                 "number_invalid",
		strings.Repeat("\u200b", 90) + "+49211":        "number_invalid",
	} {
		n, err := NumberRules{Region: "DE"}.Parse(in)
		if got := string(n) + code(err, "number"); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// The zero in brackets that is dialled only within a country does not keep a
// contact from being found; with it or without, the settings' country matters as
// little as it can.
func TestZeroInBracketsAfterCountryCode(t *testing.T) {
	for _, region := range []string{"", "DE", "AT", "US", "IT"} {
		for in, want := range map[string]string{
			"+49 (0)211 1234567": "+492111234567", "0049 (0)211/1234567": "+492111234567", "+43 (0)1 5123456": "+4315123456", "+44 (0)20 7946 0018": "+442079460018",
			"+41 (0)44 668 18 00": "+41446681800", "+48 (0)22 123 45 67": "+48221234567", "+39 06 6982 1234": "+390669821234", "+39 (0)6 6982 1234": "+390669821234",
			"+49 (0)900 123456": "+49900123456", "+4902111234567": "+492111234567", "+49 211 1234567" + strings.Repeat("-", 50): "", "10": "", "*10": "", "e0": "", "anonymous": "", "": "", "1234567": "",
			"(0)10": "", "4921 11234567": "+492111234567",
		} {
			rules := NumberRules{Region: region}
			if got := rules.E164(in); got != want {
				t.Errorf("%s: %q is %q, want %q", region, in, got, want)
			}
			if want != "" && NormalizeNumber(in) != want {
				t.Errorf("%q becomes %q, want %q", in, NormalizeNumber(in), want)
			}
		}
	}
	for in, want := range map[string]string{
		"+49 (0)2": "+492", "+49 (0": "+49", "+49 (0)": "+49", "+43 (0)1 5": "+4315", "0043 (0)1 5": "+4315", "+39 06": "+3906", "0211": "+49211", "(0)211": "+49211",
		"10": "10", "+": "", "+4": "+4", "211": "211",
	} {
		if got := (NumberRules{Region: "DE"}).Partial(in); got != want {
			t.Errorf("typed so far %q: %q, want %q", in, got, want)
		}
	}
	if got := (NumberRules{}).Partial("+49 (0)2"); got != "+492" {
		t.Errorf("without a country: %q", got)
	}
}

// Past calls are found by a pasted number and by one with a zero in brackets.
func TestPastCallsAreFoundByPastedNumbers(t *testing.T) {
	e := HistoryEntry{Source: "+4930901820", Target: "+4921112345610"}
	for text, want := range map[string]bool{
		"+49 (0)30 9018": true, "0049 (0)30": true, "+49\u00a030\u201190": true, "\u202a030 90\u202c": true, "(0)211": true, "+49 (0)31": false, "+49\u0663 0": false,
	} {
		if got := e.ContainsText(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
