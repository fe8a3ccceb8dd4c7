package handlers

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/team"
	"callboard/views"
)

// auditPage is how many entries one page of the audit shows.
const auditPage = 50

// audit shows who did what.
func (h *handlers) audit(w http.ResponseWriter, r *http.Request, v Visitor) error {
	q := r.URL.Query()
	f, err := auditFilter(q)
	if err != nil {
		return err
	}
	entries, err := h.Audit.List(r.Context(), v.Account, f)
	if err != nil {
		return err
	}
	m := views.AuditModel{Entries: entries, Names: map[team.Member]string{}, KeepDays: h.AuditDays,
		Filter: views.AuditFilter{By: q.Get("by"), Deed: q.Get("deed"), Call: q.Get("call"), From: q.Get("from"), To: q.Get("to")}}
	for i := range m.Entries {
		m.Entries[i].At = m.Entries[i].At.Local()
	}
	for _, p := range h.People.List(v.Account) {
		m.Names[p.Member] = p.Name
		m.Members = append(m.Members, views.Choice{Value: string(p.User), Label: p.Name})
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
	return show(w, r, http.StatusOK, views.Audit(h.about(r, v), m))
}

// auditCSV is the audit as a table for a spreadsheet.
func (h *handlers) auditCSV(w http.ResponseWriter, r *http.Request, v Visitor) error {
	f, err := auditFilter(r.URL.Query())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="callboard-audit.csv"`)
	if err := h.Audit.CSV(r.Context(), w, v.Account, f); err != nil {
		h.Log.Info("an audit table broke off", "err", err)
		panic(http.ErrAbortHandler) // half a table must not look like a whole one
	}
	return nil
}

// auditFilter reads the filters of the audit from an address.
func auditFilter(q url.Values) (team.AuditFilter, error) {
	f := team.AuditFilter{By: sipgate.UserID(q.Get("by")), Deed: team.Deed(q.Get("deed")), Call: q.Get("call"), Limit: auditPage}
	var err error
	if f.From, err = day(q, "from", 0); err != nil {
		return f, err
	}
	if f.To, err = day(q, "to", 24*time.Hour); err != nil {
		return f, err
	}
	if s := q.Get("before"); s != "" {
		if f.Before, err = strconv.ParseInt(s, 10, 64); err != nil || f.Before < 1 {
			return f, badParam("before")
		}
	}
	return f, nil
}
