package main

import (
	"bytes"
	"encoding/binary"
	"math"

	"honnef.co/go/curve"
)

// em is the size of the font in its own units. A character fills it: it is as wide and
// as high as its drawing, and stands on the line.
const em = 480

// charString returns an outline as a Type 2 charstring: Adobe Technical Note 5177.
func charString(outline curve.BezPath) []byte {
	var out []byte
	var x, y int
	// move adds the way to each of some points.
	move := func(points ...curve.Point) (by []int) {
		for _, p := range points {
			to := p.Transform(curve.Affine{N0: em / box, N3: -em / box, N5: em})
			toX, toY := int(math.Round(to.X)), int(math.Round(to.Y))
			by = append(by, toX-x, toY-y)
			x, y = toX, toY
		}
		return by
	}
	emit := func(operator byte, operands ...int) {
		for _, v := range operands {
			out = append(out, number(v)...)
		}
		out = append(out, operator)
	}
	for _, e := range outline {
		switch e.Kind {
		case curve.MoveToKind:
			emit(rmoveto, move(e.P0)...)
		case curve.LineToKind:
			line(emit, move(e.P0))
		case curve.QuadToKind:
			panic("outlines have cubic curves")
		case curve.CubicToKind:
			cubic(emit, move(e.P0, e.P1, e.P2))
		}
	}
	return append(out, endchar)
}

// The operators of a charstring.
const (
	rlineto   = 5
	hlineto   = 6
	vlineto   = 7
	rrcurveto = 8
	endchar   = 14
	rmoveto   = 21
	vhcurveto = 30
	hvcurveto = 31
)

func line(emit func(byte, ...int), by []int) {
	switch {
	case by[0] == 0 && by[1] == 0:
	case by[1] == 0:
		emit(hlineto, by[0])
	case by[0] == 0:
		emit(vlineto, by[1])
	default:
		emit(rlineto, by...)
	}
}

func cubic(emit func(byte, ...int), by []int) {
	switch {
	case by[0] == 0 && by[5] == 0: // it begins upright and ends level
		emit(vhcurveto, by[1], by[2], by[3], by[4])
	case by[1] == 0 && by[4] == 0:
		emit(hvcurveto, by[0], by[2], by[3], by[5])
	default:
		emit(rrcurveto, by...)
	}
}

// number returns a number of a charstring or of a DICT.
func number(v int) []byte {
	switch {
	case -107 <= v && v <= 107:
		return []byte{byte(v + 139)}
	case 108 <= v && v <= 1131:
		return []byte{byte((v-108)>>8 + 247), byte(v - 108)}
	case -1131 <= v && v <= -108:
		return []byte{byte((-v-108)>>8 + 251), byte(-v - 108)}
	}
	return big(byte(28), int16(v))
}

// big returns values one after another, each with its first byte first.
func big(values ...any) []byte {
	var b bytes.Buffer
	for _, v := range values {
		_ = binary.Write(&b, binary.BigEndian, v) // fails only for values without a size
	}
	return b.Bytes()
}
