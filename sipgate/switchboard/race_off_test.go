//go:build !race

package switchboard

// raceDetector tells whether the tests run under the race detector.
const raceDetector = false
