package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"callboard/handlers/feed"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/webhook"
	"callboard/web/database"
)

// Sources are asked at each scrape.
type Sources struct {
	App interface {
		Sockets() int
		Sent() feed.Counts
	}
	Boards interface {
		All() map[string]*switchboard.Board
	}
	Receiver interface {
		All() map[string]webhook.Health
	}
	Audit    interface{ Failures() uint64 }
	Database *database.DB
	Backups  *database.Daily // nil: none

	// Certificate returns when that of the program expires, zero without one.
	Certificate func() time.Time
}

// Watch adds what the sources know. It may be called once.
func (m *Metrics) Watch(s Sources) {
	account := m.withAccount()
	m.registry.MustRegister(collectors.NewDBStatsCollector(s.Database.DB, namespace), &sources{Sources: s, metrics: m,
		sockets:   describe("sockets", "Open websockets of boards, calls and wallboards."),
		changes:   describe("feed_changes_total", "Changes of boards with open pages."),
		frames:    describe("feed_frames_sent_total", "Messages that were sent to open pages, counted for each page."),
		bytes:     describe("feed_sent_bytes_total", "Bytes of these messages."),
		teams:     describe("teams", "Teams whose calls are followed: with at least one member whose access to sipgate works."),
		calls:     describe("calls", "Calls on the boards."),
		listAge:   describe("list_age_seconds", "Age of a team's list of calls, the oldest one unless there is a label for the account. Teams without a usable access have none.", account...),
		push:      describe("push_events_total", "Push events by outcome: accepted, duplicate, or why they were refused.", m.withAccount("outcome")...),
		failures:  describe("audit_failures_total", "How often the audit could not be written; the action was not carried out, or its outcome is written later."),
		up:        describe("database_up", "Whether the database can be written."),
		writeTime: describe("database_write_duration_seconds", "Time that a small write took just now."),
		size:      describe("database_size_bytes", "Size of the database by part: file, log.", "part"),
		backup:    describe("backup_last_success_timestamp_seconds", "When the newest daily backup was made, 0 if there is none. Without --backup-dir it is missing."),
		expiry:    describe("certificate_expiry_timestamp_seconds", "When the certificate expires that the program serves, with --tls-cert or --acme."),
		free:      describe("database_free_bytes", "Free space on the disk of the database."),
	})
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

// sources is the collector of Sources.
type sources struct {
	Sources
	metrics *Metrics

	sockets, changes, frames, bytes *prometheus.Desc
	teams, calls, listAge, push     *prometheus.Desc
	failures                        *prometheus.Desc
	up, writeTime, size, free       *prometheus.Desc
	backup, expiry                  *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (s *sources) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{s.sockets, s.changes, s.frames, s.bytes, s.teams, s.calls, s.listAge, s.push,
		s.failures, s.up, s.writeTime, s.size, s.free, s.backup, s.expiry} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *sources) Collect(ch chan<- prometheus.Metric) {
	o := output(ch)
	sent := s.App.Sent()
	o.gauge(s.sockets, float64(s.App.Sockets()))
	o.counter(s.changes, float64(sent.Changes))
	o.counter(s.frames, float64(sent.Frames))
	o.counter(s.bytes, float64(sent.Bytes))
	o.counter(s.failures, float64(s.Audit.Failures()))
	s.collectBoards(o)
	s.collectPush(o)
	s.collectDatabase(o)
	if expiry := s.Certificate(); !expiry.IsZero() {
		o.gauge(s.expiry, float64(expiry.Unix()))
	}
}

func (s *sources) collectBoards(o output) {
	teams, calls, oldest := 0, 0, time.Duration(-1)
	for account, b := range s.Boards.All() {
		health, n := b.Health()
		calls += n
		if health.Members == 0 {
			continue
		}
		teams++
		if health.ListedAt.IsZero() {
			continue
		}
		age := time.Since(health.ListedAt)
		oldest = max(oldest, age)
		if s.metrics.accounts {
			o.gauge(s.listAge, age.Seconds(), account)
		}
	}
	o.gauge(s.teams, float64(teams))
	o.gauge(s.calls, float64(calls))
	if !s.metrics.accounts && oldest >= 0 {
		o.gauge(s.listAge, oldest.Seconds())
	}
}

// collectPush sums up push events, by account if that is wanted.
func (s *sources) collectPush(o output) {
	type key struct{ outcome, account string }
	sums := map[key]int{{outcome: "accepted"}: 0}
	if s.metrics.accounts {
		clear(sums)
	}
	for account, h := range s.Receiver.All() {
		if !s.metrics.accounts {
			account = ""
		}
		sums[key{"accepted", account}] += h.Accepted
		sums[key{"duplicate", account}] += h.Duplicate
		for code, n := range h.Refused {
			sums[key{code, account}] += n
		}
	}
	for k, n := range sums {
		o.counter(s.push, float64(n), s.metrics.values(k.account, k.outcome)...)
	}
}

func (s *sources) collectDatabase(o output) {
	d := s.Database.Measure(context.Background())
	up := 0.0
	if d.Err == nil {
		up = 1
	}
	o.gauge(s.up, up)
	o.gauge(s.writeTime, d.Write.Seconds())
	o.gauge(s.size, float64(d.Size), "file")
	o.gauge(s.size, float64(d.LogSize), "log")
	if d.Free >= 0 {
		o.gauge(s.free, float64(d.Free))
	}
	if made, on, _ := s.Backups.Newest(); on {
		seconds := 0.0
		if !made.IsZero() {
			seconds = float64(made.Unix())
		}
		o.gauge(s.backup, seconds)
	}
}

// output takes the metrics of a scrape.
type output chan<- prometheus.Metric

func (o output) gauge(d *prometheus.Desc, value float64, labels ...string) {
	o <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func (o output) counter(d *prometheus.Desc, value float64, labels ...string) {
	o <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
}
