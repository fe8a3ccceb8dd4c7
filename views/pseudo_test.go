package views

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPseudo(t *testing.T) {
	for _, test := range []struct {
		key  string
		args []any
		want string
	}{
		{"nav.board", nil, "[Ɓöáŕð ··]"},
		{"row.earlier", []any{"Tom"}, "[Ɓéƒöŕé: Tom ···]"},
		{"upload.progress", nil, "[{n} % ûþļöáðéð ····]"},
		{"history.total", []any{1}, "[1 éñţŕý ··]"},
		{"history.total", []any{1234}, "[1,234 éñţŕîéš ···]"},
	} {
		if got := Pseudo.T(test.key, test.args...); got != test.want {
			t.Errorf("%s: %q, want %q", test.key, got, test.want)
		}
	}
	for key, english := range dictionaries[English].plain {
		text := Pseudo.T(key)
		if a, b := slot.FindAllString(english, -1), slot.FindAllString(text, -1); strings.Join(a, " ") != strings.Join(b, " ") {
			t.Errorf("%s takes %q, in pseudo %q", key, a, b)
		}
		if n, m := utf8.RuneCountInString(english), utf8.RuneCountInString(text); english != "" && m < n+2 {
			t.Errorf("%s: %q is no longer than %q", key, text, english)
		}
	}
	if Pseudo.String() != "en-XA" || ParseLang("en-XA") != English {
		t.Error("a browser is shown it that asks for English")
	}
}

// TestPseudoGallery draws every view in it.
func TestPseudoGallery(t *testing.T) {
	for _, picture := range Gallery(Pseudo) {
		page := html(t, picture.Show)
		if strings.Contains(page, "<html ") && !strings.Contains(page, `lang="en-XA"`) {
			t.Errorf("%s is in another language", picture.Name)
		}
		if strings.Contains(page, "missing words") {
			t.Errorf("%s: words are missing", picture.Name)
		}
	}
}
