package harness

import "math"

// ToneLevel returns the level of the sine wave of hz in samples at 8 kHz, in dBFS.
// It measures through a Hann window: other tones count if they are closer than
// two divided by the duration.
func ToneLevel(samples []int16, hz float64) float64 {
	var re, im, weight float64
	for i, s := range samples {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/float64(len(samples)))
		sin, cos := math.Sincos(2 * math.Pi * hz / 8000 * float64(i))
		re += w * cos * float64(s)
		im += w * sin * float64(s)
		weight += w
	}
	return 20 * math.Log10(2*math.Hypot(re, im)/max(weight, 1)/32768)
}

// RMSLevel returns the level of the sine wave with the same power as the samples,
// in dBFS.
func RMSLevel(samples []int16) float64 {
	sum := 0.0
	for _, s := range samples {
		sum += float64(s) * float64(s)
	}
	return 20 * math.Log10(math.Sqrt(2*sum/float64(max(1, len(samples))))/32768)
}
