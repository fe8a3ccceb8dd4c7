//go:build !linux

package cluster

func readClock() instant { return readClocks() }
