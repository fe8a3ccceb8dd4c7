package handlers

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/team"
	"callboard/views"
)

// historyPage is how many entries one page of the history shows.
const historyPage = 25

// history shows past calls, newest first.
func (h *handlers) history(w http.ResponseWriter, r *http.Request, v Visitor) error {
	query, err := historyQuery(r.URL.Query())
	if err != nil {
		return err
	}
	page, err := h.pageOfHistory(r.Context(), v, query)
	if err != nil {
		return err
	}
	return show(w, r, http.StatusOK, views.History(h.about(r, v), historyModel(r.URL.Query(), query, page)))
}

// A pastPage is a page of the history as a visitor may see it.
type pastPage struct {
	items []sipgate.HistoryEntry
	next  int // offset of the page after it, 0 if there is none
	total int // 0 if it is not known
}

// pageOfHistory reads as much of the account's history as it takes to fill a
// page with entries that the visitor may see, within reason.
func (h *handlers) pageOfHistory(ctx context.Context, v Visitor, q sipgate.HistoryQuery) (pastPage, error) {
	client := h.clientOf(v)
	mine, err := h.ownership(ctx, client, v)
	if err != nil {
		return pastPage{}, err
	}
	var found pastPage
	want := q.Limit
	if !v.seesAll() {
		q.Limit = 100 // of which some will be left out
	}
	for range maxHistoryReads {
		page, err := client.History(ctx, q)
		if err != nil {
			return pastPage{}, err
		}
		for _, e := range page.Items {
			q.Offset++
			if mine(e) {
				found.items = append(found.items, e)
			}
			if len(found.items) == want {
				break
			}
		}
		if q.Offset < page.Total {
			found.next = q.Offset
		} else {
			found.next = 0
		}
		if v.seesAll() {
			found.total = page.Total
		}
		if len(found.items) == want || found.next == 0 || len(page.Items) == 0 {
			break
		}
	}
	return found, nil
}

// maxHistoryReads bounds the requests to sipgate for one page.
const maxHistoryReads = 10

// historyQuery reads the filters of the history from an address.
func historyQuery(q url.Values) (sipgate.HistoryQuery, error) {
	var out sipgate.HistoryQuery
	var err error
	if out.Limit, err = number(q, "limit", historyPage, 1, 100); err != nil {
		return out, err
	}
	if out.Offset, err = number(q, "offset", 0, 0, 1_000_000); err != nil {
		return out, err
	}
	if out.From, err = day(q, "from", 0); err != nil {
		return out, err
	}
	if out.To, err = day(q, "to", 24*time.Hour-time.Second); err != nil {
		return out, err
	}
	if out.Types, err = words(q, "type", "CALL", "VOICEMAIL", "SMS", "FAX"); err != nil {
		return out, err
	}
	if out.Directions, err = words(q, "direction", "INCOMING", "OUTGOING", "MISSED_INCOMING", "MISSED_OUTGOING"); err != nil {
		return out, err
	}
	if out.Phonenumber = q.Get("phonenumber"); out.Phonenumber != "" {
		for _, c := range out.Phonenumber {
			if (c < '0' || c > '9') && c != '+' && c != ' ' {
				return out, badParam("phonenumber")
			}
		}
		if len(out.Phonenumber) > 32 {
			return out, badParam("phonenumber")
		}
	}
	return out, nil
}

func number(q url.Values, field string, without, low, high int) (int, error) {
	s := q.Get(field)
	if s == "" {
		return without, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		return 0, badParam(field)
	}
	return n, nil
}

// words are the values of a field that may be sent several times, each one of
// those that are known.
func words(q url.Values, field string, known ...string) ([]string, error) {
	var found []string
	for _, w := range q[field] {
		if w == "" { // "all", as a form sends it
			continue
		}
		if !slices.Contains(known, w) {
			return nil, badParam(field)
		}
		found = append(found, w)
	}
	return found, nil
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
		return time.Time{}, badParam(field)
	}
	return t.Add(plus), nil
}

// ownership tells which entries the visitor may see: sipgate shows a plain
// user the whole account's history, we show only calls that went through the
// user or one of their telephones and lines. Leads and admins see all.
func (h *handlers) ownership(ctx context.Context, c *sipgate.Client, v Visitor) (func(sipgate.HistoryEntry) bool, error) {
	if v.seesAll() {
		return func(sipgate.HistoryEntry) bool { return true }, nil
	}
	devices, err := c.Devices(ctx, v.User)
	if err != nil {
		return nil, err
	}
	own := map[string]bool{string(v.User): true}
	for _, d := range devices {
		own[string(d.ID)] = true
		for _, l := range d.Phonelines {
			own[l.ID] = true
		}
	}
	return func(e sipgate.HistoryEntry) bool {
		return slices.ContainsFunc(e.Extensions(), func(x string) bool { return own[x] })
	}, nil
}

// seesAll reports whether the whole account's history is shown to the visitor.
func (v Visitor) seesAll() bool { return v.Person.May(team.DeedHistoryAll).OK }

// recording streams a recording to the browser, as sipgate sends it but under
// a name of ours. A browser that wants only a part (to seek) gets that part.
func (h *handlers) recording(w http.ResponseWriter, r *http.Request, v Visitor) error {
	client := h.clientOf(v)
	entry, err := client.HistoryEntry(r.Context(), r.PathValue("id"))
	switch {
	case err == nil:
	case sipgate.KindOf(err) == sipgate.NoCall, sipgate.KindOf(err) == sipgate.Invalid:
		return errNotFound
	default:
		return err
	}
	mine, err := h.ownership(r.Context(), client, v)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(entry.Recordings, func(rec sipgate.Recording) bool { return rec.ID == r.PathValue("recording") })
	if !mine(entry) || i < 0 {
		return errNotFound
	}
	file, err := client.OpenRecording(r.Context(), entry.Recordings[i].URL, r.Header.Get("Range"))
	if err != nil {
		return err
	}
	defer file.Body.Close()
	head := w.Header()
	head.Set("Content-Type", "audio/wav")
	head.Set("Accept-Ranges", "bytes")
	if file.ContentRange != "" {
		head.Set("Content-Range", file.ContentRange)
	}
	if file.Length >= 0 {
		head.Set("Content-Length", strconv.FormatInt(file.Length, 10))
	}
	name := "call-" + entry.Created.Format("2006-01-02-1504") + ".wav"
	if r.FormValue("download") != "" {
		head.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	}
	w.WriteHeader(file.Status)
	if _, err := io.Copy(w, file.Body); err != nil && !errors.Is(err, context.Canceled) {
		h.Log.Info("a recording broke off", "err", err)
	}
	return nil
}

// historyModel puts a page of the history into words.
func historyModel(asked url.Values, q sipgate.HistoryQuery, page pastPage) views.HistoryModel {
	m := views.HistoryModel{Types: q.Types, Directions: q.Directions, From: asked.Get("from"), To: asked.Get("to"), Total: page.total}
	at := func(offset int) string {
		next := url.Values{}
		for _, field := range []string{"type", "direction", "from", "to", "phonenumber", "limit"} {
			if asked.Get(field) != "" {
				next[field] = asked[field]
			}
		}
		next.Set("offset", strconv.Itoa(offset))
		return "/history?" + next.Encode()
	}
	if q.Offset > 0 {
		m.Newer = at(max(0, q.Offset-q.Limit))
	}
	if page.next > 0 {
		m.Older = at(page.next)
	}
	for _, e := range page.items {
		m.Entries = append(m.Entries, entryModel(e))
	}
	return m
}

func entryModel(e sipgate.HistoryEntry) views.HistoryEntry {
	m := views.HistoryEntry{ID: e.ID, Type: e.Type, Direction: "out", Missed: strings.HasPrefix(e.Direction, "MISSED"),
		When: e.Created.Local(), Length: e.Duration, Note: e.Note}
	outside, name, inside, our := e.Target, e.TargetAlias, e.Source, e.SourceAlias
	if e.Incoming {
		m.Direction = "in"
		outside, name, inside, our = e.Source, e.SourceAlias, e.Target, e.TargetAlias
	}
	m.Number, m.Inside = sipgate.DisplayNumber(outside), sipgate.DisplayNumber(inside)
	if name != outside {
		m.Name = name
	}
	if our != "" && our != inside {
		m.Inside = our
	}
	for _, r := range e.Recordings {
		m.Recordings = append(m.Recordings, views.Recording{ID: r.ID})
	}
	return m
}
