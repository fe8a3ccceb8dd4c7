package views

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// quietZone is the white margin around a QR code, in modules.
const quietZone = 4

// qrPath returns the dark modules of a text's QR code as a path, and how many
// modules a side has. A text that is too long has none.
func qrPath(text string) (path string, side int) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", 0
	}
	var b strings.Builder
	side = code.Bounds().Dx()
	for y := range side {
		for x := 0; x < side; x++ {
			begin := x
			for x < side && code.At(x, y) == color.Black {
				x++
			}
			if x > begin {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", begin, y, x-begin, x-begin)
			}
		}
	}
	return b.String(), side
}

// qrViewBox returns the view box of a code with its margin.
func qrViewBox(side int) string {
	return fmt.Sprintf("-%d -%d %d %d", quietZone, quietZone, side+2*quietZone, side+2*quietZone)
}
