package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

type recordingJSON struct {
	ID  string `json:"id"`
	URL string `json:"url"`
}

// entryJSON returns the entry as the API shows it: a CALL has recordings, a
// VOICEMAIL has a recordingUrl.
func (s *Simulator) entryJSON(e *historyEntry) map[string]any {
	j := map[string]any{
		"id": e.id, "source": e.source, "target": e.target,
		"sourceAlias": e.sourceAlias, "targetAlias": e.targetAlias,
		"type": e.kind, "created": formatTime(e.created), "lastModified": formatTime(e.modified),
		"direction": e.direction, "incoming": strings.HasSuffix(e.direction, "INCOMING"),
		"status": e.status, "connectionIds": orEmpty(e.connections), "read": e.read,
		"archived": e.archived, "note": e.note, "endpoints": endpointsJSON(e.endpoints),
		"starred": e.starred, "labels": []string{},
	}
	if e.kind == "FAX" {
		j["faxStatusType"], j["documentUrl"], j["reportUrl"], j["previewUrl"], j["pageCount"] = "SENT", "", "", "", 1
		return j
	}
	if e.kind == "SMS" {
		j["smsContent"], j["scheduled"] = e.text, nil
		return j
	}
	j["duration"] = int(e.duration.Seconds())
	list := []recordingJSON{}
	for _, id := range e.recordings {
		list = append(list, recordingJSON{id, s.recordingURL(id)})
	}
	switch {
	case e.kind == "CALL":
		j["callId"], j["callStatus"], j["recordings"] = e.callID, e.callStatus, list
	default:
		j["transcription"], j["recordingUrl"] = e.transcription, ""
		if len(list) > 0 {
			j["recordingUrl"] = list[0].URL
		}
	}
	return j
}

// formatTime formats a time as the API does: UTC, whole seconds.
func formatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func endpointsJSON(list []historyEndpoint) []any {
	all := []any{}
	for _, e := range list {
		all = append(all, map[string]any{
			"type": e.outcome, "endpoint": map[string]string{"extension": e.extension, "type": e.kind},
		})
	}
	return all
}

// historyFilter is the query of GET /history. Unknown parameters are ignored.
type historyFilter struct {
	types, directions, connections, starred []string
	from, to                                time.Time
	archived                                bool
	number                                  string
	offset, limit                           int
	user                                    *user // of the path, or nil
}

var errForeignConnection = errors.New("connectionIds of devices are forbidden")

func parseFilter(v url.Values) (f historyFilter, err error) {
	f = historyFilter{
		types: v["types"], directions: v["directions"], starred: v["starred"],
		connections: v["connectionIds"], number: v.Get("phonenumber"),
	}
	for _, check := range []struct {
		values  []string
		allowed string
	}{
		{f.types, "CALL VOICEMAIL SMS FAX"},
		{f.directions, "INCOMING OUTGOING MISSED_INCOMING MISSED_OUTGOING"},
		{f.starred, "STARRED UNSTARRED"},
	} {
		for _, value := range check.values {
			if !slices.Contains(strings.Fields(check.allowed), value) {
				return f, fmt.Errorf("%q is not one of %s", value, check.allowed)
			}
		}
	}
	for _, c := range f.connections {
		if strings.HasPrefix(c, "e") || strings.HasPrefix(c, "y") || strings.HasPrefix(c, "x") {
			return f, errForeignConnection
		}
	}
	if f.from, err = parseTime(v, "from"); err != nil {
		return f, err
	}
	if f.to, err = parseTime(v, "to"); err != nil {
		return f, err
	}
	if a := v.Get("archived"); a != "" && a != "true" && a != "false" {
		return f, errors.New("archived is not a boolean")
	}
	f.archived = v.Get("archived") == "true"
	if f.offset, err = parseInt(v, "offset", 0, 1<<31-1); err != nil {
		return f, err
	}
	f.limit, err = parseInt(v, "limit", 10, 1000)
	return f, err
}

// parseTime parses a parameter in one of the ISO 8601 forms that sipgate's
// documentation shows, or a date.
func parseTime(v url.Values, name string) (time.Time, error) {
	s := v.Get(name)
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s is not an ISO 8601 time", name)
}

func parseInt(v url.Values, name string, missing, most int) (int, error) {
	s := v.Get(name)
	if s == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("%s is not an integer from 0 to %d", name, most)
	}
	return n, nil
}

func (f *historyFilter) matches(e *historyEntry) bool {
	direction := e.direction
	star := "UNSTARRED"
	if e.starred {
		star = "STARRED"
	}
	among := func(list []string, s string) bool { return len(list) == 0 || slices.Contains(list, s) }
	return e.archived == f.archived && among(f.types, e.kind) && among(f.directions, direction) &&
		among(f.starred, star) &&
		(f.from.IsZero() || !e.created.Before(f.from)) && (f.to.IsZero() || !e.created.After(f.to)) &&
		(f.number == "" || sameNumber(f.number, e.source) || sameNumber(f.number, e.target)) &&
		(f.user == nil || slices.Contains(e.users, f.user)) &&
		(len(f.connections) == 0 || slices.ContainsFunc(f.connections, e.hasExtension))
}

func (e *historyEntry) hasExtension(extension string) bool {
	return slices.Contains(e.connections, extension) ||
		slices.ContainsFunc(e.endpoints, func(p historyEndpoint) bool { return p.extension == extension })
}

func sameNumber(a, b string) bool {
	clean := strings.NewReplacer("+", "", " ", "", "-", "")
	return clean.Replace(a) == clean.Replace(b)
}

// listHistory lists the entries of the whole account to every user, newest
// first, as sipgate does. Under /{userId}/ it lists that user's entries.
func (s *Simulator) listHistory(q *apiRequest) response {
	list, total, refused := s.selectEntries(q, q.URL.Query())
	if refused != nil {
		return *refused
	}
	return okJSON(map[string]any{"items": list, "totalCount": total})
}

// selectEntries returns a page of the entries that a query selects, and how many it
// selects, or why it is refused.
func (s *Simulator) selectEntries(q *apiRequest, query url.Values) (list []map[string]any, total int, refused *response) {
	f, err := parseFilter(query)
	switch id, given := q.args["userId"]; {
	case errors.Is(err, errForeignConnection):
		no := refuse(http.StatusForbidden, err.Error())
		return nil, 0, &no
	case err != nil:
		no := invalid(err)
		return nil, 0, &no
	case given:
		if f.user = q.auth.account.user(id); f.user == nil {
			return nil, 0, &notFound
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list = []map[string]any{}
	for _, e := range slices.Backward(q.auth.account.history) {
		if !q.auth.account.listsEntry(e) || !f.matches(e) {
			continue
		}
		if total++; total > f.offset && len(list) < f.limit {
			list = append(list, s.entryJSON(e))
		}
	}
	return list, total, nil
}

// listsEntry reports whether the history of the account has the entry. On neo,
// it depends on how the account came there.
func (a *account) listsEntry(e *historyEntry) bool {
	p := a.platform.Load()
	return p.Name != PlatformNeo || p.History == HistoryMigrated || p.History == HistoryFax && e.kind == "FAX"
}

// onEntry applies f to the entry in the path.
func (s *Simulator) onEntry(q *apiRequest, f func(a *account, e *historyEntry) response) response {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range q.auth.account.history {
		if e.id == q.args["entryId"] && q.auth.account.listsEntry(e) {
			return f(q.auth.account, e)
		}
	}
	return notFound
}

func (s *Simulator) getEntry(q *apiRequest) response {
	return s.onEntry(q, func(_ *account, e *historyEntry) response { return okJSON(s.entryJSON(e)) })
}

func (s *Simulator) deleteEntry(q *apiRequest) response {
	return s.onEntry(q, func(a *account, e *historyEntry) response {
		a.history = slices.DeleteFunc(a.history, func(x *historyEntry) bool { return x == e })
		return noContent
	})
}
