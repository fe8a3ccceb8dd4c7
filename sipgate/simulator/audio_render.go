package simulator

import (
	"errors"
	"io"
	"time"
)

// Gains of the other sources while something must be understood.
const (
	underTones             = 0.06 // of voices and music under keypad tones
	underClip              = 0.1  // of voices and music under an announcement
	clipUnderTones         = 0.35 // of an announcement under keypad tones
	gainRamp               = sampleRate / 200
	blockSize              = sampleRate // samples that are rendered at a time
	fullScale      float32 = 32767
)

// render fills out with the samples from position at on. The same positions
// give the same samples, whatever was rendered before.
func (t *audioTimeline) render(out []float32, at int64) {
	clear(out)
	gain, clipGain := ones(len(out)), ones(len(out))
	for _, k := range t.tones {
		attenuate(gain, at, span{k.at, k.end()}, underTones)
		attenuate(clipGain, at, span{k.at, k.end()}, clipUnderTones)
		k.add(out, at)
	}
	for _, c := range t.clips {
		attenuate(gain, at, c.span(), underClip)
		c.add(out, clipGain, at)
	}
	for _, h := range t.holds {
		addHoldMusic(out, gain, at, h)
		attenuate(gain, at, h, 0)
	}
	t.addVoices(out, gain, at)
}

// addVoices lets the parties on the call take turns, in the order in which
// they joined. A party that is alone pauses every second turn.
func (t *audioTimeline) addVoices(out, gain []float32, at int64) {
	for turn := at / turnLength; turn*turnLength < at+int64(len(out)); turn++ {
		var present []*audioParty
		for _, p := range t.parties {
			if p.presentAt(turn*turnLength + turnLength/2) {
				present = append(present, p)
			}
		}
		i := int(turn % int64(max(2, len(present))))
		if i >= len(present) {
			continue
		}
		own := gain
		if present[i] == t.parties[0] {
			own = append([]float32(nil), gain...)
			for _, m := range t.mutes {
				attenuate(own, at, m, 0)
			}
		}
		present[i].addVoice(out, own, at, turn)
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

func (c clip) span() span { return span{c.at, c.at + int64(len(c.samples))} }

func (c clip) add(out, gain []float32, at int64) {
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

// attenuate multiplies gain, whose first element belongs to position at, by
// level within s, with ramps of 5 ms before and after it.
func attenuate(gain []float32, at int64, s span, level float32) {
	if s.from >= s.to {
		return
	}
	from, to := max(s.from-gainRamp, at), min(s.to+gainRamp, at+int64(len(gain)))
	for n := from; n < to; n++ {
		distance := max(s.from-n, n-s.to+1, 0)
		gain[n-at] *= level + (1-level)*float32(distance)/(gainRamp+1)
	}
}

// audioFile is a finished recording. It is rendered whenever it is read, and
// is the same every time.
type audioFile struct {
	timeline *audioTimeline
	span
	ended time.Time
}

// samples returns the length of the recording in samples.
func (f *audioFile) samples() int64 { return f.to - f.from }

// size returns the length of the WAV file in bytes.
func (f *audioFile) size() int64 { return wavHeaderSize + 2*f.samples() }

// reader returns a reader of the WAV file that renders only what is read.
func (f *audioFile) reader() io.ReadSeeker {
	return &audioReader{file: f, header: wavHeader(f.samples())}
}

// audioReader reads an audioFile. It holds one block at a time.
type audioReader struct {
	file   *audioFile
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

// render renders the block that contains the offset.
func (r *audioReader) render() {
	sample := (r.offset - wavHeaderSize) / 2 / blockSize * blockSize
	r.first = wavHeaderSize + 2*sample
	if r.mixed == nil {
		r.mixed = make([]float32, blockSize)
	}
	out := r.mixed[:min(blockSize, r.file.samples()-sample)]
	r.file.timeline.render(out, r.file.from+sample)
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
