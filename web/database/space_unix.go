//go:build unix

package database

import "syscall"

// FreeSpace returns how many bytes can still be written to the disk of dir, and
// false if the system does not say.
func FreeSpace(dir string) (int64, bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true
}
