package sipgate

import "testing"

func TestReplaceNumber(t *testing.T) {
	const n = Number("+4930555002")
	for text, want := range map[string]string{
		"+4930555002":                       "…",
		"Ada (+4930555002) / +49211123":     "Ada (…) / +49211123",
		"call 030 555 002, or 030/555-002!": "call …, or …!",
		"0049 (0)30 555002":                 "…",
		"+49 (0)30 – 555002 please":         "… please",
		"4930555002":                        "…",
		"+49 30 555002 and 030555002":       "… and …",
		"+49305550021":                      "+49305550021",
		"10305550020":                       "10305550020",
		"+3930555002":                       "+3930555002",
		"room 555002":                       "room 555002",
		"":                                  "",
	} {
		if got := ReplaceNumber(text, n, "…"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := ReplaceNumber("e0 and 110", "e0", "…"); got != "e0 and 110" {
		t.Errorf("no number: %q", got)
	}
}
