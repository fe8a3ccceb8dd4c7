package sipgate

import (
	"math/rand"
	"slices"
	"testing"
)

// TestNamesAreInTheOrderOfADictionary: umlauts stand with their vowels, and
// neither capitals nor numbers part what belongs together.
func TestNamesAreInTheOrderOfADictionary(t *testing.T) {
	expected := []string{"", "Ansage 2", "Ansage 10", "Apotheke", "Ärztehaus", "Axel", "émile", "Emma", "Müller", "Münch", "Muster", "o'Brien", "Oberhuber", "Özdemir", "Peters", "Straße", "Strasser", "Zentrale"}
	got := slices.Clone(expected)
	for range 20 {
		rand.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		slices.SortFunc(got, CompareNames)
		if !slices.Equal(got, expected) {
			t.Fatalf("sorted %q, want %q", got, expected)
		}
	}
	for _, pair := range [][2]string{{"Mu\u0308ller", "Müller"}, {"a", "A"}} {
		if CompareNames(pair[0], pair[1]) == 0 || CompareNames(pair[0], pair[1]) != -CompareNames(pair[1], pair[0]) {
			t.Errorf("%q have no order", pair)
		}
	}
}
