package main

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf16"
)

const (
	family = "icons"
	style  = "Regular"
)

// index returns an INDEX: Adobe Technical Note 5176, section 5.
func index(objects ...[]byte) []byte {
	out := big(uint16(len(objects)))
	if len(objects) == 0 {
		return out
	}
	out = append(out, 2) // bytes of an offset
	offset := 1
	for _, o := range objects {
		out = append(out, big(uint16(offset))...)
		offset += len(o)
	}
	out = append(out, big(uint16(offset))...)
	return append(out, slices.Concat(objects...)...)
}

// cff returns the table with the outlines: Adobe Technical Note 5176.
func cff(glyphs [][]byte) []byte {
	const (
		fontBBox, private, charStrings, defaultWidthX = 5, 18, 17, 20

		escape, fontMatrix = 12, 7
	)
	unit := []byte{30, 0xA0, 0x02, 0x08, 0x33, 0x33, 0x3F} // .002083333: 1/em
	start := slices.Concat([]byte{1, 0, 4, 1}, index([]byte(family)))
	widths := append(number(em), defaultWidthX)
	// top states where the two other parts are. Its size is always the same.
	top := func(at int) []byte {
		return slices.Concat(index(slices.Concat(
			unit, number(0), number(0), unit, number(0), number(0), []byte{escape, fontMatrix},
			number(0), number(0), number(em), number(em), []byte{fontBBox},
			number(len(widths)), big(byte(29), int32(at)), []byte{private},
			big(byte(29), int32(at+len(widths))), []byte{charStrings},
		)), index(), index()) // no strings, no subroutines
	}
	return slices.Concat(start, top(len(start)+len(top(0))), widths, index(glyphs...))
}

// openType returns a font whose second glyph is the character first, and so on. Its
// tables are those of the OpenType specification, version 1.9.
func openType(glyphs [][]byte, first uint16) []byte {
	n := uint16(len(glyphs))
	last := first + n - 2
	tables := []struct {
		tag     string
		content []byte
	}{
		{"CFF ", cff(glyphs)},
		{"OS/2", big(uint16(4), int16(em), uint16(400), uint16(5), uint16(0), // version, width, weight
			[10]int16{}, int16(0), [10]byte{}, // sub- and superscripts, class
			[4]uint32{1: 1 << 28}, []byte("NONE"), uint16(1<<6), first, last, // private use; regular
			int16(em), int16(0), int16(0), uint16(em), uint16(0), // ascender, descender, gap
			[2]uint32{}, int16(em), int16(em), uint16(0), uint16(0), uint16(0))},
		{"cmap", cmap(first, last)},
		{"head", big(uint32(1<<16), uint32(1<<16), uint32(0), uint32(0x5F0F3CF5), uint16(3), uint16(em), int64(0), int64(0),
			int16(0), int16(0), int16(em), int16(em), uint16(0), uint16(8), int16(2), int16(0), int16(0))},
		{"hhea", big(uint32(1<<16), int16(em), int16(0), int16(0), uint16(em), int16(0), int16(0), int16(em), int16(1), [6]int16{}, int16(0), uint16(1))},
		{"hmtx", big(uint16(em), make([]int16, n))}, // all have the width of the first one
		{"maxp", big(uint32(0x5000), n)},
		{"name", names()},
		{"post", big(uint32(3<<16), uint32(0), int16(0), int16(0), uint32(1), [4]uint32{})},
	}
	power := bits.Len(uint(len(tables))) - 1
	out := append([]byte("OTTO"), big(uint16(len(tables)), uint16(16<<power), uint16(power), uint16(16*(len(tables)-1<<power)))...)
	offset := len(out) + 16*len(tables)
	var content []byte
	head := 0
	for _, t := range tables {
		if t.tag == "head" {
			head = offset
		}
		out = append(out, t.tag...)
		out = append(out, big(sum(t.content), uint32(offset), uint32(len(t.content)))...)
		padded := append(t.content, make([]byte, -len(t.content)&3)...)
		content, offset = append(content, padded...), offset+len(padded)
	}
	out = append(out, content...)
	binary.BigEndian.PutUint32(out[head+8:], 0xB1B0AFBA-sum(out))
	return out
}

// sum returns the checksum of a table or of a font.
func sum(content []byte) (sum uint32) {
	content = append(slices.Clip(content), make([]byte, -len(content)&3)...)
	for c := range slices.Chunk(content, 4) {
		sum += binary.BigEndian.Uint32(c)
	}
	return sum
}

// cmap maps the characters first to last to the glyphs from the second one on.
func cmap(first, last uint16) []byte {
	const none = 0xFFFF
	format4 := big(uint16(4), uint16(32), uint16(0), uint16(4), uint16(4), uint16(1), uint16(0), // two segments
		last, uint16(none), uint16(0), first, uint16(none), 1-first, uint16(1), uint16(0), uint16(0))
	return append(big(uint16(0), uint16(1), uint16(3), uint16(1), uint32(12)), format4...)
}

// names returns the table of names: family, style, full name and PostScript name.
func names() []byte {
	var records, text []byte
	all := []struct {
		id   uint16
		name string
	}{{1, family}, {2, style}, {4, family}, {6, family}}
	for _, n := range all {
		utf := big(utf16.Encode([]rune(n.name)))
		records = append(records, big(uint16(3), uint16(1), uint16(0x409), n.id, uint16(len(utf)), uint16(len(text)))...)
		text = append(text, utf...)
	}
	return slices.Concat(big(uint16(0), uint16(len(all)), uint16(6+len(records))), records, text)
}
