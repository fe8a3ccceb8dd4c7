package metrics

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/announcement"
	"callboard/sipgate/team"
)

// Request counts an answered request of a browser or a program. pattern is that of the
// route, "" if there is none.
func (m *Metrics) Request(pattern string, status int, took time.Duration) {
	route := cmp.Or(pattern, "none")
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	m.requestTime.WithLabelValues(route).Observe(took.Seconds())
}

// Sipgate counts a request to sipgate. It is a [sipgate.Observer].
func (m *Metrics) Sipgate(endpoint string, status int, took time.Duration) {
	code := "none"
	if status != 0 {
		code = strconv.Itoa(status)
	}
	m.sipgateRequests.WithLabelValues(endpoint, code).Inc()
	m.sipgateTime.WithLabelValues(endpoint).Observe(took.Seconds())
}

// Poll counts a request for an account's list of calls.
func (m *Metrics) Poll(account string, err error, took time.Duration) {
	outcome := "ok"
	if err != nil {
		outcome = strings.ToLower(sipgate.KindOf(err).String())
	}
	m.pollTime.WithLabelValues(m.values(account, outcome)...).Observe(took.Seconds())
}

// Action counts an action that the audit records.
func (m *Metrics) Action(account string, p team.Permission, outcome string) {
	m.actions.WithLabelValues(m.values(account, string(p), outcome)...).Inc()
}

// Upload counts an announcement that was added, or not.
func (m *Metrics) Upload(err error) {
	outcome := "ok"
	if _, refused := errors.AsType[*announcement.Error](err); refused {
		outcome = "refused"
	} else if err != nil {
		outcome = "failed"
	}
	m.uploads.WithLabelValues(outcome).Inc()
}

// Relayed counts an event that was passed on to another program, or not.
func (m *Metrics) Relayed(outcome string) { m.relayed.WithLabelValues(outcome).Inc() }

// Refresher returns r with its refreshes counted.
func (m *Metrics) Refresher(r team.Refresher) team.Refresher { return refresher{m, r} }

type refresher struct {
	metrics *Metrics
	team.Refresher
}

// Refresh implements [team.Refresher].
func (r refresher) Refresh(ctx context.Context, refreshToken string) (sipgate.Tokens, error) {
	t, err := r.Refresher.Refresh(ctx, refreshToken)
	r.metrics.refreshes.WithLabelValues(refreshOutcome(err)).Inc()
	return t, err
}

var refreshOutcomes = []string{"ok", "refused", "client_refused", "failed"}

func refreshOutcome(err error) string {
	e, ok := errors.AsType[*sipgate.OAuthError](err)
	switch {
	case err == nil:
		return "ok"
	case !ok:
		return "failed"
	case e.Code == "invalid_grant":
		return "refused"
	case e.Code == "invalid_client", e.Code == "unauthorized_client", e.Status == http.StatusUnauthorized:
		return "client_refused"
	}
	return "failed"
}
