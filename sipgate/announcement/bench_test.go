package announcement

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// longWAV returns three minutes of 44.1 kHz stereo.
func longWAV() []byte {
	return wavFile{bits: 16, rate: 44100, channels: 2, samples: sum(tone(44100, 997, 0.4, 180), tone(44100, 6000, 0.2, 180))}.bytes()
}

// encode writes wav to a file with the extension ext, converted by sox, and returns
// its path.
func encode(b *testing.B, wav []byte, ext string) (path string) {
	b.Helper()
	if _, err := exec.LookPath("sox"); err != nil {
		b.Skip("sox is not installed")
	}
	dir := b.TempDir()
	path = filepath.Join(dir, "long.wav")
	if err := os.WriteFile(path, wav, 0o600); err != nil {
		b.Fatal(err)
	}
	if ext == ".wav" {
		return path
	}
	out := filepath.Join(dir, "long"+ext)
	if msg, err := exec.Command("sox", path, out).CombinedOutput(); err != nil {
		b.Skipf("sox cannot write %s: %s", ext, msg)
	}
	return out
}

// BenchmarkConvert reports the speed as a multiple of real time.
func BenchmarkConvert(b *testing.B) {
	wav := longWAV()
	run := func(b *testing.B, name string, file []byte, seconds float64) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Decode(bytes.NewReader(file), name, Limits{}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(seconds*float64(b.N)/b.Elapsed().Seconds(), "×realtime")
	}
	b.Run("WAV", func(b *testing.B) { run(b, "long.wav", wav, 180) })
	b.Run("MP3", func(b *testing.B) {
		file, err := os.ReadFile(encode(b, wav, ".mp3"))
		if err != nil {
			b.Fatal(err)
		}
		run(b, "long.mp3", file, 180)
	})
}

// BenchmarkAgainstSox converts the same file with Decode and with sox in turns and
// reports how many times faster Decode is.
func BenchmarkAgainstSox(b *testing.B) {
	wav := longWAV()
	for _, ext := range []string{".wav", ".mp3"} {
		b.Run(ext[1:], func(b *testing.B) {
			path := encode(b, wav, ext)
			file, err := os.ReadFile(path)
			if err != nil {
				b.Fatal(err)
			}
			var ours, theirs time.Duration
			for b.Loop() {
				start := time.Now()
				if _, err := Decode(bytes.NewReader(file), path, Limits{}); err != nil {
					b.Fatal(err)
				}
				ours += time.Since(start)
				start = time.Now()
				cmd := exec.Command("sox", path, "-r", "8000", "-c", "1", "-b", "16", filepath.Join(b.TempDir(), "out.wav"))
				if msg, err := cmd.CombinedOutput(); err != nil {
					b.Skipf("sox: %v %s", err, msg)
				}
				theirs += time.Since(start)
			}
			b.ReportMetric(theirs.Seconds()/ours.Seconds(), "×sox")
			b.ReportMetric(180*float64(b.N)/ours.Seconds(), "×realtime")
		})
	}
}

// BenchmarkResample measures the resampler alone.
func BenchmarkResample(b *testing.B) {
	for _, rate := range []int{16000, 44100, 44101, 48000, 192000} {
		b.Run(fmt.Sprint(rate), func(b *testing.B) {
			in := make([]float32, rate/100)
			r := newResampler(rate)
			for b.Loop() {
				r.write(in)
			}
			b.ReportMetric(0.01*float64(b.N)/b.Elapsed().Seconds(), "×realtime")
		})
	}
}

// BenchmarkProcess measures trimming, normalizing, measuring and drawing ten
// minutes of sound.
func BenchmarkProcess(b *testing.B) {
	clip := clipOf(tone(TelephoneRate, 440, 0.05, 600))
	b.SetBytes(int64(len(clip.wav)))
	for b.Loop() {
		c := clip.Trimmed().Normalized(Level{})
		if Loudness(c.Samples()) < -20 || c.Waveform() == "" {
			b.Fatal("not normalized")
		}
	}
}
