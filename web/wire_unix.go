//go:build unix

package web

import "syscall"

const canWriteNow = true

// writeNow writes as much of b to a non-blocking socket as the kernel takes at
// once, which may be nothing.
func writeNow(fd uintptr, b []byte) (n int, err error) {
	for {
		n, err = syscall.Write(int(fd), b)
		if err != syscall.EINTR {
			break
		}
	}
	if err == syscall.EAGAIN {
		err = nil
	}
	return max(n, 0), err
}
