//go:build !unix

package web

import "errors"

// canWriteNow is false where a socket cannot be written without waiting, as on
// Windows: there a goroutine writes.
const canWriteNow = false

func writeNow(uintptr, []byte) (int, error) { return 0, errors.ErrUnsupported }
