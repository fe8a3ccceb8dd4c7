package team

import (
	"errors"
	"strings"
	"testing"

	"callboard/sipgate"
)

// TestGreetingsOfATeam: each number of a team has its own, which stays over a
// restart and counts for no other team; an empty one is removed.
func TestGreetingsOfATeam(t *testing.T) {
	db := newTeamDB(t)
	open := func() *Greetings {
		g, err := NewGreetings(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	const support, sales = "+492214710", "+492214711"
	g := open()
	longest := strings.Repeat("ü", MaxGreeting)
	for _, test := range []struct{ text, want string }{
		{"Support, guten Tag!", "Support, guten Tag!"},
		{"  Hallo 👩‍👩‍👧 & “you” <b>  ", "Hallo 👩‍👩‍👧 & “you” <b>"},
		{longest + " ", longest},
		{" \t ", ""},
		{"again", "again"},
	} {
		if err := g.Set(t.Context(), "1", support, test.text); err != nil {
			t.Errorf("%q: %v", test.text, err)
		}
		for name, g := range map[string]*Greetings{"now": g, "after a restart": open()} {
			if got := g.Of("1", support); got != test.want {
				t.Errorf("%q, %s: %q, want %q", test.text, name, got, test.want)
			}
			if g.Of("1", sales) != "" || g.Of("2", support) != "" {
				t.Errorf("%q counts for others", test.text)
			}
		}
	}
	for text, code := range map[string]string{
		longest + "x":                   "greeting_long",
		"two\nlines":                    "greeting_invalid",
		"a\x00b":                        "greeting_invalid",
		"a\u202egnp.exe":                "greeting_invalid", // right-to-left override
		"a\u2028b":                      "greeting_invalid",
		"a\xffb":                        "greeting_invalid",
		"\ue000":                        "greeting_invalid", // private use
		strings.Repeat("x", 100) + "\r": "",                 // space around it is no mistake
	} {
		err := g.Set(t.Context(), "1", sales, text)
		invalid, _ := errors.AsType[*sipgate.ValueError](err)
		switch {
		case code == "" && err != nil:
			t.Errorf("%q: %v", text, err)
		case code != "" && (invalid == nil || invalid.Code != code || invalid.Field != "text" || g.Of("1", sales) != "" && g.Of("1", sales) != strings.Repeat("x", 100)):
			t.Errorf("%q: %v, want %s; it is %q", text, err, code, g.Of("1", sales))
		}
	}
}
