package forward

import (
	"slices"
	"testing"
	"time"
)

// Browsers that are told one after the other come back at times that lie apart, however
// many they are.
func TestTurnsAreSpread(t *testing.T) {
	for _, n := range []int{2, 10, 300} {
		f := &Forwarder{}
		turns := []time.Duration{0, spread}
		for range n {
			turns = append(turns, f.nextTurn())
		}
		slices.Sort(turns)
		for i, turn := range turns[1:] {
			if gap := turn - turns[i]; gap > 3*spread/time.Duration(n) {
				t.Errorf("of %d, nobody comes for %v of %v", n, gap, spread)
			}
		}
	}
}
