package sipgate

import (
	"strings"
	"testing"
)

func TestMaskNumber(t *testing.T) {
	for raw, want := range map[string]string{
		"":               "",
		"+4930777001":    "+49 30 •••• 01",
		"+493090182042":  "+49 30 •••• 42",
		"+4915799912345": "+49 1579 •••• 45",
		"+442079460018":  "+44 20 •••• 18",
		"+15005550006":   "+1 500 •••• 06",
		"4930901820":     "+49 30 •••• 20",
		"110":            "••••",
		"+4911611":       "••••",
		"+35212345":      "••••",
		"+352123456":     "+352 •••• 56",
		"e0":             "••••",
		"anonymous":      "••••",
		"+49":            "••••",
	} {
		if got := MaskNumber(raw); got != want {
			t.Errorf("MaskNumber(%q) = %q, want %q", raw, got, want)
		}
	}
}

// No four digits in a row are revealed except country and area, and no other
// text gets through.
func FuzzMaskNumber(f *testing.F) {
	for _, seed := range []string{"", "+4930777001", "110", "+1500555000", "anonymous", "+999", "+++", "+49 30 •••• 1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got := MaskNumber(raw)
		if raw == "" {
			return
		}
		all, told := digits(DisplayNumber(raw)), digits(got)
		if !strings.Contains(got, masked) || told > 0 && all-told < minHidden || len(got) > 32 {
			t.Errorf("MaskNumber(%q) = %q", raw, got)
		}
		if got != masked && !strings.HasPrefix(got, "+") {
			t.Errorf("MaskNumber(%q) = %q", raw, got)
		}
	})
}
