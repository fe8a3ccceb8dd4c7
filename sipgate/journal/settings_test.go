package journal

import (
	"testing"
	"time"
)

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		s    Settings
		want string
	}{
		{Settings{JournalDays: 90}, ""},
		{Settings{JournalDays: 1, NoteDays: 1}, ""},
		{Settings{JournalDays: 0}, "--journal-days: must be 1 or more"},
		{Settings{JournalDays: 30, NoteDays: 31}, "--note-days: must be 0, or from 1 to --journal-days: notes are part of the timelines"},
		{Settings{JournalDays: 30, NoteDays: -1}, "--note-days: must be 0, or from 1 to --journal-days: notes are part of the timelines"},
	} {
		o, err := c.s.Options()
		if got := ""; err != nil {
			if got = err.Error(); got != c.want {
				t.Errorf("%+v: %v", c.s, got)
			}
		} else if c.want != "" || o.Retention != time.Duration(c.s.JournalDays)*24*time.Hour {
			t.Errorf("%+v: %+v, want %q", c.s, o, c.want)
		}
	}
}
