package web

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// residentFile returns how many kB of files the process has in memory.
func residentFile(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(status), "RssFile:")
	if !found {
		t.Skip("the system does not count pages of files")
	}
	kB, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kB
}

// What only the start has read of the program is in memory no more, and the program goes
// on.
func TestReleaseMemory(t *testing.T) {
	before := residentFile(t)
	ReleaseMemory()
	if after := residentFile(t); after > before*3/4 {
		t.Errorf("%d kB of files in memory, %d before", after, before)
	}
}

func TestProgramPages(t *testing.T) {
	const program = "/opt/my programs/callboard"
	for line, want := range map[string][2]uintptr{
		"00400000-01a2b000 r-xp 00000000 fe:00 1234    /opt/my programs/callboard\n": {0x400000, 0x1a2b000},
		"01a2b000-02b00000 r--p 0162b000 fe:00 1234    /opt/my programs/callboard\n": {0x1a2b000, 0x2b00000},
		"02b00000-02c00000 rw-p 02700000 fe:00 1234    /opt/my programs/callboard\n": {},
		"7f00-7f10 r-xp 00000000 fe:00 99 /lib/libc.so\n":                            {},
		"c000000000-c000400000 rw-p 00000000 00:00 0\n":                              {},
		"x-y r-xp 00000000 fe:00 1234 /opt/my programs/callboard\n":                  {},
		"": {},
	} {
		from, to, ok := programPages(line, program)
		if ok != (want[1] != 0) || ok && [2]uintptr{from, to} != want {
			t.Errorf("%q: %x to %x, %v", line, from, to, ok)
		}
	}
}
