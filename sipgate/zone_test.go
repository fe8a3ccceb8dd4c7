package sipgate

import (
	"slices"
	"testing"
)

func TestZonesOfNumbersAndLocales(t *testing.T) {
	for number, want := range map[string]string{
		"4921163554470": "Europe/Berlin", "+4915799912345": "Europe/Berlin", "43720123456": "Europe/Vienna", "+442071234567": "Europe/London",
		"anonymous": "", "": "", "+80012345678": "", "110": "",
	} {
		if got := NumberZones(number); want == "" && len(got) > 0 || want != "" && !slices.Equal(got, []string{want}) {
			t.Errorf("number %q: %q, want %q", number, got, want)
		}
	}
	for locale, want := range map[string]string{"de_DE": "Europe/Berlin", "de-AT": "Europe/Vienna", "en_GB": "Europe/London", "de": "", "": "", "de_XX": ""} {
		if got := LocaleZones(locale); want == "" && len(got) > 0 || want != "" && !slices.Contains(got, want) {
			t.Errorf("locale %q: %q, want %q", locale, got, want)
		}
	}
}
