package announcement

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"time"
)

// TelephoneRate is the sample rate of every announcement, in Hz.
const TelephoneRate = 8000

// Limits bound what one file may cost. A zero field means the default.
type Limits struct {
	Bytes      int64         // size of the file; default 32 MiB
	Length     time.Duration // playing time; default 10 minutes
	DecodeTime time.Duration // time spent decoding, waiting for the bytes not counted; default 30 s
}

func (l Limits) withDefaults() Limits {
	if l.Bytes <= 0 {
		l.Bytes = 32 << 20
	}
	if l.Length <= 0 {
		l.Length = 10 * time.Minute
	}
	if l.DecodeTime <= 0 {
		l.DecodeTime = 30 * time.Second
	}
	return l
}

// Source describes a file as it came, before the conversion.
type Source struct {
	Format   string        // "WAV, 16-bit PCM", "MP3", "FLAC, 24-bit", "Ogg Vorbis"
	Rate     int           // samples per second
	Channels int           // 1 for mono
	Length   time.Duration // playing time
	Loudness float64       // of what the telephone would play of it, in LUFS; set where a [Library] stores it
}

// Clip is a sound that was read from a file and converted. It is immutable.
type Clip struct {
	Source Source

	wav  []byte // header and samples
	peak int    // largest magnitude of a sample, 0 to 32768
}

// A decoder yields the samples of a file, its channels mixed to one.
type decoder interface {
	// source describes the file. It is valid once the decoder is made, but for
	// its Length.
	source() Source
	// read fills dst from its beginning with samples between −1 and 1 (louder
	// ones may occur) and says how many. It returns io.EOF, with or after the
	// last samples, only where the file ends as it should. Other errors are
	// *Error, or come from the reader.
	read(dst []float32) (int, error)
}

// block is how many samples pass through the conversion at a time.
const blockSize = 4096

// Decode reads a sound file to its end and converts it. What the file is, its
// content decides; name only serves to word a refusal.
//
// Of the sound never more than a few blocks and the result are held in memory:
// 16 kB for a second, 9.6 MB for ten minutes.
//
// Errors are *Error, with one of the codes for files, or what r returned.
func Decode(r io.Reader, name string, l Limits) (*Clip, error) {
	l = l.withDefaults()
	in := newInput(r, l.Bytes)
	c, err := decode(in, name, l)
	if in.err != nil {
		return nil, in.err // what the decoders make of a broken pipe is of no interest
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

func decode(in *input, name string, l Limits) (*Clip, error) {
	d, err := newDecoder(in, name)
	if err != nil {
		return nil, err
	}
	c := &Clip{Source: d.source(), wav: make([]byte, wavHeaderSize, 64<<10)}
	conv := newResampler(c.Source.Rate)
	frames, limit := int64(0), int64(l.Length.Seconds()*float64(c.Source.Rate))
	buf := make([]float32, blockSize)
	for done := false; !done; {
		n, err := d.read(buf)
		if err != nil && err != io.EOF {
			return nil, err
		}
		done = err == io.EOF
		if frames += int64(n); frames > limit {
			return nil, errorf(TooLong, "longer than %v", l.Length)
		}
		if in.decodeTime() > l.DecodeTime {
			return nil, invalidf("decoding takes longer than %v", l.DecodeTime)
		}
		c.append(conv.write(buf[:n]))
	}
	if frames == 0 {
		return nil, errorf(Empty, "no samples")
	}
	c.append(conv.flush())
	c.Source.Length = duration(frames, c.Source.Rate)
	copy(c.wav, wavHeader(len(c.wav)-wavHeaderSize))
	return c, in.drain()
}

func duration(samples int64, rate int) time.Duration {
	return time.Duration(float64(samples) / float64(rate) * float64(time.Second))
}

// append rounds the samples to 16 bits, without dither: a telephone codes them
// in 8 bits anyway, far above the noise of rounding, and so a file that is in
// telephone format already comes out bit for bit. Too loud ones are clipped.
func (c *Clip) append(samples []float32) {
	for _, s := range samples {
		v := int(math.RoundToEven(float64(s) * 32768))
		v = max(-32768, min(v, 32767))
		c.peak = max(c.peak, v, -v)
		c.wav = binary.LittleEndian.AppendUint16(c.wav, uint16(int16(v)))
	}
}

// ForTelephone returns the clip as a WAV file: a header of 44 bytes, then mono
// 16-bit samples at 8 kHz. It must not be changed.
func (c *Clip) WAV() []byte { return c.wav }

// Length is how long the converted clip plays.
func (c *Clip) Length() time.Duration {
	return duration(int64(len(c.wav)-wavHeaderSize)/2, TelephoneRate)
}

// Peak is the level of the loudest sample in dBFS: 0 for full scale, −Inf for
// silence.
func (c *Clip) Peak() float64 { return decibel(float64(c.peak) / 32768) }

// Samples returns a copy of the converted samples.
func (c *Clip) Samples() []int16 {
	s, _ := TelephoneSamples(c.wav)
	return s
}

const wavHeaderSize = 44

// header is the canonical header of a telephone WAV with n bytes of samples.
func wavHeader(n int) []byte {
	h := make([]byte, wavHeaderSize)
	le := binary.LittleEndian
	copy(h, "RIFF")
	le.PutUint32(h[4:], uint32(wavHeaderSize-8+n))
	copy(h[8:], "WAVEfmt ")
	le.PutUint32(h[16:], 16)
	le.PutUint16(h[20:], tagPCM)
	le.PutUint16(h[22:], 1)
	le.PutUint32(h[24:], TelephoneRate)
	le.PutUint32(h[28:], 2*TelephoneRate)
	le.PutUint16(h[32:], 2)
	le.PutUint16(h[34:], 16)
	copy(h[36:], "data")
	le.PutUint32(h[40:], uint32(n))
	return h
}

// TelephoneSamples returns the samples of a WAV file that is exactly what
// [Clip.ForTelephone] makes, and an error for every other.
func TelephoneSamples(wav []byte) ([]int16, error) {
	n := len(wav) - wavHeaderSize
	if n < 0 || n%2 != 0 || !bytes.Equal(wav[:wavHeaderSize], wavHeader(n)) {
		return nil, errNotTelephoneWAV
	}
	s := make([]int16, n/2)
	for i := range s {
		s[i] = int16(binary.LittleEndian.Uint16(wav[wavHeaderSize+2*i:]))
	}
	return s, nil
}

var errNotTelephoneWAV = errors.New("announcement: not a telephone WAV")
