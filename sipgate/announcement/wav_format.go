package announcement

import (
	"encoding/binary"
	"fmt"
)

// Format tags of WAV files, from Microsoft's mmreg.h.
const (
	tagPCM        = 0x0001
	tagMSADPCM    = 0x0002
	tagFloat      = 0x0003
	tagALaw       = 0x0006
	tagMuLaw      = 0x0007
	tagIMA        = 0x0011
	tagGSM        = 0x0031
	tagExtensible = 0xFFFE
)

// wavCodecs names codecs that occur in WAV files and are not decoded, for errors.
var wavCodecs = map[uint16]string{
	0x0008: "DTS", 0x0010: "OKI ADPCM", 0x0012: "MediaSpace ADPCM", 0x0013: "Sierra ADPCM", 0x0014: "G.723 ADPCM",
	0x0015: "DIGISTD", 0x0016: "DIGIFIX", 0x0017: "Dialogic ADPCM", 0x0020: "Yamaha ADPCM", 0x0021: "SONARC",
	0x0022: "TrueSpeech", 0x0028: "LRC", 0x0030: "AC-2", 0x0032: "MSN Audio", 0x0034: "Control Resources VQLPC",
	0x0036: "Rockwell ADPCM", 0x0038: "Xebec", 0x003C: "NetVision ADPCM", 0x0040: "G.721 ADPCM", 0x0041: "G.728", 0x0042: "G.723.1", 0x0045: "G.726 ADPCM",
	0x0050: "MPEG audio", 0x0055: "MP3", 0x0057: "AMR", 0x0058: "AMR wideband", 0x0059: "G.726 ADPCM", 0x0061: "Duck ADPCM",
	0x0062: "Duck ADPCM", 0x0064: "G.726 ADPCM", 0x0065: "G.722", 0x0069: "ADPCM of the Xbox", 0x0070: "Lernout & Hauspie", 0x0075: "Voxware",
	0x0083: "G.729", 0x0084: "G.729", 0x0085: "DSP Group TrueSpeech", 0x0092: "AC-3", 0x00FF: "AAC", 0x0111: "G.723.1", 0x0112: "Siren",
	0x0123: "G.723.1", 0x0125: "G.729", 0x0130: "Sipro", 0x0131: "G.729", 0x0133: "G.729", 0x0134: "G.723.1", 0x0140: "G.726 ADPCM",
	0x0155: "Quarterdeck", 0x0160: "Windows Media", 0x0161: "Windows Media", 0x0162: "Windows Media Pro",
	0x0163: "Windows Media Lossless", 0x0200: "Creative ADPCM", 0x0270: "ATRAC", 0x028E: "Siren", 0x028F: "ADPCM", 0x0401: "Indeo Audio",
	0x1600: "AAC", 0x1602: "AAC", 0x2000: "AC-3", 0x2001: "DTS", 0x674F: "Ogg Vorbis", 0x6750: "Ogg Vorbis", 0x6751: "Ogg Vorbis",
	0x704F: "Opus", 0x7361: "AMR", 0x7362: "AMR wideband", 0xA100: "G.723.1", 0xA102: "G.729", 0xA105: "AAC", 0xA106: "AAC",
	0xA109: "Speex", 0xF1AC: "FLAC",
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

// wavFormat says how the samples of a WAV file are decoded.
type wavFormat struct {
	name     string // as shown to users, such as "16-bit PCM"
	rate     int
	channels int
	size     int         // bytes of a frame, which is one sample of each channel, or of a block
	samples  int         // samples of each channel that they are: 1 or those of a block
	mixInto  mixFunc     // decodes frames; nil if block does
	block    *blockCodec // decodes blocks
}

// wavFields are the fields of a fmt chunk.
type wavFields struct {
	tag             uint16
	channels, rate  int
	align, bits     int    // bytes of a frame or of a block; bits of a sample
	afterExtraBytes []byte // the extension, for some tags
}

// readFormat reads the fmt chunk: 16 bytes, or 18 and an extension.
func (w *wavDecoder) readFormat(size uint32) error {
	if size < 16 || size == 17 || size > 4096 {
		return invalidf("fmt chunk of %d bytes", size)
	}
	b := make([]byte, size)
	if err := w.in.readFull(b); err != nil {
		return err
	}
	le := binary.LittleEndian
	f := wavFields{tag: le.Uint16(b), channels: int(le.Uint16(b[2:])), rate: int(le.Uint32(b[4:])),
		align: int(le.Uint16(b[12:])), bits: int(le.Uint16(b[14:]))}
	if size >= 18 {
		f.afterExtraBytes = b[18:]
	}
	if f.tag == tagExtensible {
		if size < 40 || le.Uint16(b[16:]) < 22 {
			return invalidf("extensible fmt chunk of %d bytes", size)
		}
		if string(b[26:40]) != tagGUID {
			return codecf(fmt.Sprintf("Codec %X", b[24:40]), "WAV with the sub-format %x", b[24:40])
		}
		f.tag, f.afterExtraBytes = le.Uint16(b[24:]), b[40:]
	}
	switch {
	case f.channels == 0 || f.channels > 255:
		return invalidf("%d channels", f.channels)
	case f.rate == 0:
		return invalidf("sample rate 0")
	case f.align == 0:
		return invalidf("block align 0")
	}
	var err error
	w.format, err = f.format()
	return err
}

// format returns how samples with these fields are decoded.
func (f wavFields) format() (wavFormat, error) {
	var out wavFormat
	var err error
	switch f.tag {
	case tagGSM, tagIMA, tagMSADPCM:
		out, err = f.blockFormat()
	default:
		out, err = f.sampleFormat()
	}
	if err != nil {
		return out, err
	}
	out.rate, out.channels = f.rate, f.channels
	return out, checkFormat(f.rate, f.channels)
}

// sampleFormat returns how samples that stand alone are decoded.
func (f wavFields) sampleFormat() (wavFormat, error) {
	bytes := (f.bits + 7) / 8
	out := wavFormat{size: f.channels * bytes, samples: 1}
	switch name := wavCodecs[f.tag]; {
	case f.tag == tagPCM && f.bits == 0:
		return out, invalidf("samples of 0 bits")
	case f.tag == tagPCM && f.bits >= 8 && f.bits <= 32:
		out.mixInto = []mixFunc{pcm8, pcm16, pcm24, pcm32}[bytes-1]
		out.name = fmt.Sprintf("%d-bit PCM", f.bits)
	case f.tag == tagPCM:
		return out, codecf(fmt.Sprintf("%d-bit PCM", f.bits), "WAV with %d-bit PCM", f.bits)
	case f.tag == tagFloat && (f.bits == 32 || f.bits == 64):
		out.mixInto = map[int]mixFunc{4: float32s, 8: float64s}[bytes]
		out.name = fmt.Sprintf("%d-bit float", f.bits)
	case f.tag == tagFloat:
		return out, codecf(fmt.Sprintf("%d-bit float", f.bits), "WAV with %d-bit float", f.bits)
	case f.tag == tagALaw && f.bits == 8:
		out.mixInto, out.name = alaw, "A-law"
	case f.tag == tagMuLaw && f.bits == 8:
		out.mixInto, out.name = mulaw, "µ-law"
	case f.tag == tagALaw || f.tag == tagMuLaw:
		return out, invalidf("G.711 samples of %d bits", f.bits)
	case name != "":
		return out, codecf(name, "WAV with %s", name)
	default:
		return out, codecf(fmt.Sprintf("Codec 0x%04X", f.tag), "WAV with the unknown codec %#04x", f.tag)
	}
	if f.align != out.size {
		return out, invalidf("block align %d for %d channels of %d bits", f.align, f.channels, f.bits)
	}
	return out, nil
}

// blockFormat returns how blocks of samples are decoded.
func (f wavFields) blockFormat() (wavFormat, error) {
	var block *blockCodec
	var name string
	switch {
	case f.channels > maxChannels:
		return wavFormat{}, checkFormat(f.rate, f.channels)
	case f.tag == tagGSM:
		name = "GSM 6.10"
		if f.channels == 1 && f.align == gsmBlockSize {
			block = newGSM()
		}
	case f.bits != 4:
		return wavFormat{}, codecf(fmt.Sprintf("%d-bit ADPCM", f.bits), "WAV with %d-bit ADPCM", f.bits)
	case f.tag == tagIMA:
		name = "IMA ADPCM"
		block = newIMA(f.channels, f.align)
	default:
		name = "Microsoft ADPCM"
		block = newMSADPCM(f.channels, f.align, f.coefficients())
	}
	if block == nil {
		return wavFormat{}, codecf(name, "WAV with %s in blocks of %d bytes for %d channels", name, f.align, f.channels)
	}
	return wavFormat{name: name, size: block.size, samples: block.samples, block: block}, nil
}

// coefficients returns the predictors of Microsoft ADPCM: those of the file, which
// begin with the usual ones, or these.
func (f wavFields) coefficients() [][2]int {
	b := f.afterExtraBytes
	if len(b) < 4 {
		return msCoefficients
	}
	n := int(binary.LittleEndian.Uint16(b[2:]))
	if b = b[4:]; n < len(msCoefficients) || len(b) < 4*n {
		return msCoefficients
	}
	list := make([][2]int, n)
	for i := range list {
		for k := range 2 {
			list[i][k] = int(int16(binary.LittleEndian.Uint16(b[4*i+2*k:])))
		}
	}
	return list
}

// checkFormat returns Unsupported for sample rates and numbers of channels that
// are not accepted.
func checkFormat(rate, channels int) error {
	switch {
	case rate < minRate || rate > maxRate:
		return &Error{Code: Unsupported, Reason: RateOutOfRange, Number: rate,
			Detail: fmt.Sprintf("sample rate %d Hz; it may be from %d to %d", rate, minRate, maxRate)}
	case channels < 1 || channels > maxChannels:
		return &Error{Code: Unsupported, Reason: TooManyChannels, Number: channels,
			Detail: fmt.Sprintf("%d channels; there may be up to %d", channels, maxChannels)}
	}
	return nil
}
