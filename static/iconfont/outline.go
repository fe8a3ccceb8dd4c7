package main

import (
	"encoding/xml"
	"fmt"
	"iter"
	"slices"

	"honnef.co/go/curve"
)

const (
	box       = 24      // width and height of a drawing
	tolerance = .012    // of curves that replace others, in units of a drawing
	round     = "round" // caps or joins
)

// shapes is the drawing of an icon: elements of SVG.
type shapes []struct {
	XMLName xml.Name
	Fill    string  `xml:"fill,attr"`
	Stroke  string  `xml:"stroke,attr"`
	Width   float64 `xml:"stroke-width,attr"`
	Caps    string  `xml:"stroke-linecap,attr"`
	Joins   string  `xml:"stroke-linejoin,attr"`

	D  string  `xml:"d,attr"`      // path
	CX float64 `xml:"cx,attr"`     // circle
	CY float64 `xml:"cy,attr"`     // circle
	R  float64 `xml:"r,attr"`      // circle
	X  float64 `xml:"x,attr"`      // rect
	Y  float64 `xml:"y,attr"`      // rect
	W  float64 `xml:"width,attr"`  // rect
	H  float64 `xml:"height,attr"` // rect
	RX float64 `xml:"rx,attr"`     // rect
}

// outline returns what has to be filled to draw the icon. Outlines may overlap: they
// all run the same way round, so what any of them encloses belongs to the icon.
func (s shapes) outline() (all curve.BezPath, err error) {
	for _, e := range s {
		var path iter.Seq[curve.PathElement]
		switch e.XMLName.Local {
		case "circle":
			path = curve.Circle{Center: curve.Pt(e.CX, e.CY), Radius: e.R}.PathElements(tolerance)
		case "rect":
			path = curve.NewRoundedRect(e.X, e.Y, e.X+e.W, e.Y+e.H, e.RX).PathElements(tolerance)
		case "path":
			p, err := parse(e.D)
			if err != nil {
				return nil, err
			}
			path = p.Elements()
		default:
			return nil, fmt.Errorf("what is <%s>?", e.XMLName.Local)
		}
		if e.Stroke != "" {
			style := curve.DefaultStroke.WithWidth(e.Width).WithCaps(curve.ButtCap).WithJoin(curve.MiterJoin)
			if e.Caps == round {
				style = style.WithCaps(curve.RoundCap)
			}
			if e.Joins == round {
				style = style.WithJoin(curve.RoundJoin)
			}
			path = curve.StrokePath(path, style, curve.StrokeOpts{OptLevel: curve.Optimized}, tolerance)
		}
		outline := curve.BezPath(slices.Collect(path))
		if outline.SignedArea() < 0 {
			outline = outline.ReverseSubpaths()
		}
		all = append(all, outline...)
	}
	return all, nil
}
