package cluster

import (
	"time"

	"golang.org/x/sys/unix"
)

// readClock returns the time since the machine started, with the time for which it
// was suspended: Go's own monotonic clock stops then.
func readClock() instant {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return readClocks()
	}
	t := time.Duration(ts.Nano())
	return instant{t, t}
}
