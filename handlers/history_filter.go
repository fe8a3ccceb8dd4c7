package handlers

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"callboard/sipgate"
	"callboard/sipgate/callhistory"
	"callboard/sipgate/stats"
	"callboard/sipgate/switchboard"
	"callboard/views"
	"callboard/web"
)

// How much one page of the history shows, and how many pages before it its
// address remembers.
const (
	historyPage   = 25
	maxTrail      = 40
	maxSearchText = 100 // characters
)

// A historyFilter is a [callhistory.Filter] with its page, as an address says it.
type historyFilter struct {
	callhistory.Filter
	zone  *time.Location // of the days
	limit int
	trail []string // the places of the pages before this one, as placeText writes them
	shown views.HistoryFilter

	call switchboard.RowID // of the actor, which entries are offered to transfer
}

// parseHistoryFilter reads a filter from an address.
func (h *handlers) parseHistoryFilter(a actor, q url.Values) (historyFilter, error) {
	f := historyFilter{zone: h.zone(a), shown: views.HistoryFilter{Type: q.Get("type"), Direction: q.Get("direction"), Member: q.Get("member"),
		Number: q.Get("phonenumber"), Text: q.Get("q"), From: q.Get("from"), To: q.Get("to")}}
	f.Member, f.call = sipgate.UserID(f.shown.Member), switchboard.RowID(q.Get("call"))
	for _, read := range []func(url.Values) error{f.readPage, f.readTimes, f.readMarks, f.readKind} {
		if err := read(q); err != nil {
			return f, err
		}
	}
	if err := f.readNumber(h.Control.Numbers); err != nil {
		return f, err
	}
	return f, f.readText()
}

func (f *historyFilter) readPage(q url.Values) (err error) {
	if f.limit, err = number(q, "limit", historyPage, 1, 100); err != nil {
		return err
	}
	if f.Offset, err = number(q, "offset", 0, 0, 1_000_000); err != nil {
		return err
	}
	if shown := q.Get("shown"); shown != "" && !f.readShown(shown) {
		return web.BadParam("shown")
	}
	trail := q.Get("trail")
	if trail == "" {
		return nil
	}
	for _, place := range strings.Split(trail, ".") {
		var page historyFilter
		offset, shown, _ := strings.Cut(place, "~")
		n, err := strconv.Atoi(offset)
		if err != nil || n < 0 || n > 1_000_000 || shown != "" && !page.readShown(shown) || len(f.trail) == maxTrail {
			return web.BadParam("trail")
		}
		f.trail = append(f.trail, place)
	}
	return nil
}

// readShown reads the time and the id of the last entry of the page before.
func (f *historyFilter) readShown(s string) bool {
	seconds, id, ok := strings.Cut(s, "~")
	at, err := strconv.ParseInt(seconds, 10, 64)
	if !ok || err != nil || at < 0 || at > 1<<40 || len(id) > 200 || strings.ContainsAny(id, ".~") {
		return false
	}
	f.ShownAt, f.ShownID = time.Unix(at, 0), id
	return true
}

// isFirstPage reports whether the page begins with the newest entry.
func (f historyFilter) isFirstPage() bool { return f.Offset == 0 && f.ShownAt.IsZero() }

// place returns where the page of a query begins, as an address says it: its
// offset and, after a page, the time and the id of that page's last entry.
func place(q sipgate.HistoryQuery) string {
	if q.ShownAt.IsZero() {
		return strconv.Itoa(q.Offset)
	}
	return strconv.Itoa(q.Offset) + "~" + strconv.FormatInt(q.ShownAt.Unix(), 10) + "~" + q.ShownID
}

// pageAddress returns the address of the page that begins at a place.
func (f historyFilter) pageAddress(place string, trail []string) string {
	offset, shown, _ := strings.Cut(place, "~")
	if offset == "0" {
		offset = ""
	}
	return f.address("/history", url.Values{"offset": {offset}, "shown": {shown}, "trail": {strings.Join(trail[max(0, len(trail)-maxTrail):], ".")}})
}

func (f *historyFilter) readTimes(q url.Values) (err error) {
	if f.From, _, err = day(q, "from", f.zone); err != nil {
		return err
	}
	if _, f.To, err = day(q, "to", f.zone); !f.To.IsZero() {
		f.To = f.To.Add(-time.Second) // sipgate's end is part of the time
	}
	return err
}

func (f *historyFilter) readMarks(q url.Values) error {
	for field, to := range map[string]*bool{"missed": &f.shown.Missed, "starred": &f.shown.Starred, "archived": &f.shown.Archived, "unread": &f.shown.Unread} {
		if s := q.Get(field); s != "" {
			on, err := strconv.ParseBool(s)
			if err != nil {
				return web.BadParam(field)
			}
			*to = on
		}
	}
	if f.shown.Starred {
		f.Starred = "STARRED"
	}
	f.Archived = f.shown.Archived
	f.Unread = f.shown.Unread
	return nil
}

func (f *historyFilter) readKind(q url.Values) error {
	if t := f.shown.Type; t != "" {
		if !slices.Contains([]string{"CALL", "VOICEMAIL", "SMS", "FAX"}, t) {
			return web.BadParam("type")
		}
		f.Types = []string{t}
	}
	directions := map[string][]string{"in": {"INCOMING"}, "out": {"OUTGOING"}, "": {"INCOMING", "OUTGOING"}}[f.shown.Direction]
	if directions == nil {
		return web.BadParam("direction")
	}
	for _, d := range directions {
		if !f.shown.Missed && f.shown.Direction != "" {
			f.Directions = append(f.Directions, d)
		}
		if f.shown.Missed || f.shown.Direction != "" {
			f.Directions = append(f.Directions, "MISSED_"+d)
		}
	}
	return nil
}

// readNumber lets sipgate search for a whole number in any spelling. A part of a
// number is searched for here.
func (f *historyFilter) readNumber(rules sipgate.NumberRules) error {
	s := sipgate.CleanNumber(f.shown.Number)
	if s == "" {
		return nil
	}
	if len(s) > 32 || strings.Trim(s, "0123456789+ -/().") != "" || strings.Trim(s, "+ -/().") == "" {
		return web.BadParam("phonenumber")
	}
	if n, err := (sipgate.NumberRules{Region: rules.Region, Blocked: []string{}}).Parse(s); err == nil {
		f.Phonenumber = string(n)
		return nil
	}
	f.NumberPart = s
	return nil
}

func (f *historyFilter) readText() error {
	f.Text = strings.TrimSpace(f.shown.Text)
	if !web.ValidText(f.Text) || utf8.RuneCountInString(f.Text) > maxSearchText {
		return web.BadParam("q")
	}
	return nil
}

// address returns the address of a page with the same filters.
func (f historyFilter) address(path string, more url.Values) string {
	q := url.Values{}
	for field, value := range map[string]string{"type": f.shown.Type, "direction": f.shown.Direction, "member": f.shown.Member,
		"phonenumber": f.shown.Number, "q": f.shown.Text, "from": f.shown.From, "to": f.shown.To, "call": string(f.call)} {
		if value != "" {
			q.Set(field, value)
		}
	}
	for field, on := range map[string]bool{"missed": f.shown.Missed, "starred": f.shown.Starred, "archived": f.shown.Archived, "unread": f.shown.Unread} {
		if on {
			q.Set(field, "true")
		}
	}
	if f.limit != historyPage {
		q.Set("limit", strconv.Itoa(f.limit))
	}
	for field, values := range more {
		if values[0] != "" {
			q[field] = values
		}
	}
	return path + "?" + q.Encode()
}

func number(q url.Values, field string, without, low, high int) (int, error) {
	s := q.Get(field)
	if s == "" {
		return without, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		return 0, web.BadParam(field)
	}
	return n, nil
}

// day reads a date as a date field sends it, and returns the beginning of that
// day and of the next one in the zone. Both are zero without a date. Years that
// no sipgate account can have are mistakes.
func day(q url.Values, field string, zone *time.Location) (begin, end time.Time, err error) {
	s := q.Get(field)
	if s == "" {
		return begin, end, nil
	}
	noon, err := time.ParseInLocation(time.DateOnly+" 15", s+" 12", zone)
	if err != nil || noon.Year() < 2000 || noon.Year() > 2100 {
		return begin, end, web.BadParam(field)
	}
	span := stats.Day(noon)
	return span.From(), span.To(), nil
}
