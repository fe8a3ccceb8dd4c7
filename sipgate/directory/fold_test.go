package directory

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
		if got := fold(c.Text); got != c.Fold {
			t.Errorf("fold(%q) = %q, want %q", c.Text, got, c.Fold)
		}
		if got := foldedWords(c.Text); !slices.Equal(got, c.Words) {
			t.Errorf("foldedWords(%q) = %q, want %q", c.Text, got, c.Words)
		}
	}
}
