package web

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// releaseProgram has the system take back the pages of the program's own file that it
// has read, most of them for the start. What is used later is mapped again from the
// cache of files, in microseconds. Pages that can be written are not touched. If
// anything is not as expected, nothing happens.
func releaseProgram() {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(maps)) {
		from, to, ok := programPages(line, program)
		if ok {
			syscall.Syscall(syscall.SYS_MADVISE, from, to-from, syscall.MADV_DONTNEED) // the error says that they stay
		}
	}
}

// programPages returns the addresses of a line of /proc/self/maps if the program's file
// is mapped there, to be read only.
func programPages(line, program string) (from, to uintptr, ok bool) {
	// 00400000-01a2b000 r-xp 00000000 fe:00 1234    /usr/bin/callboard
	fields := strings.Fields(line)
	if len(fields) < 6 || fields[1] != "r-xp" && fields[1] != "r--p" || strings.Join(fields[5:], " ") != program {
		return 0, 0, false
	}
	begin, end, _ := strings.Cut(fields[0], "-")
	first, err := strconv.ParseUint(begin, 16, 64)
	if err != nil {
		return 0, 0, false
	}
	last, err := strconv.ParseUint(end, 16, 64)
	return uintptr(first), uintptr(last), err == nil && first < last
}
