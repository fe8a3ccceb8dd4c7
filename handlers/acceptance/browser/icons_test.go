package browser

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
	"callboard/views"
)

// unlikeDrawing returns how much the character of an icon differs from its drawing in
// icons.svg: the share of the ink.
const unlikeDrawing = `(async (id, character) => {
	const size = 96, address = document.querySelector("use").getAttribute("href").split("#")[0];
	window.drawings ??= new DOMParser().parseFromString(await (await fetch(address)).text(), "text/xml");
	const ink = draw => {
		const c = new OffscreenCanvas(size, size).getContext("2d");
		draw(c);
		return c.getImageData(0, 0, size, size).data.filter((_, i) => i % 4 === 3);
	};
	const drawn = ink(c => {
		c.scale(size / 24, size / 24);
		for (const e of drawings.getElementById(id).children) {
			const of = name => Number(e.getAttribute(name)), path = new Path2D(e.getAttribute("d") ?? undefined);
			if (e.localName === "circle") path.arc(of("cx"), of("cy"), of("r"), 0, 7);
			if (e.localName === "rect") path.roundRect(of("x"), of("y"), of("width"), of("height"), of("rx"));
			c.lineWidth = of("stroke-width");
			c.lineCap = e.getAttribute("stroke-linecap") ?? "butt";
			c.lineJoin = e.getAttribute("stroke-linejoin") ?? "miter";
			if (e.getAttribute("fill") === "currentColor") c.fill(path);
			if (e.getAttribute("stroke")) c.stroke(path);
		}
	});
	const written = ink(c => {
		c.font = size + "px icons";
		c.fillText(character, 0, size);
	});
	return drawn.reduce((sum, a, i) => sum + Math.abs(a - written[i]), 0) / drawn.reduce((sum, a) => sum + a, 0);
})`

// Each icon of a row is the drawing of that name, where it is in its box. Nothing of
// it is read aloud.
func TestBrowserIconsOfRows(t *testing.T) {
	t.Parallel()
	s := harness.NewDemo(t)
	p := newBrowser(t, s).newStillTab(t)
	p.openPreview("board", views.English, "light")
	p.until(`document.fonts.size > 0 && [...document.fonts].every(f => f.status === "loaded")`)
	css, err := os.ReadFile(harness.File(t, "static/src/css/icons.css"))
	if err != nil {
		t.Fatal(err)
	}
	icons := regexp.MustCompile(`--i-([a-z-]+): (".*")`).FindAllStringSubmatch(string(css), -1)
	if len(icons) < 15 {
		t.Fatalf("%d icons", len(icons))
	}
	for _, icon := range icons {
		character := strings.Replace(icon[2], `\`, `\u`, 1)
		if unlike := eval[float64](p, unlikeDrawing+`(`+"`"+icon[1]+"`, "+character+`)`); unlike > .08 {
			t.Errorf("%s: %.1f %% of it is drawn in another way", icon[1], 100*unlike)
		} else {
			t.Logf("%s: %.1f %%", icon[1], 100*unlike)
		}
	}
	const spoken = `[...document.querySelectorAll(".dir, .pill, .act, .chip")].map(e => getComputedStyle(e, "::before").content).filter(c => !["none", '""'].includes(c) && !c.endsWith(' / ""'))`
	if loud := eval[[]string](p, spoken); len(loud) > 0 {
		t.Errorf("read aloud: %q", loud)
	}
}
