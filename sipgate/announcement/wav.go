package announcement

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Format tags of WAV files, from Microsoft's mmreg.h.
const (
	tagPCM        = 0x0001
	tagFloat      = 0x0003
	tagALaw       = 0x0006
	tagMuLaw      = 0x0007
	tagExtensible = 0xFFFE
)

// wavCodecs names codecs that occur in WAV files and are not decoded, for errors.
var wavCodecs = map[uint16]string{
	0x0002: "Microsoft ADPCM", 0x0011: "IMA ADPCM", 0x0014: "G.723 ADPCM", 0x0016: "G.726 ADPCM",
	0x0017: "Dialogic ADPCM", 0x0022: "TrueSpeech", 0x0031: "GSM 6.10", 0x0040: "G.721 ADPCM",
	0x0042: "G.723.1", 0x0045: "G.726 ADPCM", 0x0050: "MPEG audio", 0x0055: "MP3 inside WAV",
	0x0064: "G.726 ADPCM", 0x0065: "G.722", 0x0083: "G.729", 0x0092: "AC-3 S/PDIF", 0x00FF: "AAC",
	0x0160: "Windows Media 1", 0x0161: "Windows Media 2", 0x0162: "Windows Media Pro",
	0x0163: "Windows Media Lossless", 0x028F: "ADPCM", 0x1600: "AAC", 0x2000: "AC-3", 0x2001: "DTS",
	0xA109: "Speex", 0xF1AC: "FLAC inside WAV",
}

// tagGUID is the rest of a WAVE_FORMAT_EXTENSIBLE sub-format whose first two
// bytes are a format tag (KSDATAFORMAT_SUBTYPE_WAVEFORMATEX).
const tagGUID = "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"

// The accepted sample rates, in Hz, and numbers of channels.
const (
	minRate     = 4000
	maxRate     = 192000
	maxChannels = 8
)

// Sizes of a data chunk that reaches to the end of the file, written by programs
// that could not seek back to fill in the size: the usual one, and that of SoX.
const (
	sizeStreamed    = 0xFFFFFFFF
	sizeStreamedSoX = 0x7FFFF000
)

// maxChunks is the maximum number of chunks before the samples.
const maxChunks = 1000

// wavDecoder decodes WAV files with PCM, floating-point, A-law or µ-law samples.
type wavDecoder struct {
	in         *input
	mixInto    mixFunc
	rate       int
	channels   int
	sampleSize int    // bytes of one sample of one channel
	codec      string // as shown to users, such as "16-bit PCM"

	remaining int64 // bytes of samples still to be read, or −1 for all until the end
	ds64Size  int64 // size of the data chunk from the ds64 chunk of an RF64 file
	riffSize  uint32
	buf       []byte
}

func newWAVDecoder(in *input) (*wavDecoder, error) {
	w := &wavDecoder{in: in}
	var h [12]byte
	if err := in.readFull(h[:]); err != nil {
		return nil, err
	}
	w.riffSize = binary.LittleEndian.Uint32(h[4:])
	size, err := w.findData(string(h[:4]) != "RIFF")
	if err != nil {
		return nil, err
	}
	frame := int64(w.channels * w.sampleSize)
	switch {
	case size == sizeStreamed && w.ds64Size > 0:
		w.remaining = w.ds64Size
	case size == sizeStreamed || size == sizeStreamedSoX:
		w.remaining = -1
	case w.riffSize < 36:
		return nil, invalidf("RIFF size %d", w.riffSize)
	default:
		w.remaining = int64(size)
	}
	if w.remaining > 0 && w.remaining%frame != 0 {
		return nil, invalidf("%d bytes of samples, which is not a multiple of %d", w.remaining, frame)
	}
	w.buf = make([]byte, blockSize*frame)
	return w, nil
}

// findData reads chunks up to the beginning of the samples and returns the size
// of the samples according to their chunk.
func (w *wavDecoder) findData(is64 bool) (uint32, error) {
	for range maxChunks {
		var h [8]byte
		if _, err := io.ReadFull(w.in, h[:]); err == io.EOF {
			return 0, invalidf("no %s chunk", map[bool]string{true: "data", false: "fmt"}[w.mixInto != nil])
		} else if err != nil {
			return 0, truncated(err)
		}
		size := binary.LittleEndian.Uint32(h[4:])
		var err error
		switch id := string(h[:4]); {
		case id == "data" && w.mixInto == nil:
			return 0, invalidf("the data chunk is before the fmt chunk")
		case id == "data":
			return size, nil
		case id == "fmt " && w.mixInto != nil:
			return 0, invalidf("two fmt chunks")
		case id == "fmt ":
			err = w.readFormat(size)
		case id == "ds64" && is64:
			err = w.readDS64(size)
		default:
			err = w.in.skip(int64(size) + int64(size&1))
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, invalidf("more than %d chunks before the samples", maxChunks)
}

// readDS64 reads the ds64 chunk, which has the real sizes of an RF64 file
// (EBU Tech 3306).
func (w *wavDecoder) readDS64(size uint32) error {
	if size < 28 || size > 1<<16 {
		return invalidf("ds64 chunk of %d bytes", size)
	}
	b := make([]byte, size+size&1)
	if err := w.in.readFull(b); err != nil {
		return err
	}
	w.ds64Size = int64(binary.LittleEndian.Uint64(b[8:]))
	if w.ds64Size < 0 {
		return invalidf("data size %d", uint64(w.ds64Size))
	}
	return nil
}

// readFormat reads the fmt chunk: 16 bytes, or 18 and an extension.
func (w *wavDecoder) readFormat(size uint32) error {
	if size < 16 || size == 17 || size > 4096 {
		return invalidf("fmt chunk of %d bytes", size)
	}
	b := make([]byte, size+size&1)
	if err := w.in.readFull(b); err != nil {
		return err
	}
	le := binary.LittleEndian
	tag, align, bits := le.Uint16(b), int(le.Uint16(b[12:])), int(le.Uint16(b[14:]))
	w.channels, w.rate = int(le.Uint16(b[2:])), int(le.Uint32(b[4:]))
	if tag == tagExtensible {
		if size < 40 || le.Uint16(b[16:]) < 22 {
			return invalidf("extensible fmt chunk of %d bytes", size)
		}
		if string(b[26:40]) != tagGUID {
			return unsupportedf("WAV with the sub-format %x", b[24:40])
		}
		tag = le.Uint16(b[24:])
	}
	switch {
	case w.channels == 0 || w.channels > 255:
		return invalidf("%d channels", w.channels)
	case w.rate == 0:
		return invalidf("sample rate 0")
	case align == 0:
		return invalidf("block align 0")
	}
	return w.setCodec(tag, bits, align)
}

// setCodec sets the codec for a format tag and the bits of a sample. align is the
// size of one sample of all channels according to the file.
func (w *wavDecoder) setCodec(tag uint16, bits, align int) error {
	w.sampleSize = (bits + 7) / 8
	switch name := wavCodecs[tag]; {
	case tag == tagPCM && bits == 0:
		return invalidf("samples of 0 bits")
	case tag == tagPCM && bits >= 8 && bits <= 32:
		w.mixInto = []mixFunc{pcm8, pcm16, pcm24, pcm32}[w.sampleSize-1]
		w.codec = fmt.Sprintf("%d-bit PCM", bits)
	case tag == tagPCM:
		return unsupportedf("WAV with %d-bit PCM", bits)
	case tag == tagFloat && (bits == 32 || bits == 64):
		w.mixInto = map[int]mixFunc{4: float32s, 8: float64s}[w.sampleSize]
		w.codec = fmt.Sprintf("%d-bit float", bits)
	case tag == tagFloat:
		return unsupportedf("WAV with %d-bit float", bits)
	case tag == tagALaw && bits == 8:
		w.mixInto, w.codec = alaw, "A-law"
	case tag == tagMuLaw && bits == 8:
		w.mixInto, w.codec = mulaw, "µ-law"
	case tag == tagALaw || tag == tagMuLaw:
		return invalidf("G.711 samples of %d bits", bits)
	case name != "":
		return unsupportedf("WAV with %s", name)
	default:
		return unsupportedf("WAV with the unknown codec %#04x", tag)
	}
	if align != w.channels*w.sampleSize {
		return invalidf("block align %d for %d channels of %d bits", align, w.channels, bits)
	}
	return checkFormat(w.rate, w.channels)
}

// checkFormat returns Unsupported for sample rates and numbers of channels that
// are not accepted.
func checkFormat(rate, channels int) error {
	switch {
	case rate < minRate || rate > maxRate:
		return unsupportedf("sample rate %d Hz; it may be from %d to %d", rate, minRate, maxRate)
	case channels < 1 || channels > maxChannels:
		return unsupportedf("%d channels; there may be up to %d", channels, maxChannels)
	}
	return nil
}

func (w *wavDecoder) source() Source {
	return Source{Format: "WAV, " + w.codec, Rate: w.rate, Channels: w.channels}
}

func (w *wavDecoder) read(dst []float32) (int, error) {
	frame := w.channels * w.sampleSize
	want := min(len(dst), blockSize) * frame
	if w.remaining >= 0 {
		want = int(min(int64(want), w.remaining))
	}
	n, err := io.ReadFull(w.in, w.buf[:want])
	switch {
	case w.remaining == 0:
		return 0, w.checkComplete()
	case err == nil:
	case w.remaining > 0:
		return 0, truncated(err)
	case err != io.EOF && err != io.ErrUnexpectedEOF:
		return 0, err
	case n%frame != 0:
		return 0, invalidf("the file ends with half a sample")
	default:
		err = io.EOF
	}
	if w.remaining > 0 {
		w.remaining -= int64(n)
	}
	mixChannels(w.mixInto, dst, w.buf[:n], w.channels, w.sampleSize)
	return n / frame, err
}

// checkComplete reads the metadata after a data chunk of known size. It returns
// io.EOF, or Invalid if the file is shorter than its RIFF header says. Some
// programs wrongly count the first 8 bytes too; such files are complete.
func (w *wavDecoder) checkComplete() error {
	if err := w.in.drain(); err != nil {
		return err
	}
	if got := w.in.limit - w.in.remaining; w.riffSize != sizeStreamed && int64(w.riffSize) > got {
		return invalidf("the file is truncated: %d bytes of %d", got, w.riffSize)
	}
	return io.EOF
}
