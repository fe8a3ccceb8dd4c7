package simulator

import (
	"errors"
	"io"
	"time"
)

// How loud the others are while something else must be understood.
const (
	underTones             = 0.06 // voices and music under keypad tones
	underClip              = 0.1  // voices and music under an announcement
	clipUnderTones         = 0.35 // an announcement under keypad tones
	gainRamp               = sampleRate / 200
	blockSize              = sampleRate // samples that are rendered at a time
	fullScale      float32 = 32767
)

// block renders the samples from position at on. The same positions give the
// same samples, whatever was rendered before.
func (s *audioEvents) render(out []float32, at int64) {
	clear(out)
	gain, duck := ones(len(out)), ones(len(out))
	for _, k := range s.tones {
		attenuate(gain, at, span{k.at, k.end()}, underTones)
		attenuate(duck, at, span{k.at, k.end()}, clipUnderTones)
		k.sound(out, at)
	}
	for _, c := range s.clips {
		attenuate(gain, at, c.span(), underClip)
		c.sound(out, duck, at)
	}
	for _, h := range s.holds {
		addHoldMusic(out, gain, at, h)
		attenuate(gain, at, h, 0)
	}
	s.addVoices(out, gain, at)
}

// talk adds the voices: those present take turns, in the order in which they
// joined the call; one that is alone makes pauses.
func (s *audioEvents) addVoices(out, gain []float32, at int64) {
	for turn := at / turnLength; turn*turnLength < at+int64(len(out)); turn++ {
		middle := turn*turnLength + turnLength/2
		var there []int
		for i, p := range s.parties {
			if p.presentAt(middle) {
				there = append(there, i)
			}
		}
		who := int(turn % int64(max(2, len(there))))
		if who >= len(there) {
			continue
		}
		p, own := s.parties[there[who]], append([]float32(nil), gain...)
		p.silenceAbsence(own, at)
		if there[who] == 0 {
			for _, m := range s.mutes {
				attenuate(own, at, m, 0)
			}
		}
		voices()[p.voice].speak(out, own, at, s.seed+uint64(p.voice), turn)
	}
}

func (p *audioParty) presentAt(n int64) bool {
	for _, s := range p.present {
		if s.from <= n && n < s.to {
			return true
		}
	}
	return false
}

// silenceAbsence lowers gain to nothing while p is not on the call.
func (p *audioParty) silenceAbsence(gain []float32, at int64) {
	gone := span{-forever, 0}
	for _, s := range p.present {
		gone.to = s.from
		attenuate(gain, at, gone, 0)
		gone.from = s.to
	}
	gone.to = forever
	attenuate(gain, at, gone, 0)
}

func (c clip) span() span { return span{c.at, c.at + int64(len(c.samples))} }

func (c clip) sound(out, gain []float32, at int64) {
	for n := max(c.at, at); n < min(c.span().to, at+int64(len(out))); n++ {
		out[n-at] += gain[n-at] * float32(c.samples[n-c.at]) / fullScale
	}
}

func ones(n int) []float32 {
	g := make([]float32, n)
	for i := range g {
		g[i] = 1
	}
	return g
}

// lower multiplies gain, whose first element belongs to position at, by level
// within s, with ramps of 5 ms before and after it.
func attenuate(gain []float32, at int64, s span, level float32) {
	if s.from >= s.to {
		return
	}
	from, to := max(s.from-gainRamp, at), min(s.to+gainRamp, at+int64(len(gain)))
	for n := from; n < to; n++ {
		far := max(s.from-n, n-s.to+1, 0)
		gain[n-at] *= level + (1-level)*float32(far)/(gainRamp+1)
	}
}

// soundFile is a finished recording. It is rendered anew whenever it is read
// and is the same every time.
type audioFile struct {
	tape *audioTimeline
	span
	ended time.Time
}

// samples is the length of the recording.
func (f *audioFile) samples() int64 { return f.to - f.from }

// size is the length of the file in bytes.
func (f *audioFile) size() int64 { return wavHeaderSize + 2*f.samples() }

// wav returns the whole file. It is safe for concurrent use.
func (f *audioFile) wav() []byte {
	b := make([]byte, f.size())
	if _, err := io.ReadFull(f.reader(), b); err != nil {
		panic("simulator: a recording is shorter than its size: " + err.Error())
	}
	return b
}

// reader returns the file to read from; only what is read is rendered.
func (f *audioFile) reader() io.ReadSeeker {
	return &audioReader{file: f, events: f.tape.snapshot(), header: wavHeader(f.samples())}
}

// soundReader reads a soundFile. It holds one block, not the file.
type audioReader struct {
	file   *audioFile
	events audioEvents
	header []byte

	offset int64 // of the next byte
	block  []byte
	first  int64 // offset of block
	mixed  []float32
}

// Read implements io.Reader.
func (r *audioReader) Read(p []byte) (int, error) {
	if r.offset >= r.file.size() {
		return 0, io.EOF
	}
	if r.offset < wavHeaderSize {
		n := copy(p, r.header[r.offset:])
		r.offset += int64(n)
		return n, nil
	}
	if r.offset < r.first || r.offset >= r.first+int64(len(r.block)) {
		r.render()
	}
	n := copy(p, r.block[r.offset-r.first:])
	r.offset += int64(n)
	return n, nil
}

// render makes the block in which the offset lies.
func (r *audioReader) render() {
	sample := (r.offset - wavHeaderSize) / 2 / blockSize * blockSize
	r.first = wavHeaderSize + 2*sample
	if r.mixed == nil {
		r.mixed = make([]float32, blockSize)
	}
	out := r.mixed[:min(blockSize, r.file.samples()-sample)]
	r.events.render(out, r.file.from+sample)
	r.block = r.block[:0]
	for _, x := range out {
		v := int16(max(-1, min(1, x)) * fullScale)
		r.block = append(r.block, byte(v), byte(v>>8))
	}
}

// Seek implements io.Seeker.
func (r *audioReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.offset
	case io.SeekEnd:
		offset += r.file.size()
	}
	if offset < 0 {
		return 0, errors.New("simulator: seek before the start of a recording")
	}
	r.offset = offset
	return offset, nil
}
