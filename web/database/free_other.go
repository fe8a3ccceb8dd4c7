//go:build !linux && !darwin

package database

func free(string) int64 { return -1 }
