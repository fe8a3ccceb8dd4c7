// Package metrics counts what the program does and exports it to Prometheus. It
// is the only package that knows Prometheus: the others report with functions
// that they are given, or are asked at a scrape.
//
// The values of labels are bounded: routes, endpoints, verbs, statuses and
// outcomes. A label never holds a number, a member, a name or a secret, and the
// id of a sipgate account only with --metrics-accounts.
package metrics

import (
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"callboard/web"
)

// Settings are the flags for metrics, with struct tags for a command-line
// parser.
type Settings struct {
	MetricsAccounts bool `help:"Metrics have the sipgate account of each team as a label."`
}

// Metrics are those of one program. All methods may be called concurrently.
type Metrics struct {
	registry *prometheus.Registry
	accounts bool

	requests        *prometheus.CounterVec
	requestTime     *prometheus.HistogramVec
	pollTime        *prometheus.HistogramVec
	sipgateRequests *prometheus.CounterVec
	sipgateTime     *prometheus.HistogramVec
	refreshes       *prometheus.CounterVec
	actions         *prometheus.CounterVec
	uploads         *prometheus.CounterVec
	relayed         *prometheus.CounterVec
	renewals        *prometheus.HistogramVec
	passed          *prometheus.HistogramVec
}

// New returns Metrics with a registry of their own, in which those of the Go
// runtime and of the process are as well.
func New(s Settings) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), accounts: s.MetricsAccounts}
	m.requests = m.counter("http_requests_total", "Answered requests by route and status. The route of a refused request may be none.", "route", "code")
	m.requestTime = m.histogram("http_request_duration_seconds", "Time to answer a request; of a websocket, its handshake.", []float64{.005, .025, .1, .5, 2.5, 10}, "route")
	m.pollTime = m.histogram("poll_duration_seconds", "Time from a request for sipgate's list of calls until it is on the board, by outcome: ok, or the kind of error.", []float64{.05, .1, .25, .5, 1, 2.5, 5}, m.withAccount("outcome")...)
	m.sipgateRequests = m.counter("sipgate_requests_total", "Requests to sipgate by endpoint and status; none is a request without an answer.", "endpoint", "code")
	m.sipgateTime = m.histogram("sipgate_request_duration_seconds", "Time until sipgate begins to answer.", []float64{.05, .1, .25, .5, 1, 2.5, 5, 10}, "endpoint")
	m.refreshes = m.counter("token_refreshes_total", "Renewals of members' access to sipgate by outcome: ok, refused (the member has to sign in), client_refused (the settings are wrong), failed.", "outcome")
	m.actions = m.counter("actions_total", "Actions that the audit records, by verb and outcome.", m.withAccount("verb", "outcome")...)
	m.uploads = m.counter("announcement_uploads_total", "Uploaded announcements by outcome: ok (converted), refused, failed.", "outcome")
	m.relayed = m.counter("relayed_events_total", "Push events passed on to other programs by outcome: delivered, refused, failed, dropped.", "outcome")
	m.renewals = m.histogram("cluster_renewal_duration_seconds", "Time to renew this node's lease, by outcome: ok, failed.", []float64{.005, .025, .1, .5, 2}, "outcome")
	m.passed = m.histogram("forwarded_request_duration_seconds", "Time to pass a request on to the node at which its team is at home, until it is answered; of a websocket, its handshake. By outcome: answered, resent (the team had moved), away, unknown, cut, abandoned.", []float64{.005, .025, .1, .5, 2.5, 10}, "outcome")
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: "build_info", Help: "Always 1; the labels say what runs."}, []string{"version", "revision", "goversion"})
	b := web.ReadBuild()
	build.WithLabelValues(b.Version, b.Commit, b.Go).Set(1)
	for _, outcome := range refreshOutcomes {
		m.refreshes.WithLabelValues(outcome) // an alert needs the zero before the first failure
	}
	m.registry.MustRegister(build)
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

const namespace = "callboard"

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *Metrics) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
	m.registry.MustRegister(v)
	return v
}

// withAccount appends the name or the value of the label "account", if it is
// wanted.
func (m *Metrics) withAccount(labels ...string) []string {
	if m.accounts {
		labels = append(labels, "account")
	}
	return labels
}

// values returns the values of labels, of which the account is the last.
func (m *Metrics) values(account string, values ...string) []string {
	if m.accounts {
		values = append(values, account)
	}
	return values
}

// Handler answers scrapes.
func (m *Metrics) Handler(log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError), ErrorHandling: promhttp.ContinueOnError})
}
