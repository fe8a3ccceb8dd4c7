package views

import "time"

// Node is one of several nodes.
type Node struct {
	ID, Version string
	State       string // "serving", "draining" or "gone"
	Started     time.Time
	Teams       int  // that are at home there
	Here        bool // the reader's team is
}
