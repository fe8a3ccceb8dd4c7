package cluster

import "sync/atomic"

// counts are what a node has done since it started.
type counts struct {
	renewals, failures, failing, reads, claims, takeovers, fenced, moved, refused atomic.Int64
}

// Counts are what a node has done since it started.
type Counts struct {
	Renewals  int64 // of the lease, attempts
	Failures  int64 // of those
	Reads     int64 // of homes
	Claims    int64 // homes that were free and are here since
	Takeovers int64 // of those, homes that had been at another node
	Fenced    int64 // nodes whose leases had run out
	Moved     int64 // homes, to nodes with fewer
	Refused   int64 // requests that were not sent, since the node might not act
}

// Counts returns what the node has done since it started.
func (n *Node) Counts() Counts {
	if n == nil {
		return Counts{}
	}
	c := &n.counts
	return Counts{Renewals: c.renewals.Load(), Failures: c.failures.Load(), Reads: c.reads.Load(), Claims: c.claims.Load(),
		Takeovers: c.takeovers.Load(), Fenced: c.fenced.Load(), Moved: c.moved.Load(), Refused: c.refused.Load()}
}
