package handlers

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// auditPage is the number of entries on one page of the audit.
const auditPage = 50

// audit shows the audit, filtered and in pages.
func (h *handlers) showAudit(w http.ResponseWriter, r *http.Request, a actor) error {
	q := r.URL.Query()
	f, err := auditFilter(q, h.zone(a))
	if err != nil {
		return err
	}
	entries, err := h.Control.Audit.List(r.Context(), a.Account, f)
	if err != nil {
		return err
	}
	m := views.AuditModel{Entries: entries, Names: map[team.MemberID]string{}, Telephones: h.telephoneNames(a.Account), KeepDays: h.AuditDays,
		Filter: views.AuditFilter{Member: q.Get("by"), Action: q.Get("deed"), Call: q.Get("call"), From: q.Get("from"), To: q.Get("to")}}
	for _, p := range h.Control.TeamMembers(a.Account) {
		m.Names[p.MemberID] = p.Name
		m.Members = append(m.Members, views.Option{Value: string(p.User), Label: p.Name})
	}
	if len(entries) == auditPage {
		older := url.Values{"before": {strconv.FormatInt(entries[len(entries)-1].ID, 10)}}
		for _, field := range []string{"by", "deed", "call", "from", "to"} {
			if q.Get(field) != "" {
				older.Set(field, q.Get(field))
			}
		}
		m.Older = "/audit?" + older.Encode()
	}
	if f.Before > 0 {
		q.Del("before")
		m.Newer = "/audit?" + q.Encode() // to the newest
	}
	return web.Show(w, r, http.StatusOK, views.Audit(h.page(r, a), m))
}

// auditColumns are the columns of the audit's table. They are the same in every
// language, since programs read them. Date and clock repeat the time as
// spreadsheets calculate with it.
var auditColumns = []string{
	"time", "user", "name", "deed", "call", "parties", "parameters",
	"through", "address", "outcome", "status", "milliseconds", "date", "clock",
}

// auditCSV sends the audit as a table for a spreadsheet, the newest entry
// first.
func (h *handlers) auditCSV(w http.ResponseWriter, r *http.Request, a actor) error {
	f, err := auditFilter(r.URL.Query(), h.zone(a))
	if err != nil {
		return err
	}
	return web.SendCSV(w, "callboard-audit.csv", csvSeparator(langOf(r, a)), auditColumns, func(yield func([]string, error) bool) {
		for e, err := range h.Control.Audit.All(r.Context(), a.Account, f) {
			if !yield(auditCells(e, h.zone(a)), err) {
				return
			}
		}
	})
}

// auditCells returns e in the order of auditColumns. Times are RFC 3339 in the
// zone of the team.
func auditCells(e team.AuditEntry, zone *time.Location) []string {
	at := e.At.In(zone)
	status := ""
	if e.Status != 0 {
		status = strconv.Itoa(e.Status)
	}
	return []string{
		at.Format("2006-01-02T15:04:05.000Z07:00"), string(e.By.User), e.ByName, string(e.Action),
		e.Call, e.Parties, e.Parameters, string(e.Via.User), e.Address, e.Outcome, status,
		strconv.FormatInt(e.Took.Milliseconds(), 10), at.Format(time.DateOnly), at.Format(time.TimeOnly),
	}
}

// auditFilter returns the filter in the query of an address.
func auditFilter(q url.Values, zone *time.Location) (team.AuditFilter, error) {
	f := team.AuditFilter{By: sipgate.UserID(q.Get("by")), Action: team.Permission(q.Get("deed")), Call: q.Get("call"), Limit: auditPage}
	var err error
	if f.From, _, err = day(q, "from", zone); err != nil {
		return f, err
	}
	if _, f.To, err = day(q, "to", zone); err != nil {
		return f, err
	}
	if s := q.Get("before"); s != "" {
		if f.Before, err = strconv.ParseInt(s, 10, 64); err != nil || f.Before < 1 {
			return f, web.BadParam("before")
		}
	}
	return f, nil
}
