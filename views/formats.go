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

// Every absolute time is formatted here, in the time zone of the team. A nil
// zone is UTC.

func inZone(zone *time.Location, t time.Time) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone)
}

// date formats a date with hours and minutes.
func date(lang Lang, zone *time.Location, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if lang == German {
		return inZone(zone, t).Format("02.01.2006, 15:04")
	}
	return inZone(zone, t).Format("2 Jan 2006, 15:04")
}

// exactDate formats a date with hours, minutes and seconds.
func exactDate(lang Lang, zone *time.Location, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return date(lang, zone, t) + inZone(zone, t).Format(":05")
}

// clock formats the time of day: 15:04.
func clock(zone *time.Location, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return inZone(zone, t).Format("15:04")
}

// exactClock formats the time of day with seconds: 15:04:05.
func exactClock(zone *time.Location, t time.Time) string {
	return inZone(zone, t).Format("15:04:05")
}

// zoneClock formats the time of day with the abbreviation of the zone, which
// tells an hour that occurs twice, in daylight and in standard time: 02:00 CEST.
func zoneClock(zone *time.Location, t time.Time) string {
	return inZone(zone, t).Format("15:04 MST")
}

// weekdayDate formats a date with its weekday.
func weekdayDate(lang Lang, zone *time.Location, t time.Time) string {
	t = inZone(zone, t)
	day := lang.T("weekday." + decimal(int64(t.Weekday())))
	if lang == German {
		return day + " " + t.Format("02.01.")
	}
	return day + " " + t.Format("2 Jan")
}

// shortDay writes a day of this year with its weekday, another one with its year.
func shortDay(lang Lang, now, t time.Time) string {
	switch {
	case t.Year() != now.Year() && lang == German:
		return t.Format("02.01.2006")
	case t.Year() != now.Year():
		return t.Format("2 Jan 2006")
	case lang == German:
		return lang.T("weekday."+decimal(int64(t.Weekday()))) + " " + t.Format("02.01.")
	}
	return lang.T("weekday."+decimal(int64(t.Weekday()))) + " " + t.Format("2 Jan")
}

// longDay writes a day in words: "Friday, 27 November", with its year if that is
// another one than that of now.
func longDay(lang Lang, now, t time.Time) string {
	day := t.Format("2 ")
	if lang == German {
		day = t.Format("2. ")
	}
	text := lang.T("weekday.long."+decimal(int64(t.Weekday()))) + ", " + day + lang.T("month."+decimal(int64(t.Month())))
	if t.Year() != now.Year() {
		text += t.Format(" 2006")
	}
	return text
}

// fullDate writes all of a moment: "Friday, 27 November 2026, 14:32:05 CET".
func fullDate(lang Lang, t time.Time) string {
	return longDay(lang, time.Time{}, t) + t.Format(", 15:04:05 MST")
}

// dayKey formats a day for attributes and comparisons: 2026-11-29.
func dayKey(zone *time.Location, t time.Time) string {
	return inZone(zone, t).Format(time.DateOnly)
}

// timestamp formats a time for the attribute datetime.
func timestamp(zone *time.Location, t time.Time) string {
	return inZone(zone, t).Format("2006-01-02T15:04:05Z07:00")
}

// date formats a date with hours and minutes for the reader of a page.
func (p Page) date(t time.Time) string { return date(p.Lang, p.Zone, t) }

// exactDate formats a date with hours, minutes and seconds.
func (p Page) exactDate(t time.Time) string { return exactDate(p.Lang, p.Zone, t) }

// timestamp formats a time for the attribute datetime.
func (p Page) timestamp(t time.Time) string { return timestamp(p.Zone, t) }

// zoneName returns the name of the zone of all times on the page: Europe/Berlin.
func (p Page) zoneName() string { return inZone(p.Zone, p.Now).Location().String() }
