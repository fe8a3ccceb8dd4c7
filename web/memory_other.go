//go:build !linux

package web

// releaseProgram is for Linux, whose figures of memory count what has been read of the
// program's file.
func releaseProgram() {}
