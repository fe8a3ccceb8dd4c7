package views

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"
)

// How people read when something was: "Today 14:32", "Yesterday 09:05", "Fri 27
// Nov 14:32". static/src/dates.js writes the same as time passes; its tests have
// the cases of [TestDatesAreRelativeToToday].

// dateForm says how a moment is written.
type dateForm string

// The forms. Each has a name in HTML. [agoForm] is for what is read for its age.
const (
	momentForm dateForm = "moment" // Today 14:32
	agoForm    dateForm = "ago"    // 5 min ago; from one hour on as momentForm
	dayForm    dateForm = "day"    // Today; Friday, 27 November
	clockForm  dateForm = "clock"  // 14:32, of a day that is said elsewhere
)

// dayNumber numbers days, for differences between them.
func dayNumber(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// relativeDay returns "Today" or "Yesterday", or "" for another day.
func relativeDay(lang Lang, now, t time.Time) string {
	switch dayNumber(now) - dayNumber(t) {
	case 0:
		return lang.T("date.today")
	case 1:
		return lang.T("date.yesterday")
	}
	return ""
}

// relativeDate writes a moment as it is read at now. Both are in the zone in which
// days are counted.
func relativeDate(lang Lang, form dateForm, now, t time.Time) string {
	switch age := now.Sub(t); {
	case form == clockForm:
		return clock(t.Location(), t)
	case form == dayForm:
		if day := relativeDay(lang, now, t); day != "" {
			return day
		}
		return longDay(lang, now, t)
	case form == agoForm && age >= -time.Minute && age < time.Minute:
		return lang.T("date.now")
	case form == agoForm && age >= 0 && age < time.Hour:
		return strings.Replace(lang.T("date.ago"), "{n}", decimal(int64(age/time.Minute)), 1)
	}
	if day := relativeDay(lang, now, t); day != "" {
		return day + " " + clock(t.Location(), t)
	}
	return shortDay(lang, now, t) + " " + clock(t.Location(), t)
}

// dateGap is where a text has a date, see [Page.datedText].
const dateGap = "\x00"

// moment is a time of the past that is read as a time: "Today 14:32".
func (p Page) moment(t time.Time) templ.Component { return p.datedText(momentForm, t, dateGap) }

// ago is a time of the past that is read for its age: "5 min ago".
func (p Page) ago(t time.Time) templ.Component { return p.datedText(agoForm, t, dateGap) }

// datedText is a text with a time at its [dateGap], if it has one, which script keeps
// true. All of the time is its title.
func (p Page) datedText(form dateForm, t time.Time, text string) templ.Component {
	before, after, dated := strings.Cut(text, dateGap)
	if !dated {
		return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, templ.EscapeString(text))
			return err
		})
	}
	inside := ""
	if before != "" {
		inside = " data-inside"
	}
	now, at := inZone(p.Zone, p.Now), inZone(p.Zone, t)
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := fmt.Fprintf(w, `%s<time datetime="%s" title="%s" data-date="%s"%s>%s</time>%s`, templ.EscapeString(before), timestamp(p.Zone, t),
			templ.EscapeString(fullDate(p.Lang, at)), form, inside, templ.EscapeString(sentenceDate(p.Lang, form, now, at, before != "")), templ.EscapeString(after))
		return err
	})
}

// sentenceDate writes a moment, with a small letter inside of a sentence.
func sentenceDate(lang Lang, form dateForm, now, t time.Time, inside bool) string {
	text := relativeDate(lang, form, now, t)
	if day := relativeDay(lang, now, t); !inside || day == "" || !strings.HasPrefix(text, day) {
		return text
	}
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToLower(first)) + text[size:]
}
