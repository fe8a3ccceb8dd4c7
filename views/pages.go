package views

import (
	"fmt"
	"strings"
	"time"
)

// AnnouncementsModel is what [Announcements] shows.
type AnnouncementsModel struct {
	Items     []Announcement
	MaxSize   int64         // bytes of one upload
	MaxLength time.Duration // of one announcement
}

// length writes a duration as people say it: 0:07, 3:12, 1:02:03.
func length(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// date writes a day and time in the language's order.
func date(lang Lang, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if lang == German {
		return t.Format("02.01.2006, 15:04")
	}
	return t.Format("2 Jan 2006, 15:04")
}

// exactly writes a day and time down to the second.
func exactly(lang Lang, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return date(lang, t) + t.Format(":05")
}

// size writes a number of bytes for people.
func size(lang Lang, n int64) string {
	var s string
	switch {
	case n >= 1<<20:
		s = fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	default:
		s = fmt.Sprintf("%d kB", (n+1023)>>10)
	}
	if lang == German {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

func (m AnnouncementsModel) maxSize(lang Lang) string {
	n := m.MaxSize
	if n == 0 {
		n = 32 << 20
	}
	return decimal(n>>20) + " MB"
}

func (m AnnouncementsModel) minutes() int {
	if m.MaxLength == 0 {
		return 10
	}
	return int(m.MaxLength / time.Minute)
}

func added(lang Lang, a Announcement) string {
	if a.By == "" {
		return date(lang, a.Created)
	}
	return lang.T("announcements.added", a.By, date(lang, a.Created))
}
