package harness

import (
	"fmt"
	"time"
)

// Afternoon returns the name of a time zone in which it is between 2 and 3 p.m. at
// a moment. A test about today has hours of the day before and behind it there,
// whenever it runs.
func Afternoon(at time.Time) string {
	// The names of these zones have the sign of POSIX: east of Greenwich is minus.
	return fmt.Sprintf("Etc/GMT%+d", at.UTC().Hour()-14)
}
