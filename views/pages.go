package views

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// AnnouncementsModel is what [Announcements] shows.
type AnnouncementsModel struct {
	Items     []Announcement
	MaxSize   int64         // bytes of one upload
	MaxLength time.Duration // of one announcement
}

// HistoryModel is one page of the history.
type HistoryModel struct {
	Entries      []HistoryEntry
	Types        []string // chosen ones: "CALL", "VOICEMAIL", "FAX", "SMS"; empty: all
	Directions   []string // chosen ones: "INCOMING", "OUTGOING", …; empty: all
	From, To     string   // days, "2026-11-23", or empty
	Total        int
	Newer, Older string // addresses of the neighbouring pages, or empty
}

// HistoryEntry is one past call, message or fax.
type HistoryEntry struct {
	ID        string
	Type      string // "CALL", "VOICEMAIL", "FAX", "SMS"
	Direction string // "in", "out" or ""
	Missed    bool
	Name      string // outside, or empty
	Number    string // outside, written for people
	Inside    string // ours
	When      time.Time
	Length    time.Duration
	Note      string

	Recordings []Recording
}

// Recording is one sound file of a past call.
type Recording struct {
	ID    string // names it within its entry
	Title string
}

func (e HistoryEntry) recording(r Recording) string {
	return "/history/" + url.PathEscape(e.ID) + "/recordings/" + url.PathEscape(r.ID)
}

func (e HistoryEntry) title(lang Lang) string {
	switch {
	case e.Name != "":
		return e.Name
	case e.Number != "":
		return e.Number
	default:
		return lang.T("row.anonymous")
	}
}

func (e HistoryEntry) icon() string {
	switch {
	case e.Type == "VOICEMAIL":
		return icon("voicemail")
	case e.Type == "FAX":
		return icon("fax")
	case e.Type == "SMS":
		return icon("sms")
	case e.Direction == "in":
		return icon("in")
	case e.Direction == "out":
		return icon("out")
	default:
		return icon("both")
	}
}

func (e HistoryEntry) kind(lang Lang) string {
	switch {
	case e.Type == "VOICEMAIL", e.Type == "FAX", e.Type == "SMS":
		return lang.T("history.type." + e.Type)
	case e.Missed && e.Direction == "in":
		return lang.T("history.missed")
	case e.Direction == "in":
		return lang.T("row.in")
	case e.Direction == "out":
		return lang.T("row.out")
	default:
		return lang.T("row.unknown_direction")
	}
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

func (r Recording) title(lang Lang) string {
	if r.Title != "" {
		return r.Title
	}
	return lang.T("history.recording")
}

func (m HistoryModel) typeChoices(lang Lang) []Choice {
	return choices(lang, "history.type.", "CALL", "VOICEMAIL", "FAX", "SMS")
}

func (m HistoryModel) directionChoices(lang Lang) []Choice {
	return choices(lang, "history.direction.", "INCOMING", "OUTGOING", "MISSED_INCOMING", "MISSED_OUTGOING")
}

func choices(lang Lang, prefix string, values ...string) []Choice {
	var found []Choice
	for _, v := range values {
		found = append(found, Choice{v, lang.T(prefix + v)})
	}
	return found
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
