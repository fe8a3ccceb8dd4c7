//go:build race

package journal

// raceEnabled makes slow tests smaller with the race detector.
const raceEnabled = true
