package announcement

// The Vorbis library believes its setup header: a few bytes make it allocate
// gigabytes or loop for ever, neither of which can be recovered from. So the
// header is read here first (Vorbis I, 4.2.4) and refused if it could.

// Bounds far above what encoders write.
const (
	maxBookEntries = 1 << 14 // of a codebook
	maxBookDims    = 256
	maxBookValues  = 1 << 20 // entries × dimensions
	maxAllEntries  = 1 << 17 // of all codebooks together
	maxAllValues   = 1 << 22
)

var errVorbisSetup = refuse(Invalid, "damaged Ogg Vorbis setup header")

// lsbBits reads bit fields, the lowest bit of each byte first. It remembers
// when it was asked for more than there is.
type lsbBits struct {
	data  []byte
	at    int
	short bool
}

func (b *lsbBits) take(n int) int {
	v := 0
	for i := range n {
		if b.at>>3 >= len(b.data) {
			b.short = true
			return 0
		}
		v |= int(b.data[b.at>>3]>>(b.at&7)&1) << i
		b.at++
	}
	return v
}

// checkVorbisSetup returns an error unless the setup header h is complete and
// modest, and all numbers in it that refer to others exist.
func checkVorbisSetup(h []byte, channels int) error {
	if len(h) < 8 || string(h[:7]) != "\x05vorbis" {
		return errVorbisSetup
	}
	s := vorbisSetup{b: lsbBits{data: h[7:]}, channels: channels}
	for _, part := range []func() bool{s.books, s.times, s.floors, s.residues, s.mappings, s.modes} {
		if !part() || s.b.short {
			return errVorbisSetup
		}
	}
	return nil
}

type vorbisSetup struct {
	b                                     lsbBits
	channels                              int
	nBooks, nFloors, nResidues, nMappings int
	allEntries, allValues                 int
}

// each reads a count of the given width, less one as all are, and calls f so
// often. It stops where f says no or the header ends.
func (s *vorbisSetup) each(width int, count *int, f func() bool) bool {
	n := s.b.take(width) + 1
	for range n {
		if !f() || s.b.short {
			return false
		}
	}
	if count != nil {
		*count = n
	}
	return true
}

func (s *vorbisSetup) books() bool { return s.each(8, &s.nBooks, s.book) }

// book checks a codebook (3.2.1): its size, and that its code words fill the
// tree exactly. In a tree with holes the library's decoder runs in circles; but
// that of a single word ends, and some encoders write it.
func (s *vorbisSetup) book() bool {
	if s.b.take(24) != 0x564342 {
		return false
	}
	dims, entries := s.b.take(16), s.b.take(24)
	s.allEntries += entries
	s.allValues += entries * dims
	if dims < 1 || dims > maxBookDims || entries < 2 || entries > maxBookEntries || entries*dims > maxBookValues ||
		s.allEntries > maxAllEntries || s.allValues > maxAllValues {
		return false
	}
	if filled, used := s.lengths(entries); filled != 1<<32 && used != 1 {
		return false
	}
	lookup := s.b.take(4)
	if lookup == 0 {
		return true
	}
	s.b.take(32)
	s.b.take(32)
	width := s.b.take(4) + 1
	s.b.take(1)
	values := entries * dims
	switch lookup {
	case 1:
		values = lookupValues(entries, dims)
	case 2:
	default:
		return false
	}
	for range values {
		s.b.take(width)
	}
	return true
}

// lengths reads the lengths of a codebook's words and returns the part of the
// tree that they fill, as a multiple of 2^-32, and how many there are.
func (s *vorbisSetup) lengths(entries int) (filled, used int) {
	if s.b.take(1) == 1 { // ordered
		length := s.b.take(5) + 1
		for at := 0; at < entries && !s.b.short && length <= 32; length++ {
			n := s.b.take(bitLength(entries - at))
			if at += n; at > entries {
				return 0, 0
			}
			filled += n << (32 - length)
		}
		return filled, entries
	}
	sparse := s.b.take(1) == 1
	for range entries {
		if !sparse || s.b.take(1) == 1 {
			filled += 1 << (32 - (s.b.take(5) + 1))
			used++
		}
		if s.b.short {
			return 0, 0
		}
	}
	return filled, used
}

// lookupValues is the largest number whose dims-th power is not above entries.
func lookupValues(entries, dims int) int {
	n := 1
	for {
		power := 1
		for i := 0; i < dims && power <= entries; i++ {
			power *= n + 1
		}
		if power > entries {
			return n
		}
		n++
	}
}

func bitLength(n int) int {
	bits := 0
	for ; n > 0; n >>= 1 {
		bits++
	}
	return bits
}

func (s *vorbisSetup) times() bool {
	return s.each(6, nil, func() bool { return s.b.take(16) == 0 })
}

func (s *vorbisSetup) floors() bool {
	return s.each(6, &s.nFloors, func() bool {
		switch s.b.take(16) {
		case 0:
			return s.floor0()
		case 1:
			return s.floor1()
		}
		return false
	})
}

// floor0 reads a floor of type 0 (6.2.1).
func (s *vorbisSetup) floor0() bool {
	order, rate, size := s.b.take(8), s.b.take(16), s.b.take(16)
	s.b.take(6)
	s.b.take(8)
	return order > 0 && rate > 0 && size > 0 && s.each(4, nil, func() bool { return s.b.take(8) < s.nBooks })
}

// floor1 reads a floor of type 1 (7.2.2).
func (s *vorbisSetup) floor1() bool {
	partitions := make([]int, s.b.take(5))
	classes := 0
	for i := range partitions {
		partitions[i] = s.b.take(4)
		classes = max(classes, partitions[i]+1)
	}
	dims := make([]int, classes)
	for i := range dims {
		dims[i] = s.b.take(3) + 1
		sub := s.b.take(2)
		if sub > 0 && s.b.take(8) >= s.nBooks {
			return false
		}
		for range 1 << sub {
			if s.b.take(8)-1 >= s.nBooks {
				return false
			}
		}
	}
	s.b.take(2)
	width := s.b.take(4)
	for _, class := range partitions {
		s.b.take(dims[class] * width)
	}
	return true
}

// residues reads the residue configurations (8.6.1).
func (s *vorbisSetup) residues() bool {
	return s.each(6, &s.nResidues, func() bool {
		kind := s.b.take(16)
		begin, end := s.b.take(24), s.b.take(24)
		s.b.take(24)
		classes, book := s.b.take(6)+1, s.b.take(8)
		if kind > 2 || begin > end || book >= s.nBooks {
			return false
		}
		n := 0
		for range classes {
			cascade := s.b.take(3)
			if s.b.take(1) == 1 {
				cascade |= s.b.take(5) << 3
			}
			for ; cascade > 0; cascade &= cascade - 1 {
				n++
			}
		}
		for range n {
			if s.b.take(8) >= s.nBooks {
				return false
			}
		}
		return true
	})
}

// mappings reads the mappings of channels to floors and residues (4.2.4).
func (s *vorbisSetup) mappings() bool {
	return s.each(6, &s.nMappings, func() bool {
		if s.b.take(16) != 0 {
			return false
		}
		submaps := 1
		if s.b.take(1) == 1 {
			submaps = s.b.take(4) + 1
		}
		if s.b.take(1) == 1 && !s.each(8, nil, s.coupling) || s.b.take(2) != 0 {
			return false
		}
		for range s.channels {
			if submaps > 1 && s.b.take(4) >= submaps {
				return false
			}
		}
		for range submaps {
			s.b.take(8)
			if s.b.take(8) >= s.nFloors || s.b.take(8) >= s.nResidues {
				return false
			}
		}
		return true
	})
}

// coupling reads which two channels are coded together.
func (s *vorbisSetup) coupling() bool {
	width := bitLength(s.channels - 1)
	a, b := s.b.take(width), s.b.take(width)
	return a != b && a < s.channels && b < s.channels
}

func (s *vorbisSetup) modes() bool {
	ok := s.each(6, nil, func() bool {
		s.b.take(1)
		return s.b.take(32) == 0 && s.b.take(8) < s.nMappings
	})
	return ok && s.b.take(1) == 1
}
