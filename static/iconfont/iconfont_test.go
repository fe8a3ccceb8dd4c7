package main

import (
	"math"
	"testing"

	"honnef.co/go/curve"
)

// A path is drawn as SVG says, or refused.
func TestPaths(t *testing.T) {
	for d, want := range map[string]string{
		"M1 2L3 4H5V6Z":       "M1,2 L3,4 L5,4 L5,6 Z",
		"m1 2l3 4h5v6z":       "M1,2 L4,6 L9,6 L9,12 Z",
		"M1 2 3 4-5.5.5":      "M1,2 L3,4 L-5.5,0.5",
		"m1,2 1-1":            "M1,2 L2,1",
		"M2 2h4zl1 1":         "M2,2 L6,2 Z L3,3",
		"M1 1c1 0 2 1 2 2":    "M1,1 C2,1 3,2 3,3",
		"M1 1q1 0 1 1":        "M1,1 Q2,1 2,2",
		"M1 1 Q2 1 2 2 2 3 1": "",
		"M0 0S1 1 2 2":        "",
		"M0 0a1 2 0 0 1 2 2":  "",
		"M0 0L1":              "",
		"M0 0Lz":              "",
		"4 4":                 "",
	} {
		path, err := parse(d)
		if got := path.SVG(curve.SVGOptions{}); (err != nil) != (want == "") || err == nil && got != want {
			t.Errorf("%s: %s, %v", d, got, err)
		}
	}
}

// The four arcs of a radius from one point to another one differ in their lengths and
// in the way they go round.
func TestArcs(t *testing.T) {
	for flags, want := range map[string]struct{ length, turn float64 }{
		"0 0": {math.Pi / 2, -1}, "0 1": {math.Pi / 2, 1}, "1 0": {3 * math.Pi / 2, -1}, "1 1": {3 * math.Pi / 2, 1},
	} {
		path, err := parse("M0 0A1 1 0 " + flags + " 1 1")
		if err != nil {
			t.Fatal(err)
		}
		if got := path.Arclen(.001); math.Abs(got-want.length) > .01 || path.SignedArea()*want.turn < 0 {
			t.Errorf("%s: %f long, area %f, want %+v", flags, got, path.SignedArea(), want)
		}
	}
}

// Numbers of a charstring have the shortest form: Adobe Technical Note 5177, table 1.
func TestNumbers(t *testing.T) {
	for v, want := range map[int]string{0: "\x8b", 107: "\xf6", -107: "\x20", 108: "\xf7\x00", 1131: "\xfa\xff", -108: "\xfb\x00", -1131: "\xfe\xff", 1132: "\x1c\x04\x6c"} {
		if got := string(number(v)); got != want {
			t.Errorf("%d: %x, want %x", v, got, want)
		}
	}
}
