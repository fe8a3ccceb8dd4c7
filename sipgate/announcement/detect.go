package announcement

import (
	"bytes"
	"fmt"
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
		return nil, formatError("RIFX", "big-endian WAV (RIFX)")
	}
	tagged, err := skipID3(in)
	if err != nil {
		return nil, err
	}
	// FLAC and Ogg are recognized first: their data may contain what looks
	// like MP3 frames.
	if !in.hasPrefix("fLaC") && !in.hasPrefix("OggS") {
		from := in.offset()
		head, _ := in.Peek(16)
		cut := tagSize(head) == 0 && len(bytes.Trim(head, "\x00")) > 0
		if first, ok := findMP3(in, tagged); ok {
			return newMP3Decoder(in, first, cut && in.offset() > from)
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
	{4, "ftyp", "AAC/ALAC (MP4)"},
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
	{0, "MThd", "MIDI"},
	{0, "riff\x2e\x91\xcf\x11", "Sony Wave64"},
	{0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media"},
	{0, "\x1a\x45\xdf\xa3", "Matroska/WebM"},
	{0, "\xff\xf1", "AAC (ADTS)"},
	{0, "\xff\xf9", "AAC (ADTS)"},
	{0, "ADIF", "AAC (ADIF)"},
	{0, "\x0b\x77", "AC-3"},
}

// oggCodecs lists how the first packet of an Ogg stream begins (RFC 3533).
// The packet of each of these codecs is short, so it begins at offset 28.
var oggCodecs = []magic{
	{28, "\x01vorbis", "Ogg Vorbis"},
	{28, "OpusHead", "Ogg Opus"},
	{28, "\x7fFLAC", "Ogg FLAC"},
	{28, "Speex   ", "Ogg Speex"},
	{0, "", "Ogg"},
}

// FileKinds names in English the kinds of files that are no sound.
var FileKinds = map[string]string{
	"zip": "a ZIP archive", "gzip": "a gzip archive", "rar": "a RAR archive", "7z": "a 7-Zip archive", "pdf": "a PDF document",
	"program": "a program", "picture": "a picture", "riff": "a RIFF file, but not WAV", "html": "an HTML page", "xml": "an XML document", "text": "text",
}

// otherFiles lists files that people and programs give the name of a sound file,
// as keys of FileKinds.
var otherFiles = []magic{
	{0, "PK\x03\x04", "zip"},
	{0, "\x1f\x8b", "gzip"},
	{0, "Rar!", "rar"},
	{0, "7z\xbc\xaf", "7z"},
	{0, "%PDF", "pdf"},
	{0, "\x7fELF", "program"},
	{0, "MZ", "program"},
	{0, "\x89PNG", "picture"},
	{0, "\xff\xd8\xff", "picture"},
	{0, "GIF8", "picture"},
	{0, "RIFF", "riff"},
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
		return formatError(format, format)
	}
	kind := match(otherFiles, head)
	switch text := bytes.ToLower(bytes.TrimSpace(head)); {
	case kind != "":
	case bytes.HasPrefix(text, []byte("<!doctype html")), bytes.HasPrefix(text, []byte("<html")):
		kind = "html"
	case bytes.HasPrefix(text, []byte("<?xml")), bytes.HasPrefix(text, []byte("<svg")):
		kind = "xml"
	case utf8.Valid(head[:max(0, len(head)-utf8.UTFMax)]) && !bytes.ContainsRune(head, 0):
		kind = "text"
	default:
		return errorf(NotAudio, "%q is neither WAV nor MP3", sanitize(path.Base(name)))
	}
	return &Error{Code: NotAudio, Reason: OtherFile, Format: kind, Detail: fmt.Sprintf("%q is %s", sanitize(path.Base(name)), FileKinds[kind])}
}

// formatError returns Unsupported for a format that is recognized but not decoded.
func formatError(name, detail string) error {
	return &Error{Code: Unsupported, Reason: UnknownFormat, Format: name, Detail: detail + "; " + readable + " can be read"}
}
