package static

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The picture has the icons that the style sheet names, each where its number says.
func TestIconStrip(t *testing.T) {
	picture, css := string(body(t, get(t, "GET", URL(stripName), ""))), string(body(t, get(t, "GET", URL("app.css"), "")))
	numbers := regexp.MustCompile(`--i-([a-z_-]+):(\d+)`).FindAllStringSubmatch(css, -1)
	if len(numbers) < 15 || strings.Count(picture, "<g ") != len(numbers) || !strings.Contains(css, "url("+URL(stripName)+")") {
		t.Fatalf("%d icons, of which %d are drawn", len(numbers), strings.Count(picture, "<g "))
	}
	icons := string(content(t, "icons.svg"))
	for _, n := range numbers {
		_, drawing, _ := strings.Cut(icons, `<symbol id="`+n[1]+`" viewBox="0 0 24 24">`)
		drawing, _, _ = strings.Cut(drawing, "</symbol>")
		number, err := strconv.Atoi(n[2])
		if err != nil {
			t.Fatal(err)
		}
		_, cell, _ := strings.Cut(picture, fmt.Sprintf(`<g transform="translate(%d)">`, 24*number))
		if cell, _, _ = strings.Cut(cell, "</g>"); drawing == "" || cell != drawing {
			t.Errorf("%s is not in cell %d: %q", n[1], number, cell)
		}
	}
}

func TestStyleSheetsNameOnlyIconsThatExist(t *testing.T) {
	if _, err := withIconStrip([]byte("a{--n:var(--i-nonsense)}")); err == nil {
		t.Error("an icon that does not exist is accepted")
	}
}
