package simulator

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// sampleRate is the sample rate in Hz of telephone audio: of announcements and
// recordings.
const sampleRate = 8000

// wavHeaderSize is the length in bytes of the header that wavHeader returns.
const wavHeaderSize = 44

// pcmSubFormat is the GUID of plain PCM in a WAVE_FORMAT_EXTENSIBLE header.
var pcmSubFormat = []byte{1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71}

var errNotWAV = errors.New("not a WAV file")

// parseWAV returns the samples of a WAV file in telephone format: mono, 16-bit
// PCM, 8 kHz. It refuses other formats, sizes beyond the end of the file,
// missing and duplicate chunks, and empty or odd data chunks. It ignores bytes
// after the RIFF chunk, and never allocates more than the size of the file.
func parseWAV(file []byte) ([]int16, error) {
	if len(file) < 12 || string(file[:4]) != "RIFF" || string(file[8:12]) != "WAVE" {
		return nil, errNotWAV
	}
	size := int64(binary.LittleEndian.Uint32(file[4:]))
	if size < 4 || size+8 > int64(len(file)) {
		return nil, fmt.Errorf("truncated WAV file: RIFF size %d, but %d bytes follow", size, len(file)-8)
	}
	format, data, err := wavChunks(file[12 : 8+size])
	if err != nil {
		return nil, err
	}
	if err := checkFormat(format); err != nil {
		return nil, err
	}
	if len(data) == 0 || len(data)%2 != 0 {
		return nil, fmt.Errorf("WAV data chunk of %d bytes holds no whole samples", len(data))
	}
	samples := make([]int16, len(data)/2)
	for i := range samples {
		samples[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
	}
	return samples, nil
}

// wavChunks returns the contents of the fmt and the data chunk, which must come
// in this order, each once. It skips other chunks with their pad bytes.
func wavChunks(body []byte) (format, data []byte, err error) {
	for len(body) > 0 {
		if len(body) < 8 {
			return nil, nil, errors.New("truncated WAV chunk header")
		}
		id, size := string(body[:4]), int64(binary.LittleEndian.Uint32(body[4:]))
		body = body[8:]
		if size > int64(len(body)) {
			return nil, nil, fmt.Errorf("truncated WAV chunk %q: %d bytes declared, %d present", id, size, len(body))
		}
		content := body[:size:size]
		body = body[min(size+size%2, int64(len(body))):]
		switch {
		case id == "fmt " && format == nil:
			format = content
		case id == "data" && format != nil && data == nil:
			data = content
		case id == "fmt " || id == "data":
			return nil, nil, fmt.Errorf("misplaced WAV chunk %q", id)
		}
	}
	if format == nil {
		return nil, nil, errors.New("WAV file without fmt chunk")
	}
	if data == nil {
		return nil, nil, errors.New("WAV file without data chunk")
	}
	return format, data, nil
}

// checkFormat validates a fmt chunk: mono 16-bit PCM at 8 kHz, with consistent
// rates.
func checkFormat(f []byte) error {
	if len(f) < 16 {
		return fmt.Errorf("WAV fmt chunk of %d bytes, want 16", len(f))
	}
	word := func(at int) int { return int(binary.LittleEndian.Uint16(f[at:])) }
	tag, channels, bits := word(0), word(2), word(14)
	if tag == 0xFFFE && len(f) >= 40 && bytes.Equal(f[24:40], pcmSubFormat) {
		tag = 1
	}
	hertz := binary.LittleEndian.Uint32(f[4:])
	if tag != 1 || channels != 1 || bits != 16 || hertz != sampleRate {
		return fmt.Errorf("want mono 16-bit PCM at 8000 Hz, but the WAV file has format %d, %d channel(s), %d bit, %d Hz",
			tag, channels, bits, hertz)
	}
	if binary.LittleEndian.Uint32(f[8:]) != 2*sampleRate || word(12) != 2 {
		return errors.New("WAV fmt chunk contradicts itself: wrong byte rate or block size")
	}
	return nil
}

// wavHeader returns the header of a file with n samples of mono 16-bit PCM at
// 8 kHz.
func wavHeader(n int64) []byte {
	h := make([]byte, 0, wavHeaderSize)
	le := binary.LittleEndian
	h = append(h, "RIFF"...)
	h = le.AppendUint32(h, uint32(wavHeaderSize-8+2*n))
	h = append(h, "WAVEfmt "...)
	h = le.AppendUint32(h, 16)
	h = le.AppendUint16(h, 1) // PCM
	h = le.AppendUint16(h, 1) // mono
	h = le.AppendUint32(h, sampleRate)
	h = le.AppendUint32(h, 2*sampleRate)
	h = le.AppendUint16(h, 2)
	h = le.AppendUint16(h, 16)
	h = append(h, "data"...)
	return le.AppendUint32(h, uint32(2*n))
}
