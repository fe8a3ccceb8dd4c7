package static

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// contrasts are the pairs of colours that meet, the foreground first, and the
// minimum contrast between them: 7 for the text of a row (WCAG level AAA), 4.5
// for all other text (AA), 3 for the edges of controls.
const contrasts = `
	7:   text/card text/raised text/quiet-bg soft/card soft/quiet-bg
	7:   ring/ring-bg talk/talk-bg held/held-bg bad/bad-bg on-hang/hang
	4.5: text/bg text/ring-bg text/held-bg text/talk-bg soft/bg soft/raised soft/ring-bg soft/talk-bg
	4.5: brand/bg brand/card brand-strong/talk-bg on-brand/brand on-brand/brand-strong on-hang/hang-strong
	4.5: ring/card talk/card held/card bad/card
	3:   edge/bg edge/card edge/raised brand/raised
`

// The colours of the style sheet have these contrasts, in the light theme and in
// the dark one.
func TestColoursHaveContrast(t *testing.T) {
	css, err := os.ReadFile("src/css/app.css")
	if err != nil {
		t.Fatal(err)
	}
	themes := [2]map[string]float64{{}, {}}
	for _, m := range regexp.MustCompile(`--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`).FindAllSubmatch(css, -1) {
		themes[0][string(m[1])], themes[1][string(m[1])] = luminance(string(m[2])), luminance(string(m[3]))
	}
	n := 0
	for line := range strings.Lines(contrasts) {
		minimum, pairs, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		want, err := strconv.ParseFloat(minimum, 64)
		if err != nil {
			t.Fatal(err)
		}
		for _, pair := range strings.Fields(pairs) {
			foreground, background, _ := strings.Cut(pair, "/")
			for i, theme := range []string{"light", "dark"} {
				a, known := themes[i][foreground]
				b, alsoKnown := themes[i][background]
				if !known || !alsoKnown {
					t.Fatalf("no colours %s", pair)
				}
				if got := contrast(a, b); got < want {
					t.Errorf("%s in the %s theme: %.2f, want %g", pair, theme, got, want)
				}
				n++
			}
		}
	}
	t.Logf("%d pairs", n)
}

// White initials have the contrast of text on every colour of a person, in both
// themes, which share them.
func TestColoursOfPeopleHaveContrast(t *testing.T) {
	css, err := os.ReadFile("src/css/team_strip.css")
	if err != nil {
		t.Fatal(err)
	}
	colours := regexp.MustCompile(`\.avatar[^{]*\{.*?background: (#[0-9a-f]{6})`).FindAllSubmatch(css, -1)
	if len(colours) != 12 {
		t.Fatalf("%d colours", len(colours))
	}
	for _, m := range colours {
		if got := contrast(1, luminance(string(m[1]))); got < 4.5 {
			t.Errorf("white on %s: %.2f", m[1], got)
		}
	}
}

// The formula is that of WCAG 2.2.
func TestContrastFormula(t *testing.T) {
	for pair, want := range map[[2]string]string{
		{"#000000", "#ffffff"}: "21.00", {"#777777", "#ffffff"}: "4.48", {"#ffffff", "#777777"}: "4.48", {"#0000ff", "#ffff00"}: "8.00", {"#123456", "#123456"}: "1.00",
	} {
		if got := fmt.Sprintf("%.2f", contrast(luminance(pair[0]), luminance(pair[1]))); got != want {
			t.Errorf("%v: %s, want %s", pair, got, want)
		}
	}
}

// luminance returns the relative luminance of a colour such as "#14201d".
func luminance(colour string) float64 {
	var sum float64
	for i, weight := range []float64{.2126, .7152, .0722} {
		v, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			panic(err)
		}
		c := float64(v) / 255
		if c <= .04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func contrast(a, b float64) float64 { return (max(a, b) + .05) / (min(a, b) + .05) }
