package announcement

import "math"

// kaiserLength returns the number of coefficients of a filter whose transition band
// has the given width, relative to the sample rate (Kaiser's formula).
func kaiserLength(width float64) int {
	return int(math.Ceil((stopband-7.95)/(14.36*width))) + 1
}

// kaiserBeta shapes the window for the stopband (Kaiser's formula for more
// than 50 dB).
const kaiserBeta = 0.1102 * (stopband - 8.7)

// kaiser returns the Kaiser window at x: 1 at 0, and 0 beyond ±1.
func kaiser(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel0(kaiserBeta*math.Sqrt(1-x*x)) / bessel0(kaiserBeta)
}

// bessel0 returns the modified Bessel function of the first kind and order 0, with
// a relative error of 2e-7 (Abramowitz and Stegun, 9.8.1 and 9.8.2). The power
// series is more accurate, but would take a tenth of a short conversion.
func bessel0(x float64) float64 {
	if x < 3.75 {
		t := x / 3.75
		t *= t
		return 1 + t*(3.5156229+t*(3.0899424+t*(1.2067492+t*(0.2659732+t*(0.0360768+t*0.0045813)))))
	}
	t := 3.75 / x
	return math.Exp(x) / math.Sqrt(x) * (0.39894228 + t*(0.01328592+t*(0.00225319+t*(-0.00157565+
		t*(0.00916281+t*(-0.02057706+t*(0.02635537+t*(-0.01647633+t*0.00392377))))))))
}

// sinc returns sin(πx)/πx.
func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}
