package simulator

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
)

// exportColumns are those of GET /history/export. sipgate does not document them; here
// they are fields of entries.
var exportColumns = []string{"id", "type", "direction", "status", "source", "sourceAlias", "target", "targetAlias", "created", "duration", "read", "starred", "archived", "note"}

// exportHistory serves GET /history/export: a page of the history as CSV. It takes the
// query of GET /history but phonenumber.
func (s *Simulator) exportHistory(q *apiRequest) response {
	query := q.URL.Query()
	query.Del("phonenumber")
	entries, _, refused := s.selectEntries(q, query)
	if refused != nil {
		return *refused
	}
	var text strings.Builder
	w := csv.NewWriter(&text)
	w.Write(exportColumns)
	for _, e := range entries {
		row := make([]string, len(exportColumns))
		for i, column := range exportColumns {
			if value, ok := e[column]; ok {
				row[i] = fmt.Sprint(value)
			}
		}
		w.Write(row)
	}
	w.Flush()
	return response{status: http.StatusOK, text: text.String(), media: "application/octet-stream"}
}
