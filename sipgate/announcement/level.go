package announcement

import "math"

// Levels are in dBFS: 0 dB is a sample, or a sine wave's peak, of full scale.
// Silence is −Inf.

func decibel(ratio float64) float64 { return 20 * math.Log10(ratio) }

// Peak is the level of the loudest sample.
func Peak(samples []int16) float64 {
	most := 0
	for _, s := range samples {
		most = max(most, int(s), -int(s))
	}
	return decibel(float64(most) / 32768)
}

// RMS is the level of the sine wave that has the same power as the samples.
func RMS(samples []int16) float64 {
	sum := 0.0
	for _, s := range samples {
		sum += float64(s) * float64(s)
	}
	return decibel(math.Sqrt(2*sum/float64(max(1, len(samples)))) / 32768)
}

// Tone is the level of the sine wave of hz in samples taken at rate Hz,
// measured through a Hann window: other tones count if they lie closer than
// two divided by the duration.
func Tone(samples []int16, rate int, hz float64) float64 {
	var re, im, weight float64
	for i, s := range samples {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/float64(len(samples)))
		sin, cos := math.Sincos(2 * math.Pi * hz / float64(rate) * float64(i))
		re += w * cos * float64(s)
		im += w * sin * float64(s)
		weight += w
	}
	return decibel(2 * math.Hypot(re, im) / max(weight, 1) / 32768)
}
