package web

import (
	"runtime"
	"runtime/debug"
)

// ReleaseMemory returns to the system what only the start of the program needed. The
// buffers for reading migrations alone are 12 MB, in a pool that two collections empty;
// of the program's own file, the start reads more than all that follows.
func ReleaseMemory() {
	runtime.GC()
	debug.FreeOSMemory()
	releaseProgram()
}
