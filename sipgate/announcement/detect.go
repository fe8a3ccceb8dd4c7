package announcement

import (
	"bytes"
	"path"
	"unicode/utf8"
)

// open finds out what the file is, by its content alone, and returns the
// decoder for it.
func open(in *input, name string) (decoder, error) {
	head, _ := in.Peek(16)
	switch {
	case len(head) == 0:
		return nil, refuse(Empty, "the file is empty")
	case form(head, "RIFF", "WAVE"), form(head, "RF64", "WAVE"), form(head, "BW64", "WAVE"):
		return newWAV(in)
	case form(head, "RIFX", "WAVE"):
		return nil, unsupported("big-endian WAV (RIFX)")
	case in.starts("OggS"):
		return newVorbis(in)
	}
	tagged, err := skipID3(in)
	if err != nil {
		return nil, err
	}
	if in.starts("fLaC") {
		return newFLAC(in)
	}
	if first, ok := findMP3(in, tagged); ok {
		return newMP3(in, first)
	}
	return nil, unknown(in, name)
}

func form(head []byte, container, kind string) bool {
	return len(head) >= 12 && string(head[:4]) == container && string(head[8:12]) == kind
}

// skipID3 skips ID3v2 tags, which stand before MP3 and, against their
// specification, before FLAC. It reports whether there were any.
func skipID3(in *input) (bool, error) {
	tagged := false
	for in.starts("ID3") {
		h, err := in.Peek(10)
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

// id3Size is the size of an ID3v2 tag with the header h of 10 bytes, the
// header and a footer included.
func id3Size(h []byte) int64 {
	n := int64(h[6]&0x7F)<<21 | int64(h[7]&0x7F)<<14 | int64(h[8]&0x7F)<<7 | int64(h[9]&0x7F)
	if n += 10; h[5]&0x10 != 0 {
		n += 10
	}
	return n
}

// magic tells kinds of files apart by how they begin.
type magic struct {
	at    int
	bytes string
	name  string
}

// Sound that is not decoded here.
var otherAudio = []magic{
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

// Files that people and programs give the name of a sound file.
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

func find(kinds []magic, head []byte) string {
	for _, m := range kinds {
		if len(head) >= m.at && bytes.HasPrefix(head[m.at:], []byte(m.bytes)) {
			return m.name
		}
	}
	return ""
}

// unknown words the refusal of a file that no decoder claims.
func unknown(in *input, name string) error {
	head, _ := in.Peek(512)
	if kind := find(otherAudio, head); kind != "" {
		return unsupported("%s; WAV, MP3, FLAC and Ogg Vorbis can be read", kind)
	}
	kind := find(otherFiles, head)
	switch text := bytes.ToLower(bytes.TrimSpace(head)); {
	case kind != "":
	case bytes.HasPrefix(text, []byte("<!doctype html")), bytes.HasPrefix(text, []byte("<html")):
		kind = "an HTML page"
	case bytes.HasPrefix(text, []byte("<?xml")), bytes.HasPrefix(text, []byte("<svg")):
		kind = "an XML document"
	case utf8.Valid(head[:max(0, len(head)-utf8.UTFMax)]) && !bytes.ContainsRune(head, 0):
		kind = "text"
	default:
		kind = "neither WAV nor MP3, FLAC or Ogg Vorbis"
	}
	return refuse(NotAudio, "%q is %s", clean(path.Base(name)), kind)
}
