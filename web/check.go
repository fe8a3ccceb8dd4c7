package web

import "hash/crc32"

// A check is the CRC-32 of a text, which can become a part of that of a longer text
// without reading the text again.
type check struct {
	sum   uint32
	shift uint32 // x to the power of the number of bits of the text
}

func checkOf(text []byte) check {
	c := check{sum: crc32.ChecksumIEEE(text), shift: 1 << 31}
	byBytes := uint32(1 << 23) // x to the power of 8
	for n := len(text); n > 0; n >>= 1 {
		if n&1 != 0 {
			c.shift = product(c.shift, byBytes)
		}
		byBytes = product(byBytes, byBytes)
	}
	return c
}

// after returns the CRC-32 of the text when one with a CRC-32 stands before it.
func (c check) after(before uint32) uint32 { return product(c.shift, before) ^ c.sum }

// product multiplies polynomials modulo that of CRC-32. Their highest bit is that of
// x to the power of 0.
func product(a, b uint32) (p uint32) {
	for ; a != 0; a <<= 1 {
		if a&(1<<31) != 0 {
			p ^= b
		}
		odd := b & 1
		b = b>>1 ^ crc32.IEEE*odd
	}
	return p
}
