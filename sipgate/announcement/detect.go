package announcement

import (
	"bytes"
	"path"
	"unicode/utf8"
)

// readable names the formats that [Decode] reads, for errors.
const readable = "WAV and MP3"

// newDecoder detects the format of the file by its content alone and returns
// the decoder for it. name is used in errors only.
func newDecoder(in *input, name string) (decoder, error) {
	head, _ := in.Peek(16)
	switch {
	case len(head) == 0:
		return nil, errorf(Empty, "the file is empty")
	case isRIFF(head, "RIFF", "WAVE"), isRIFF(head, "RF64", "WAVE"), isRIFF(head, "BW64", "WAVE"):
		return newWAVDecoder(in)
	case isRIFF(head, "RIFX", "WAVE"):
		return nil, unsupportedf("big-endian WAV (RIFX)")
	}
	tagged, err := skipID3(in)
	if err != nil {
		return nil, err
	}
	// FLAC and Ogg are recognized first: their data may contain what looks
	// like MP3 frames.
	if !in.hasPrefix("fLaC") && !in.hasPrefix("OggS") {
		if first, ok := findMP3(in, tagged); ok {
			return newMP3Decoder(in, first)
		}
	}
	return nil, unknownFormat(in, name)
}

// isRIFF reports whether head begins a RIFF-like container that holds form.
func isRIFF(head []byte, container, form string) bool {
	return len(head) >= 12 && string(head[:4]) == container && string(head[8:12]) == form
}

// skipID3 skips ID3v2 tags, which precede MP3 frames and, against the
// specification, FLAC. It reports whether there were any.
func skipID3(in *input) (bool, error) {
	tagged := false
	for in.hasPrefix("ID3") {
		h, err := in.Peek(id3HeaderSize)
		if err != nil {
			return tagged, truncated(err)
		}
		if err := in.skip(id3Size(h)); err != nil {
			return tagged, err
		}
		tagged = true
	}
	return tagged, nil
}

const id3HeaderSize = 10

// id3Size returns the size of the ID3v2 tag with the header h, including the
// header and a footer.
func id3Size(h []byte) int64 {
	n := int64(h[6]&0x7F)<<21 | int64(h[7]&0x7F)<<14 | int64(h[8]&0x7F)<<7 | int64(h[9]&0x7F)
	if n += id3HeaderSize; h[5]&0x10 != 0 {
		n += id3HeaderSize
	}
	return n
}

// magic is a byte sequence at a fixed offset that identifies a file format.
type magic struct {
	offset int
	bytes  string
	name   string
}

// otherAudio lists audio formats that are recognized but not decoded.
var otherAudio = []magic{
	{0, "fLaC", "FLAC"},
	{4, "ftyp", "AAC or ALAC in MP4"},
	{0, "FORM", "AIFF"},
	{0, ".snd", "Sun AU"},
	{0, "caff", "Core Audio"},
	{0, "#!AMR", "AMR"},
	{0, "wvpk", "WavPack"},
	{0, "MAC ", "Monkey's Audio"},
	{0, "MPCK", "Musepack"},
	{0, "MP+", "Musepack"},
	{0, "TTA1", "True Audio"},
	{0, "DSD ", "DSD"},
	{0, "MThd", "MIDI (notes, not sound)"},
	{0, "riff\x2e\x91\xcf\x11", "Sony Wave64"},
	{0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media"},
	{0, "\x1a\x45\xdf\xa3", "Matroska or WebM"},
	{0, "\xff\xf1", "AAC (ADTS)"},
	{0, "\xff\xf9", "AAC (ADTS)"},
	{0, "ADIF", "AAC (ADIF)"},
	{0, "\x0b\x77", "AC-3"},
}

// oggCodecs lists how the first packet of an Ogg stream begins (RFC 3533).
// The packet of each of these codecs is short, so it begins at offset 28.
var oggCodecs = []magic{
	{28, "\x01vorbis", "Ogg Vorbis"},
	{28, "OpusHead", "Opus in Ogg"},
	{28, "\x7fFLAC", "FLAC in Ogg"},
	{28, "Speex   ", "Speex in Ogg"},
	{0, "", "Ogg with an unknown codec"},
}

// otherFiles lists files that people and programs give the name of a sound file.
var otherFiles = []magic{
	{0, "PK\x03\x04", "a ZIP archive"},
	{0, "\x1f\x8b", "a gzip archive"},
	{0, "Rar!", "a RAR archive"},
	{0, "7z\xbc\xaf", "a 7-Zip archive"},
	{0, "%PDF", "a PDF document"},
	{0, "\x7fELF", "a program"},
	{0, "MZ", "a program"},
	{0, "\x89PNG", "a picture"},
	{0, "\xff\xd8\xff", "a picture"},
	{0, "GIF8", "a picture"},
	{0, "RIFF", "a RIFF file, but not WAV"},
}

// match returns the name of the first of formats that head belongs to, or "".
func match(formats []magic, head []byte) string {
	for _, m := range formats {
		if len(head) >= m.offset && bytes.HasPrefix(head[m.offset:], []byte(m.bytes)) {
			return m.name
		}
	}
	return ""
}

// unknownFormat returns the error for a file that no decoder reads: Unsupported
// for other audio, NotAudio for everything else.
func unknownFormat(in *input, name string) error {
	head, _ := in.Peek(512)
	format := match(otherAudio, head)
	if in.hasPrefix("OggS") {
		format = match(oggCodecs, head)
	}
	if format != "" {
		return unsupportedf("%s; %s can be read", format, readable)
	}
	format = match(otherFiles, head)
	switch text := bytes.ToLower(bytes.TrimSpace(head)); {
	case format != "":
	case bytes.HasPrefix(text, []byte("<!doctype html")), bytes.HasPrefix(text, []byte("<html")):
		format = "an HTML page"
	case bytes.HasPrefix(text, []byte("<?xml")), bytes.HasPrefix(text, []byte("<svg")):
		format = "an XML document"
	case utf8.Valid(head[:max(0, len(head)-utf8.UTFMax)]) && !bytes.ContainsRune(head, 0):
		format = "text"
	default:
		format = "neither WAV nor MP3"
	}
	return errorf(NotAudio, "%q is %s", sanitize(path.Base(name)), format)
}
