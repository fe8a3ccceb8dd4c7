//go:build race

package switchboard

// raceDetector reports whether the race detector is enabled.
const raceDetector = true
