package views

import (
	"fmt"
	"time"
)

// durationText formats a duration: 0:07, 3:12, 1:02:03.
func durationText(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// date formats a date with hours and minutes.
func date(lang Lang, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if lang == German {
		return t.Format("02.01.2006, 15:04")
	}
	return t.Format("2 Jan 2006, 15:04")
}

// exactDate formats a date with hours, minutes and seconds.
func exactDate(lang Lang, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return date(lang, t) + t.Format(":05")
}
