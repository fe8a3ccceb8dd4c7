package static

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the icons that are drawn here")

// The icons of the installed dashboard are drawn here with the geometry of
// favicon.svg: 32 by 32 units, three lines and a dot.
var (
	ground = color.NRGBA{0x0f, 0x76, 0x6e, 0xff}
	white  = color.NRGBA{0xff, 0xff, 0xff, 0xff}
	amber  = color.NRGBA{0xfb, 0xbf, 0x24, 0xff}
	lines  = [][3]float64{{8, 17, 10.5}, {8, 24, 16}, {8, 14, 21.5}} // from, to, height
)

// iconFiles are the size of each icon, and whether its ground fills the square,
// because the system cuts a shape of its own out of it.
var iconFiles = map[string]struct {
	size int
	full bool
}{
	"icon-192.png": {192, false}, "icon-512.png": {512, false}, "icon-maskable-192.png": {192, true},
	"icon-maskable-512.png": {512, true}, "apple-touch-icon.png": {180, true},
}

// at returns the colour of a point in units; it is transparent outside the round
// corners.
func at(x, y float64, full bool) color.NRGBA {
	if full { // what matters stays within the circle of four fifths
		x, y = 16+(x-16)*1.3, 16+(y-16)*1.3
	} else if dx, dy := math.Abs(x-16)-7, math.Abs(y-16)-7; math.Hypot(math.Max(dx, 0), math.Max(dy, 0)) > 9 {
		return color.NRGBA{}
	}
	for _, s := range lines {
		if math.Hypot(x-math.Min(math.Max(x, s[0]), s[1]), y-s[2]) <= 1.6 {
			return white
		}
	}
	if math.Hypot(x-23, y-10.5) <= 2.6 {
		return amber
	}
	return ground
}

// draw returns an icon. Each pixel is the mean of sixteen points.
func draw(size int, full bool) *image.NRGBA {
	const fine = 4
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for py := range size {
		for px := range size {
			var r, g, b, a int
			for i := range fine * fine {
				x := (float64(px) + (float64(i%fine)+.5)/fine) * 32 / float64(size)
				y := (float64(py) + (float64(i/fine)+.5)/fine) * 32 / float64(size)
				c := at(x, y, full)
				r, g, b, a = r+int(c.R)*int(c.A), g+int(c.G)*int(c.A), b+int(c.B)*int(c.A), a+int(c.A)
			}
			if a > 0 {
				img.SetNRGBA(px, py, color.NRGBA{uint8(r / a), uint8(g / a), uint8(b / a), uint8(a / (fine * fine))})
			}
		}
	}
	return img
}

// The icon files are what is drawn here. Run it with -update after a change of
// the drawing.
func TestIconFilesAreDrawnHere(t *testing.T) {
	for name, f := range iconFiles {
		want := draw(f.size, f.full)
		if *update {
			var buf bytes.Buffer
			if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&buf, want); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, buf.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := png.Decode(bytes.NewReader(file))
		if err != nil || got.Bounds() != want.Bounds() {
			t.Fatalf("%s: %v", name, err)
		}
		for y := range f.size {
			for x := range f.size {
				if color.NRGBAModel.Convert(got.At(x, y)) != want.NRGBAAt(x, y) {
					t.Fatalf("%s is not what is drawn here, at %d, %d", name, x, y)
				}
			}
		}
	}
}

// The icon of a ringing call differs from the usual one, and both are well-formed.
func TestRingingFaviconDiffers(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range []string{"favicon.svg", "favicon-ringing.svg"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var svg struct {
			XMLName xml.Name `xml:"http://www.w3.org/2000/svg svg"`
			ViewBox string   `xml:"viewBox,attr"`
		}
		if err := xml.Unmarshal(text, &svg); err != nil || svg.ViewBox != "0 0 32 32" {
			t.Errorf("%s: %v, %+v", name, err, svg)
		}
		seen[string(text)] = true
	}
	if len(seen) != 2 {
		t.Error("a ringing call does not change the icon")
	}
}

// The manifest of each language has what a browser needs to install the dashboard:
// names, a start within the scope, and icons of both purposes in the size that it
// states.
func TestManifestIsInstallable(t *testing.T) {
	for _, lang := range []string{"en", "de"} {
		answer := get(t, "GET", URL("manifest-"+lang+".webmanifest"), "")
		if kind := answer.Header.Get("Content-Type"); kind != "application/manifest+json" {
			t.Errorf("served as %s", kind)
		}
		var m struct {
			ID, Name, Lang, Display, Scope, Description string

			ShortName  string `json:"short_name"`
			StartURL   string `json:"start_url"`
			Background string `json:"background_color"`
			Theme      string `json:"theme_color"`
			Icons      []struct{ Src, Sizes, Type, Purpose string }
			Shortcuts  []struct{ Name, URL string }
		}
		if err := json.Unmarshal(body(t, answer), &m); err != nil {
			t.Fatal(err)
		}
		if m.ID != "/" || m.StartURL != "/" || m.Scope != "/" || m.Display != "standalone" || m.Lang != lang || m.Name == "" ||
			len(m.ShortName) > 12 || m.Description == "" || len(m.Background) != 7 || len(m.Theme) != 7 || len(m.Shortcuts) == 0 {
			t.Errorf("%s: %+v", lang, m)
		}
		found := map[string]bool{}
		for _, icon := range m.Icons {
			file := get(t, "GET", icon.Src, "")
			config, err := png.DecodeConfig(bytes.NewReader(body(t, file)))
			if size := fmt.Sprintf("%dx%d", config.Width, config.Height); err != nil || size != icon.Sizes || file.Header.Get("Content-Type") != icon.Type {
				t.Errorf("%s: %s, %v", icon.Src, size, err)
			}
			found[icon.Sizes+" "+icon.Purpose] = true
		}
		for _, need := range strings.Split("192x192 any,512x512 any,192x192 maskable,512x512 maskable", ",") {
			if !found[need] {
				t.Errorf("%s: no icon %s", lang, need)
			}
		}
	}
}
