//go:build race

package journal

// raced makes tests smaller that are ten times as slow with the race detector.
const raced = true
