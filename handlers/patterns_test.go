package handlers

import (
	"os"
	"regexp"
	"testing"
)

var pattern = regexp.MustCompile(`(?:public|signed|mux\.Handle)\("((?:GET|POST) [^"]+)"`)

// patterns are the routes as routes.go states them: the mux itself does not
// tell.
func patterns(t *testing.T) (all []string) {
	t.Helper()
	source, err := os.ReadFile("routes.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range pattern.FindAllSubmatch(source, -1) {
		all = append(all, string(m[1]))
	}
	if len(all) < 25 {
		t.Fatalf("only %d routes found", len(all))
	}
	return all
}
