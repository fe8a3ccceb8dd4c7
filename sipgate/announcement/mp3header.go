package announcement

import "bytes"

// mp3Header is the 32-bit header of an MPEG audio frame (ISO 11172-3, 2.4.1.3).
type mp3Header uint32

// parseMP3 returns the first four bytes of b as a header, or 0, which is invalid,
// if b is shorter.
func parseMP3(b []byte) mp3Header {
	if len(b) < 4 {
		return 0
	}
	return mp3Header(b[0])<<24 | mp3Header(b[1])<<16 | mp3Header(b[2])<<8 | mp3Header(b[3])
}

// Values of the fields version, layer and bitrateIndex.
const (
	mpeg25     = 0
	mpeg2      = 2
	mpeg1      = 3
	layer3     = 1
	layer2     = 2
	layer1     = 3
	freeFormat = 0
)

func (h mp3Header) version() int      { return int(h >> 19 & 3) }
func (h mp3Header) layer() int        { return int(h >> 17 & 3) }
func (h mp3Header) crc() bool         { return h>>16&1 == 0 }
func (h mp3Header) bitrateIndex() int { return int(h >> 12 & 15) }
func (h mp3Header) padding() int      { return int(h >> 9 & 1) }
func (h mp3Header) mono() bool        { return h>>6&3 == 3 }

// valid reports whether h can be the header of a frame.
func (h mp3Header) valid() bool {
	return h>>21 == 0x7FF && h.version() != 1 && h.layer() != 0 &&
		h.bitrateIndex() != 15 && h>>10&3 != 3 && h&3 != 2
}

// compatibleWith reports whether frames with the headers h and o can be in the
// same stream.
func (h mp3Header) compatibleWith(o mp3Header) bool {
	const same = 0xFFFE0C00 // sync, version, layer, sample rate
	return h.valid() && h.bitrateIndex() != freeFormat && h&same == o&same
}

func (h mp3Header) channels() int {
	if h.mono() {
		return 1
	}
	return 2
}

func (h mp3Header) rate() int {
	r := [3]int{44100, 48000, 32000}[h>>10&3]
	switch h.version() {
	case mpeg2:
		return r / 2
	case mpeg25:
		return r / 4
	}
	return r
}

// Bit rates in kbit/s by bitrateIndex, of MPEG-1 and of MPEG-2 and MPEG-2.5.
var (
	bitrates1 = map[int][15]int{
		layer1: {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
		layer2: {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
		layer3: {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
	}
	bitrates2 = map[int][15]int{
		layer1: {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
		layer2: {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
		layer3: {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
	}
)

func (h mp3Header) bitrate() int {
	if h.version() == mpeg1 {
		return 1000 * bitrates1[h.layer()][h.bitrateIndex()]
	}
	return 1000 * bitrates2[h.layer()][h.bitrateIndex()]
}

// samples returns the number of samples of each channel in a frame.
func (h mp3Header) samples() int {
	switch {
	case h.layer() == layer1:
		return 384
	case h.layer() == layer3 && h.version() != mpeg1:
		return 576
	}
	return 1152
}

// size returns the number of bytes of the frame, including the header.
func (h mp3Header) size() int {
	if h.layer() == layer1 {
		return (12*h.bitrate()/h.rate() + h.padding()) * 4
	}
	return h.samples()/8*h.bitrate()/h.rate() + h.padding()
}

// sideSize returns the number of bytes of the side information in a Layer III
// frame.
func (h mp3Header) sideSize() int {
	switch {
	case h.version() == mpeg1 && h.mono():
		return 17
	case h.version() == mpeg1:
		return 32
	case h.mono():
		return 9
	}
	return 17
}

// checkSupported returns Unsupported for kinds of MPEG audio that are not decoded.
func (h mp3Header) checkSupported() error {
	kind := ""
	switch {
	case h.layer() == layer1:
		kind = "MPEG Layer I (MP1)"
	case h.layer() == layer2:
		kind = "MPEG Layer II (MP2)"
	case h.version() == mpeg25 && h.rate() == 8000:
		kind = "MP3, 8 kHz (MPEG-2.5)"
	case h.bitrateIndex() == freeFormat:
		kind = "MP3, free format"
	default:
		return nil
	}
	return &Error{Code: Unsupported, Reason: UnknownMP3, Format: kind, Detail: kind + "; it can be converted to WAV, or to MP3 at 16 kHz or more"}
}

// findMP3 skips to the first frame of MPEG audio and returns its header. It
// reports false, and skips nothing, if there is none.
//
// The sync word has only 11 bits and occurs by chance. So a frame counts
// only if four frames follow each other, or frames fill the file from its
// beginning or from a tag on, or it contains a Xing header.
func findMP3(in *input, tagged bool) (mp3Header, bool) {
	b, _ := in.Peek(peekSize)
	atEnd := len(b) < peekSize
	for at := 0; at+4 <= len(b) && at < peekSize/2; at++ {
		h := parseMP3(b[at:])
		if !h.valid() {
			continue
		}
		if free := h.bitrateIndex() == freeFormat; free && at == 0 && h.layer() == layer3 {
			return h, true
		} else if free {
			continue
		}
		n, whole := countFrames(b[at:], h, atEnd)
		if n >= 4 || n > 0 && (whole && (at == 0 || tagged) || parseXing(h, b[at:]).present) {
			_, err := in.Discard(at)
			return h, err == nil
		}
	}
	return 0, false
}

// countFrames returns how many complete frames follow each other in b, up to
// four, and reports whether they reach to the end of the file or to a tag there.
func countFrames(b []byte, first mp3Header, atEnd bool) (n int, whole bool) {
	for ; n < 4; n++ {
		h := parseMP3(b)
		switch {
		case !h.compatibleWith(first):
			return n, atEnd && (len(b) == 0 || bytes.HasPrefix(b, []byte("TAG")) || bytes.HasPrefix(b, []byte("APETAGEX")))
		case h.size() > len(b):
			return n, false
		}
		b = b[h.size():]
	}
	return n, true
}
