package handlers

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"callboard/sipgate"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// How much one page of the history shows, and how many pages before it its
// address remembers.
const (
	historyPage = 25
	mostTrail   = 40
	mostSearch  = 100 // characters
)

// A pastFilter says which entries of the history somebody wants to see.
type pastFilter struct {
	query sipgate.HistoryQuery            // what sipgate filters
	keep  func(sipgate.HistoryEntry) bool // what it does not; nil: nothing
	limit int
	trail []int // the offsets of the pages before this one
	shown views.HistoryFilter
}

// pastFilter reads the filters of the history from an address.
func (h *handlers) pastFilter(ctx context.Context, v Visitor, q url.Values) (pastFilter, error) {
	f := pastFilter{shown: views.HistoryFilter{Type: q.Get("type"), Direction: q.Get("direction"), Member: q.Get("member"),
		Number: q.Get("phonenumber"), Text: q.Get("q"), From: q.Get("from"), To: q.Get("to")}}
	for _, read := range []func(url.Values) error{f.readPlace, f.readTimes, f.readMarks, f.readKind} {
		if err := read(q); err != nil {
			return f, err
		}
	}
	if err := f.readNumber(h.Numbers); err != nil {
		return f, err
	}
	if err := f.readText(func(e sipgate.HistoryEntry) string { return h.outsideName(v, e) }); err != nil {
		return f, err
	}
	if f.shown.Member == "" {
		return f, nil
	}
	of, err := h.memberFilter(ctx, v, sipgate.UserID(f.shown.Member))
	f.keep = both(f.keep, of)
	return f, err
}

func (f *pastFilter) readPlace(q url.Values) (err error) {
	if f.limit, err = number(q, "limit", historyPage, 1, 100); err != nil {
		return err
	}
	if f.query.Offset, err = number(q, "offset", 0, 0, 1_000_000); err != nil {
		return err
	}
	trail := q.Get("trail")
	if trail == "" {
		return nil
	}
	for _, s := range strings.Split(trail, ".") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n > 1_000_000 || len(f.trail) == mostTrail {
			return web.BadParam("trail")
		}
		f.trail = append(f.trail, n)
	}
	return nil
}

func (f *pastFilter) readTimes(q url.Values) (err error) {
	if f.query.From, err = day(q, "from", 0); err != nil {
		return err
	}
	f.query.To, err = day(q, "to", 24*time.Hour-time.Second)
	return err
}

func (f *pastFilter) readMarks(q url.Values) error {
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
		f.query.Starred = "STARRED"
	}
	f.query.Archived = f.shown.Archived
	if f.shown.Unread {
		f.keep = func(e sipgate.HistoryEntry) bool { return !e.Read }
	}
	return nil
}

func (f *pastFilter) readKind(q url.Values) error {
	if t := f.shown.Type; t != "" {
		if !slices.Contains([]string{"CALL", "VOICEMAIL", "SMS", "FAX"}, t) {
			return web.BadParam("type")
		}
		f.query.Types = []string{t}
	}
	directions := map[string][]string{"in": {"INCOMING"}, "out": {"OUTGOING"}, "": {"INCOMING", "OUTGOING"}}[f.shown.Direction]
	if directions == nil {
		return web.BadParam("direction")
	}
	for _, d := range directions {
		if !f.shown.Missed && f.shown.Direction != "" {
			f.query.Directions = append(f.query.Directions, d)
		}
		if f.shown.Missed || f.shown.Direction != "" {
			f.query.Directions = append(f.query.Directions, "MISSED_"+d)
		}
	}
	return nil
}

// readNumber lets sipgate look for a whole number, in whatever spelling; for
// the beginning, the end or the middle of one we look ourselves.
func (f *pastFilter) readNumber(rules sipgate.NumberRules) error {
	s := strings.TrimSpace(f.shown.Number)
	if s == "" {
		return nil
	}
	if len(s) > 32 || strings.Trim(s, "0123456789+ -/().") != "" || strings.Trim(s, "+ -/().") == "" {
		return web.BadParam("phonenumber")
	}
	if n, err := (sipgate.NumberRules{Region: rules.Region, Blocked: []string{}}).Parse(s); err == nil {
		f.query.Phonenumber = string(n)
		return nil
	}
	f.keep = both(f.keep, func(e sipgate.HistoryEntry) bool {
		return sipgate.HistoryEntry{Source: e.Source, Target: e.Target}.ContainsText(s)
	})
	return nil
}

func (f *pastFilter) readText(name func(sipgate.HistoryEntry) string) error {
	s := strings.TrimSpace(f.shown.Text)
	switch {
	case s == "":
		return nil
	case !web.ValidText(s) || utf8.RuneCountInString(s) > mostSearch:
		return web.BadParam("q")
	}
	f.keep = both(f.keep, func(e sipgate.HistoryEntry) bool { return e.ContainsText(s, name(e)) })
	return nil
}

// memberFilter is the condition that an entry is a certain member's. Others'
// entries may be chosen by those who see them.
func (h *handlers) memberFilter(ctx context.Context, v Visitor, user sipgate.UserID) (func(sipgate.HistoryEntry) bool, error) {
	if _, known := h.People.Get(team.MemberID{Account: v.Account, User: user}); !known {
		return nil, web.BadParam("member")
	}
	if d := v.Person.May(team.ViewAllHistory); !d.OK && user != v.User {
		return nil, denied{d.Reason}
	}
	return h.ownership(ctx, v, user)
}

// address is that of a page with the same filters.
func (f pastFilter) address(path string, more url.Values) string {
	q := url.Values{}
	for field, value := range map[string]string{"type": f.shown.Type, "direction": f.shown.Direction, "member": f.shown.Member,
		"phonenumber": f.shown.Number, "q": f.shown.Text, "from": f.shown.From, "to": f.shown.To} {
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

// day reads a date as a date field sends it. Years that no sipgate account
// can have are mistakes.
func day(q url.Values, field string, plus time.Duration) (time.Time, error) {
	s := q.Get(field)
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, s, time.Local)
	if err != nil || t.Year() < 2000 || t.Year() > 2100 {
		return time.Time{}, web.BadParam(field)
	}
	return t.Add(plus), nil
}
