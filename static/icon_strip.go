package static

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
)

// The icons of rows are drawn by the style sheet, so that rows say nothing about
// them: each has nine. Their drawings are those of icons.svg, side by side in one
// picture, which the style sheet uses as a mask.

// stripName is the name of that picture.
const stripName = "icon-strip.svg"

var (
	symbol   = regexp.MustCompile(`(?s)<symbol id="([a-z_-]+)" viewBox="0 0 24 24">(.*?)</symbol>`)
	usedIcon = regexp.MustCompile(`var\(--i-([a-z_-]+)\)`)
)

// withIconStrip adds the picture of the icons that a style sheet names, as in
// var(--i-hold), and returns the style sheet with the custom properties that it
// needs: the number of each icon, --icons for the picture, and --last-icon. It
// returns a style sheet that names none as it is.
func withIconStrip(css []byte) ([]byte, error) {
	var names []string
	for _, use := range usedIcon.FindAllSubmatch(css, -1) {
		names = append(names, string(use[1]))
	}
	if len(names) == 0 {
		return css, nil
	}
	slices.Sort(names)
	names = slices.Compact(names)
	icons, err := embedded.ReadFile("icons.svg")
	if err != nil {
		return nil, err
	}
	drawings := map[string][]byte{}
	for _, s := range symbol.FindAllSubmatch(icons, -1) {
		drawings[string(s[1])] = bytes.TrimSpace(s[2])
	}
	width := 24 * len(names)
	picture := fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d 24" width="%d" height="24">`, width, width)
	var properties []byte
	for i, name := range names {
		if drawings[name] == nil {
			return nil, fmt.Errorf("no icon %q in icons.svg", name)
		}
		picture = fmt.Appendf(picture, `<g transform="translate(%d)">%s</g>`, 24*i, drawings[name])
		properties = fmt.Appendf(properties, "--i-%s:%d;", name, i)
	}
	if err := add(stripName, append(picture, "</svg>"...)); err != nil {
		return nil, err
	}
	return append(fmt.Appendf(nil, ":root{--icons:url(%s);--last-icon:%d;%s}\n", URL(stripName), len(names)-1, properties), css...), nil
}
