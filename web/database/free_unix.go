//go:build linux || darwin

package database

import "syscall"

// free returns how many bytes this program may still write to the disk of dir,
// -1 if that is not known.
func free(dir string) int64 {
	var fs syscall.Statfs_t
	if syscall.Statfs(dir, &fs) != nil {
		return -1
	}
	return int64(fs.Bavail) * int64(fs.Bsize)
}
