package sipgate

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// TestFoldCases reads the table of cases that the browser's filter of calls
// passes as well: static/src/fold.test.js.
func TestFoldCases(t *testing.T) {
	table, err := os.ReadFile("testdata/fold.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Text, Fold string
		Words      []string
	}
	if err := json.Unmarshal(table, &cases); err != nil || len(cases) < 20 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	for _, c := range cases {
		if got := Fold(c.Text); got != c.Fold {
			t.Errorf("Fold(%q) = %q, want %q", c.Text, got, c.Fold)
		}
		if got := FoldedWords(c.Text); !slices.Equal(got, c.Words) {
			t.Errorf("FoldedWords(%q) = %q, want %q", c.Text, got, c.Words)
		}
	}
}

// TestContainsFolded reads the table of cases that the filters of lists in the
// browser pass as well: static/src/text_search.test.js.
func TestContainsFolded(t *testing.T) {
	table, err := os.ReadFile("testdata/contains.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Text, Typed string
		Contains    bool
	}
	if err := json.Unmarshal(table, &cases); err != nil || len(cases) < 15 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	for _, c := range cases {
		if got := ContainsFolded(c.Text, c.Typed); got != c.Contains {
			t.Errorf("%q in %q: %v, want %v", c.Typed, c.Text, got, c.Contains)
		}
	}
}
