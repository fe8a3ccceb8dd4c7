//go:build unix

package sipgate

import (
	"io/fs"
	"os"
	"syscall"
)

// hasModes says whether modes tell who can access a file.
const hasModes = true

func ownedByRoot(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Uid == 0
}

// readOnly reports whether f is on a file system that is mounted read-only.
func readOnly(f *os.File) bool {
	const write = 2 // W_OK
	return syscall.Access(f.Name(), write) == syscall.EROFS
}
