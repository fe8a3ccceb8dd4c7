package views

import (
	"image"
	"image/color"
	"regexp"
	"strconv"
	"strings"
	"testing"

	qr "github.com/piglig/go-qr"
)

// TestACameraReadsTheLink: what is drawn, with its margin, is the link.
func TestACameraReadsTheLink(t *testing.T) {
	for _, link := range []string{
		"https://calls.example/wall/q83XJb0c1vYz5NnTt7uKkP2mW9rLhDgEaSfQoIxVwZs?lang=de",
		"http://192.168.0.17:8080/wall/A?lang=en", "https://anruf.müller.example/" + strings.Repeat("x", 300),
	} {
		svg := html(t, qrCode(link, "QR"))
		box := regexp.MustCompile(`viewBox="-4 -4 (\d+) \d+"`).FindStringSubmatch(svg)
		if box == nil {
			t.Fatalf("%s: %s", link, svg)
		}
		const scale = 4
		side, _ := strconv.Atoi(box[1])
		img := image.NewGray(image.Rect(0, 0, side*scale, side*scale))
		for i := range img.Pix {
			img.Pix[i] = 255
		}
		for _, run := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-\d+z`).FindAllStringSubmatch(svg, -1) {
			x, _ := strconv.Atoi(run[1])
			y, _ := strconv.Atoi(run[2])
			n, _ := strconv.Atoi(run[3])
			for py := (y + 4) * scale; py < (y+5)*scale; py++ {
				for px := (x + 4) * scale; px < (x+4+n)*scale; px++ {
					img.Set(px, py, color.Black)
				}
			}
		}
		if text, err := qr.Decode(img); err != nil || text != link {
			t.Errorf("a camera reads %q, %v; want %q", text, err, link)
		}
	}
	if svg := html(t, qrCode(strings.Repeat("x", 5000), "QR")); svg != "" {
		t.Errorf("a text that fits no code is drawn: %s", svg)
	}
}
