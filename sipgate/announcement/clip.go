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

// Limits bound the cost of decoding one file. A zero field means the default.
type Limits struct {
	Bytes      int64         // file size; default 32 MiB
	Length     time.Duration // playing time; default 10 minutes
	DecodeTime time.Duration // time spent decoding, without waiting for input; default 30 s
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

// Source describes a file as it was before the conversion.
type Source struct {
	Format   string        // such as "WAV, 16-bit PCM" or "MP3"
	Rate     int           // samples per second
	Channels int           // 1 for mono
	Length   time.Duration // playing time
	Loudness float64       // of the converted clip before [Clip.Normalized], in LUFS; set by [Library.Add] only
}

// Clip is the converted sound of a file. It is immutable.
type Clip struct {
	Source Source
	Notes  []Note // sorted

	wav  []byte // header and samples
	peak int    // largest magnitude of a sample, 0 to 32768
}

// A decoder returns the samples of a file, its channels mixed to mono.
type decoder interface {
	// source describes the file, without its Length.
	source() Source
	// read stores up to len(dst) samples in dst and returns their number.
	// Full scale is −1 to 1; samples may exceed it. read returns io.EOF, with
	// the last samples or after them, only if the file is complete. Other
	// errors are *Error or come from the reader.
	read(dst []float32) (int, error)
	// notes returns what is to be said about the file, after its end.
	notes() noteSet
}

// blockSize is the number of samples that are converted at a time.
const blockSize = 4096

// Decode reads a sound file to its end and converts it. The format is detected
// by the content; name is used in errors only.
//
// Decode holds the result and a few blocks of samples in memory: 16 kB for each
// second, 9.6 MB for ten minutes.
//
// Decode returns an *Error with one of the codes for files, or the error that r
// returned.
func Decode(r io.Reader, name string, l Limits) (*Clip, error) {
	l = l.withDefaults()
	in := newInput(r, l.Bytes)
	c, err := decode(in, name, l)
	if in.err != nil {
		return nil, in.err // the decoders' own error only follows from it
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
	resampler := newResampler(c.Source.Rate)
	n, err := readSamples(in, d, l, func(samples []float32) { c.append(resampler.write(samples)) })
	if err != nil {
		return nil, err
	}
	c.append(resampler.flush())
	c.Notes = d.notes().sorted()
	c.Source.Length = duration(n, c.Source.Rate)
	copy(c.wav, wavHeader(len(c.wav)-wavHeaderSize))
	return c, in.drain()
}

// readSamples calls use with each block of samples until the end of the sound
// and returns their number, which is not 0.
func readSamples(in *input, d decoder, l Limits, use func([]float32)) (int64, error) {
	total, limit := int64(0), int64(l.Length.Seconds()*float64(d.source().Rate))
	buf := make([]float32, blockSize)
	for done := false; !done; {
		n, err := d.read(buf)
		if err != nil && err != io.EOF {
			return 0, err
		}
		done = err == io.EOF
		if total += int64(n); total > limit {
			return 0, errorf(TooLong, "longer than %v", l.Length)
		}
		if in.decodeTime() > l.DecodeTime {
			return 0, invalidf("decoding takes longer than %v", l.DecodeTime)
		}
		use(buf[:n])
	}
	if total == 0 {
		return 0, errorf(Empty, "no samples")
	}
	return total, nil
}

func duration(samples int64, rate int) time.Duration {
	return time.Duration(float64(samples) / float64(rate) * float64(time.Second))
}

// append rounds samples to 16 bits and clips those beyond full scale. It adds no
// dither: telephones code samples in 8 bits, far above the rounding noise, and
// without dither a file in the telephone format is converted bit for bit.
func (c *Clip) append(samples []float32) {
	for _, s := range samples {
		v := int(math.RoundToEven(float64(s) * 32768))
		v = max(-32768, min(v, 32767))
		c.peak = max(c.peak, v, -v)
		c.wav = binary.LittleEndian.AppendUint16(c.wav, uint16(int16(v)))
	}
}

// withSamples returns a clip with c's source and other samples.
func (c *Clip) withSamples(samples []int16) *Clip {
	next := &Clip{Source: c.Source, Notes: c.Notes, wav: append(make([]byte, 0, wavHeaderSize+2*len(samples)), wavHeader(2*len(samples))...)}
	for _, s := range samples {
		next.wav = binary.LittleEndian.AppendUint16(next.wav, uint16(s))
		next.peak = max(next.peak, int(s), -int(s))
	}
	return next
}

// WAV returns the clip as a WAV file: a header of 44 bytes, then mono 16-bit
// samples at 8 kHz. The caller must not modify it.
func (c *Clip) WAV() []byte { return c.wav }

// Length returns the playing time of the converted clip.
func (c *Clip) Length() time.Duration {
	return duration(int64(len(c.wav)-wavHeaderSize)/2, TelephoneRate)
}

// Samples returns a copy of the converted samples.
func (c *Clip) Samples() []int16 {
	s, _ := TelephoneSamples(c.wav)
	return s
}

const wavHeaderSize = 44

// wavHeader returns the header of a telephone WAV with n bytes of samples.
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

// TelephoneSamples returns the samples of a WAV file in exactly the form that
// [Clip.WAV] returns, and an error for every other file.
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
