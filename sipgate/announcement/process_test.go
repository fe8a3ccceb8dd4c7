package announcement

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// clipOf returns a clip of samples between −1 and 1.
func clipOf(samples []float64) *Clip {
	c := &Clip{Source: Source{Format: "test", Rate: TelephoneRate, Channels: 1}, wav: make([]byte, wavHeaderSize)}
	for _, s := range samples {
		c.append([]float32{float32(s)})
	}
	copy(c.wav, wavHeader(len(c.wav)-wavHeaderSize))
	return c
}

// ITU-R BS.1770: a sine wave of 997 Hz at full scale in one channel has −3.01 LUFS;
// gaps and passages 20 dB below the rest do not count; low tones count less.
func TestLoudness(t *testing.T) {
	loud := tone(8000, 997, 0.1, 2)
	silence := make([]float64, 8000)
	for name, c := range map[string]struct {
		samples []float64
		want    float64
	}{
		"997 Hz at −20 dBFS":    {loud, -23.01},
		"the same, short":       {loud[:1600], -23.01},
		"with a gap":            {slices.Concat(loud, silence, silence, loud), -23.1},
		"with a soft passage":   {slices.Concat(loud, tone(8000, 997, 0.01, 2)), -23.1},
		"60 Hz":                 {tone(8000, 60, 0.1, 2), -26.5},
		"3 kHz, where ears are": {tone(8000, 3000, 0.1, 2), -19.6},
	} {
		near(t, name, Loudness(clipOf(c.samples).Samples()), c.want, 0.35)
	}
	if l := Loudness(make([]int16, 8000)); !math.IsInf(l, -1) {
		t.Errorf("silence: %v", l)
	}
	if l := Loudness(nil); !math.IsInf(l, -1) {
		t.Errorf("nothing: %v", l)
	}
}

func TestNormalized(t *testing.T) {
	for name, c := range map[string]struct {
		samples    []float64
		level      Level
		loud, peak float64
	}{
		"soft speech is raised":        {tone(8000, 997, 0.02, 2), Level{}, -16, -13},
		"too loud is lowered":          {tone(8000, 997, 0.9, 2), Level{}, -16, -13},
		"another target":               {tone(8000, 997, 0.02, 2), Level{Target: -23}, -23, -20},
		"clicks do not keep it soft":   {sum(tone(8000, 997, 0.05, 2), spikes(16000, 0.6)), Level{}, -16, -3},
		"clicks far above the sound":   {sum(tone(8000, 997, 0.01, 2), spikes(16000, 0.9)), Level{}, -26, -3},
		"another ceiling":              {tone(8000, 997, 0.02, 2), Level{Target: -3, Ceiling: -9}, -12, -9},
		"a constant offset is removed": {sum(tone(8000, 997, 0.1, 2), offset(16000, 0.3)), Level{}, -16, -13},
		"off":                          {tone(8000, 997, 0.02, 2), Level{Off: true}, -37, -34},
		"too faint to be amplified":    {tone(8000, 997, 0.0005, 2), Level{}, -69, -66},
		"only an offset is wrong":      {sum(tone(8000, 997, 0.224, 2), offset(16000, 0.3)), Level{}, -16, -13},
		"a constant offset only":       {offset(8000, 0.3), Level{}, math.Inf(-1), math.Inf(-1)},
	} {
		before := clipOf(c.samples)
		after := before.Normalized(c.level)
		if math.IsInf(c.peak, -1) {
			if after.peak != 0 {
				t.Errorf("%s: peak %d", name, after.peak)
			}
			continue
		}
		near(t, name+": loudness", Loudness(after.Samples()), c.loud, 0.5)
		near(t, name+": peak", peakLevel(after.Samples()), c.peak, 0.35)
		if after.peak != int(maxDeviation(after.Samples(), 0)) {
			t.Errorf("%s: peak is said to be %d", name, after.peak)
		}
		if mean := meanSample(after.Samples()); math.Abs(mean) > 0.02*float64(after.peak) {
			t.Errorf("%s: offset %.0f", name, mean)
		}
		if after.Length() != before.Length() || after.Source != before.Source {
			t.Errorf("%s: %+v, %v", name, after.Source, after.Length())
		}
	}
}

// spikes returns silence with a click every half second.
func spikes(n int, amp float64) []float64 {
	s := make([]float64, n)
	for i := 2000; i < n; i += 4000 {
		s[i] = amp
	}
	return s
}

func offset(n int, by float64) []float64 {
	s := make([]float64, n)
	for i := range s {
		s[i] = by
	}
	return s
}

// passage is a part of a random sound.
type passage struct {
	kind           string
	dB, hz, length float64
}

var passages = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) passage {
	return passage{
		kind:   rapid.SampledFrom([]string{"tone", "silence", "clicks", "square"}).Draw(t, "kind"),
		dB:     rapid.Float64Range(-90, 3).Draw(t, "dB"),
		hz:     rapid.Float64Range(40, 3900).Draw(t, "Hz"),
		length: rapid.Float64Range(0.001, 0.4).Draw(t, "seconds"),
	}
}), 1, 3)

// drawClip returns a random clip of passages, with or without an offset.
func drawClip(t *rapid.T) *Clip {
	var s []float64
	for _, p := range passages.Draw(t, "sound") {
		amp := math.Pow(10, p.dB/20)
		part := tone(8000, p.hz, amp, p.length)
		switch p.kind {
		case "silence":
			clear(part)
		case "clicks":
			part = spikes(len(part), amp)
		case "square":
			for i := range part {
				part[i] = math.Copysign(amp, part[i])
			}
		}
		s = append(s, part...)
	}
	by := rapid.SampledFrom([]float64{0, 0, 0.0001, 0.01, -0.3}).Draw(t, "offset")
	return clipOf(sum(s, offset(len(s), by)))
}

// For every clip: no sample exceeds the ceiling, the loudness does not exceed the
// target, the length is kept, and normalizing again changes nothing if the
// loudness was reached and the limiter made no offset.
func TestNormalizedProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := drawClip(t)
		l := Level{Target: rapid.Float64Range(-40, -10).Draw(t, "target"), Ceiling: rapid.Float64Range(-20, -1).Draw(t, "ceiling")}
		once := before.Normalized(l)
		twice := once.Normalized(l)
		if once.Length() != before.Length() {
			t.Fatalf("length %v, was %v", once.Length(), before.Length())
		}
		if peakLevel(once.Samples()) > l.Ceiling+minGain {
			t.Fatalf("peak %.2f above %.2f", peakLevel(once.Samples()), l.Ceiling)
		}
		if loud := Loudness(once.Samples()); loud > l.Target+0.3 {
			t.Fatalf("loudness %.2f above %.2f", loud, l.Target)
		}
		if Loudness(once.Samples()) < l.Target-minGain {
			return
		}
		first := once.Samples()
		if mean := meanSample(first); math.Abs(mean) >= minOffset*maxDeviation(first, mean) {
			return // the limiter made an offset: the wave is higher on one side
		}
		for i, s := range twice.Samples() {
			if d := math.Abs(float64(s) - float64(first[i])); d > 1+0.02*float64(once.peak) {
				t.Fatalf("sample %d is %d the second time, %d the first", i, s, first[i])
			}
		}
		if _, err := TelephoneSamples(once.WAV()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestTrimmed(t *testing.T) {
	beep, silence := tone(8000, 440, 0.5, 1), make([]float64, 16000)
	hiss := tone(8000, 3111, 0.005, 2) // 40 dB below
	for name, c := range map[string]struct {
		samples []float64
		seconds float64
	}{
		"silence around":            {slices.Concat(silence, beep, silence), 1.3},
		"silence before":            {slices.Concat(silence, beep), 1.1},
		"hiss around":               {slices.Concat(hiss, beep, hiss), 1.3},
		"with a constant offset":    {sum(slices.Concat(silence, beep, silence), offset(40000, 0.1)), 1.3},
		"a pause within stays":      {slices.Concat(silence, beep, silence, beep, silence), 4.3},
		"nothing to trim":           {beep, 1},
		"less silence than is kept": {slices.Concat(silence[:400], beep, silence[:400]), 1.1},
		"silence only":              {silence, 2},
		"too faint to be a sound":   {tone(8000, 440, 0.0005, 1), 1},
	} {
		near(t, name, clipOf(c.samples).Trimmed().Length().Seconds(), c.seconds, 0.021)
	}
}

// A trimmed clip is a part of the original.
func TestTrimmedProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := drawClip(t)
		after := before.Trimmed()
		if !strings.Contains(string(before.WAV()[wavHeaderSize:]), string(after.WAV()[wavHeaderSize:])) {
			t.Fatal("not a part of it")
		}
		if after.Length() > before.Length() || after.Length() == 0 {
			t.Fatalf("length %v, was %v", after.Length(), before.Length())
		}
	})
}

func TestClipWaveform(t *testing.T) {
	wave := clipOf(slices.Concat(make([]float64, 8000), tone(8000, 440, 1, 1))).Waveform()
	if len(wave) != clipBars || wave[:30] != strings.Repeat("0", 30) || wave[34:] != strings.Repeat("v", 30) {
		t.Errorf("%q", wave)
	}
	if short := clipOf([]float64{0.5}).Waveform(); len(short) != 1 {
		t.Errorf("%q", short)
	}
}
