package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callboard/web/cluster"
)

// Renewal counts a renewal of this node's lease. It is for [cluster.Options].
func (m *Metrics) Renewal(took time.Duration, err error) {
	outcome := "ok"
	if err != nil {
		outcome = "failed"
	}
	m.renewals.WithLabelValues(outcome).Observe(took.Seconds())
}

// Passed counts a request of a team that is at home at another node.
func (m *Metrics) Passed(outcome string, took time.Duration) {
	m.passed.WithLabelValues(outcome).Observe(took.Seconds())
}

// WatchNode adds what this node knows of itself, unless it is the only one, and how many
// sockets lead through it. It may be called once.
func (m *Metrics) WatchNode(n *cluster.Node, through interface{ Sockets() int }) {
	if n == cluster.Alone {
		return
	}
	m.registry.MustRegister(&node{n, through,
		describe("cluster_lease", "Whether this node has a lease, so that it may act."),
		describe("cluster_homes", "Teams that are at home at this node."),
		describe("cluster_homes_claimed_total", "Homes that this node got, by how: new, taken over from a node that ended or gave them up.", "how"),
		describe("cluster_homes_moved_total", "Homes that this node gave to one with fewer."),
		describe("cluster_nodes_fenced_total", "Nodes that this one declared dead, since their leases had run out."),
		describe("cluster_refused_total", "Requests to sipgate that were not sent, since this node might not act for the team."),
		describe("forwarded_sockets", "Open websockets that lead through this node to another one."),
	})
}

// node is the collector of a node.
type node struct {
	*cluster.Node
	through interface{ Sockets() int }

	lease, homes, claimed, moved, fenced, refused, sockets *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (n *node) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{n.lease, n.homes, n.claimed, n.moved, n.fenced, n.refused, n.sockets} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (n *node) Collect(ch chan<- prometheus.Metric) {
	o, counts := output(ch), n.Counts()
	held := 0.0
	if n.Held() {
		held = 1
	}
	o.gauge(n.lease, held)
	o.gauge(n.homes, float64(n.Homes()))
	o.counter(n.claimed, float64(counts.Claims-counts.Takeovers), "new")
	o.counter(n.claimed, float64(counts.Takeovers), "taken_over")
	o.counter(n.moved, float64(counts.Moved))
	o.counter(n.fenced, float64(counts.Fenced))
	o.counter(n.refused, float64(counts.Refused))
	o.gauge(n.sockets, float64(n.through.Sockets()))
}
