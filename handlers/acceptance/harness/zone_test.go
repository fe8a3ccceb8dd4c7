package harness

import (
	"testing"
	"time"
)

func TestAfternoonIsOneAtEveryHour(t *testing.T) {
	for hour := range 24 {
		at := time.Date(2026, time.November, 29, hour, 42, 0, 0, time.UTC)
		zone, err := time.LoadLocation(Afternoon(at))
		if err != nil {
			t.Fatal(err)
		}
		if local := at.In(zone); local.Hour() != 14 {
			t.Errorf("at %d h UTC, it is %v in %s", hour, local, zone)
		}
	}
}
