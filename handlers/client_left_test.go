package handlers

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"callboard/sipgate/team"
	"callboard/web"
)

// Whatever a browser asked for and did not wait for, as a search while its text is
// still being typed, is neither an error in the log nor one in the metrics.
func TestRequestsOfClientsThatLeftAreNoErrors(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	call := d.connected(anna, "+4930555001")
	var log bytes.Buffer
	deps, status := d.h.Deps, 0
	deps.Log = slog.New(slog.NewTextHandler(&log, nil))
	deps.OnAnswer = func(_ string, code int, _ time.Duration) { status = code }
	d.app = newHandlers(deps).guarded()
	gone, leave := context.WithCancel(t.Context())
	leave()
	left := 0
	for _, route := range d.h.routes() {
		method, path, _ := strings.Cut(route.Pattern, " ")
		path = strings.NewReplacer("{$}", "", "{id}", string(call.ID), "{recording}", "none", "{user}", "w0", "{name}", "none", "{file}", "none", "{token}", "none").Replace(path)
		if method != http.MethodGet || path == "/readyz" { // monitoring decides how long it waits
			continue
		}
		if path == "/find" || path == "/search" {
			path += "?q=anna"
		}
		log.Reset()
		anna.send(gone, method, path, "")
		if status >= 500 || strings.Contains(log.String(), "request failed") || strings.Contains(log.String(), "level=ERROR") || strings.Contains(log.String(), "level=WARN") {
			t.Errorf("%s: %d\n%s", route.Pattern, status, log.String())
		}
		if status == web.StatusClientLeft {
			left++
		}
	}
	if left < 15 {
		t.Errorf("only %d addresses noticed that the client has left", left)
	}
}
