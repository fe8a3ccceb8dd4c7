//go:build !race

package databasetest

const raceEnabled = false
