package announcement

import "testing"

// The sizes follow from the header by ISO 11172-3 and 13818-3.
func TestMP3Headers(t *testing.T) {
	for h, want := range map[mp3Header]struct{ size, samples, rate, bitrate, channels, side int }{
		0xFFFB9000: {417, 1152, 44100, 128000, 2, 32},
		0xFFFB9200: {418, 1152, 44100, 128000, 2, 32}, // padded
		0xFFFA90C0: {417, 1152, 44100, 128000, 1, 17}, // mono, with a checksum
		0xFFFB1800: {144, 1152, 32000, 32000, 2, 32},
		0xFFFBE400: {960, 1152, 48000, 320000, 2, 32},
		0xFFF38000: {208, 576, 22050, 64000, 2, 17},
		0xFFF388C0: {288, 576, 16000, 64000, 1, 9},
		0xFFE38000: {417, 576, 11025, 64000, 2, 17},
		0xFFE384C0: {384, 576, 12000, 64000, 1, 9},
		0xFFFDA400: {576, 1152, 48000, 192000, 2, 32}, // Layer II
		0xFFF58000: {417, 1152, 22050, 64000, 2, 17},
		0xFFFFC000: {416, 384, 44100, 384000, 2, 32}, // Layer I
		0xFFFFC200: {420, 384, 44100, 384000, 2, 32},
		0xFFF78000: {276, 384, 22050, 128000, 2, 17},
	} {
		if !h.valid() || h.size() != want.size || h.samples() != want.samples || h.rate() != want.rate ||
			h.bitrate() != want.bitrate || h.channels() != want.channels || h.sideSize() != want.side {
			t.Errorf("%#x: %v %d %d %d %d %d %d, want %v", uint32(h), h.valid(), h.size(), h.samples(), h.rate(), h.bitrate(), h.channels(), h.sideSize(), want)
		}
		if h.crc() != (h&0x10000 == 0) {
			t.Errorf("%#x: checksum is %v", uint32(h), h.crc())
		}
	}
	for name, h := range map[string]mp3Header{
		"sync": 0xFFDB9000, "version": 0xFFEB9000, "layer": 0xFFF99000, "bit rate": 0xFFFBF000, "sample rate": 0xFFFB9C00, "emphasis": 0xFFFB9002, "nothing": 0,
	} {
		if h.valid() {
			t.Errorf("%s: %#x is valid", name, uint32(h))
		}
	}
	const first = mp3Header(0xFFFB9000)
	for name, test := range map[string]struct {
		h    mp3Header
		same bool
	}{
		"itself": {first, true}, "other bit rate": {0xFFFBE000, true}, "mono": {0xFFFB90C0, true}, "checksum": {0xFFFA9000, true}, "padded": {0xFFFB9200, true},
		"other sample rate": {0xFFFB9400, false}, "other version": {0xFFF39000, false}, "other layer": {0xFFFD9000, false},
		"free format": {0xFFFB0000, false}, "invalid": {0xFFFBF000, false},
	} {
		if got := test.h.compatibleWith(first); got != test.same {
			t.Errorf("%s: in the same stream is %v", name, got)
		}
	}
	for _, b := range []string{"", "\xff", "\xff\xfb\x90"} {
		if parseMP3([]byte(b)) != 0 {
			t.Errorf("%q is a header", b)
		}
	}
	if got := parseMP3([]byte("\xff\xfb\x92\x40more")); got != 0xFFFB9240 {
		t.Errorf("read as %#x", uint32(got))
	}
}
