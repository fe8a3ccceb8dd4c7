package directory

import (
	"slices"
	"testing"

	"callboard/sipgate"
)

// A contact is found by its number and when that number calls, whatever
// characters it was stored with, and whether or not the settings name a country.
// Internal numbers stay what they are: they cannot be called from here.
func TestContactsAreFoundHoweverTheirNumberIsStored(t *testing.T) {
	for _, rules := range []sipgate.NumberRules{{}, {Region: "DE"}, {Region: "AT"}} {
		for stored, number := range map[string]string{
			"\u202a+49 211 1234567\u202c":  "+492111234567",
			"+49\u00a0211\u20111234567\n":  "+492111234567",
			"+49 (0)211 1234567":           "+492111234567",
			"0049 (0) 211 / 1234567\ufeff": "+492111234567",
			"+43\u2009(0)1\u20135123456":   "+4315123456",
			"+48 (0)22 123 45 67":          "+48221234567",
			"+49 (0)900 123456":            "+49900123456",
		} {
			d := newDirectory(t)
			d.rules = rules
			d.SetContacts(anna, []sipgate.Contact{contact("Meier", "SHARED", stored), contact("Pförtner", "SHARED", "\u202a10\u202c", "1234567", "e0")})
			for _, typed := range []string{"meier", number, stored, number[:6], "\u200e" + number} {
				found := d.Search(anna, typed, 5, States{})
				if len(found) != 1 || found[0].Name != "Meier" || found[0].Number != number {
					t.Errorf("country %q, stored as %q, typed %q: %+v, want %s", rules.Region, stored, typed, found, number)
				}
			}
			if found := d.Search(anna, "pförtner", 5, States{}); len(found) != 0 {
				t.Errorf("an internal number is offered: %+v", found)
			}
		}
	}
}

// The recipient that a member pastes is who is called.
func TestPastedRecipientIsResolved(t *testing.T) {
	d := newDirectory(t)
	for typed, want := range map[string]sipgate.Number{
		"\u202a+49 211 1234567\u202c": "+492111234567", "+49\u00a0(0)211\u20111234567": "+492111234567", "0211\u20131234567\n": "+492111234567",
		"+49\u0661211 1234567": "", "+49 211\u202e1234567": "",
	} {
		if n, err := d.Resolve(anna, typed); n != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", typed, n, err, want)
		}
	}
	if slices.Contains([]string{d.Number("\u202a10\u202c"), d.Number("1234567")}, "+1234567") {
		t.Error("an internal number became an international one")
	}
}
