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
		{"row.earlier", []any{"Tom"}, "[Ṽîá Tom ··]"},
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
		if a, b := placeholder.FindAllString(english, -1), placeholder.FindAllString(text, -1); strings.Join(a, " ") != strings.Join(b, " ") {
			t.Errorf("%s takes %q, in pseudo %q", key, a, b)
		}
		if n, m := utf8.RuneCountInString(english), utf8.RuneCountInString(text); english != "" && m < n+2 {
			t.Errorf("%s: %q is no longer than %q", key, text, english)
		}
	}
	if Pseudo.String() != "en-XA" || ParseLang("en-XA") != English {
		t.Error("a browser that asks for English gets it")
	}
}
