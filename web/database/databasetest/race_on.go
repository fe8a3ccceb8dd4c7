//go:build race

package databasetest

const raceEnabled = true
