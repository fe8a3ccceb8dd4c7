package main

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"honnef.co/go/curve"
)

// token is a command or a number of a path of SVG.
var token = regexp.MustCompile(`[A-Za-z]|[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?`)

// arguments are the commands of paths that drawings use, and how many numbers each
// takes.
var arguments = map[string]int{"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "Q": 4, "A": 7, "Z": 0}

// parse returns a path of SVG as lines and curves. Arcs are those of circles.
func parse(d string) (path curve.BezPath, err error) {
	var at, start curve.Point
	tokens := token.FindAllString(d, -1)
	for i, name := 0, ""; i < len(tokens); {
		if c := tokens[i][0]; c|0x20 >= 'a' {
			name = tokens[i]
			i++
		} else if name == "m" { // more numbers after the first point are lines
			name = "l"
		} else if name == "M" {
			name = "L"
		}
		command := strings.ToUpper(name)
		n, known := arguments[command]
		if !known || i+n > len(tokens) {
			return nil, fmt.Errorf("%q in the path %q", name, d)
		}
		v := make([]float64, n)
		for j := range v {
			if v[j], err = strconv.ParseFloat(tokens[i+j], 64); err != nil {
				return nil, err
			}
		}
		i += n
		var from curve.Vec2 // what coordinates are relative to
		if name != command {
			from = curve.Vec2(at)
		}
		point := func(j int) curve.Point { return curve.Pt(v[j], v[j+1]).Translate(from) }
		switch command {
		case "M":
			at = point(0)
			start = at
			path.MoveTo(at)
		case "L":
			at = point(0)
			path.LineTo(at)
		case "H":
			at.X = v[0] + from.X
			path.LineTo(at)
		case "V":
			at.Y = v[0] + from.Y
			path.LineTo(at)
		case "C":
			at = point(4)
			path.CubicTo(point(0), point(2), at)
		case "Q":
			at = point(2)
			path.QuadTo(point(0), at)
		case "A":
			to := point(5)
			if v[0] != v[1] {
				return nil, fmt.Errorf("an arc of an ellipse in the path %q", d)
			}
			path = append(path, arc(at, to, v[0], v[3] != 0, v[4] != 0)...)
			at = to
		case "Z":
			path.ClosePath()
			at = start
		}
	}
	return path, nil
}

// arc returns curves from one point of a circle to another one. Of the four arcs with
// this radius, large and sweep choose one, as in SVG.
func arc(from, to curve.Point, radius float64, large, sweep bool) curve.BezPath {
	half := to.Sub(from).Mul(.5)
	radius = max(radius, half.Hypot())
	away := math.Sqrt(radius*radius - half.Hypot2()) // of the centre from the chord
	if large == sweep {
		away = -away
	}
	centre := from.Translate(half).Translate(curve.Vec(-half.Y, half.X).Mul(away / half.Hypot()))
	a, b := from.Sub(centre).Angle(), to.Sub(centre).Angle()
	if sweep && b < a {
		b += 2 * math.Pi
	} else if !sweep && b > a {
		b -= 2 * math.Pi
	}
	curves := curve.Arc{Center: centre, Radii: curve.Vec(radius, radius), StartAngle: a, SweepAngle: b - a}.Path(tolerance)
	return curves[1:] // the first element moves to where the path is
}
