package cluster

import (
	"errors"
	"time"
)

// Errors of a node that may not act. All of them pass: see [RetryAfter].
var (
	// ErrNoLease is returned while the node has no lease, since it cannot reach the
	// database or was replaced.
	ErrNoLease = errors.New("this node has no lease at the moment")

	// ErrElsewhere is returned for a team whose home is not here.
	ErrElsewhere = errors.New("the team is not at home at this node")

	// ErrMoving is returned for a team whose home is about to change.
	ErrMoving = errors.New("the team is moving to another node")

	// ErrNoHome is returned for a team whose node does not answer, and cannot be
	// replaced yet.
	ErrNoHome = errors.New("the team's node has stopped, and is not replaced yet")
)

// ErrReplaced is returned by [Node.Err] after another node took over homes of this
// one. What this node knows may be wrong since: the program has to start again, with a
// new id and new connections to the database.
var ErrReplaced = errors.New("another node has taken over homes of this one")

// RetryAfter reports whether err says that this node may not act now, and after what
// time a client should try again.
func RetryAfter(err error) (time.Duration, bool) {
	switch {
	case errors.Is(err, ErrMoving), errors.Is(err, ErrElsewhere):
		return time.Second, true
	case errors.Is(err, ErrNoLease), errors.Is(err, ErrNoHome), Refused(err):
		return 3 * time.Second, true
	}
	return 0, false
}

// fencedState is the SQLSTATE with which a write is refused, since the team's home is
// not at the node that writes.
const fencedState = "CB001"

// Refused reports whether err is that of a write which the database refused, since the
// team's home is not at this node.
func Refused(err error) bool {
	e, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err)
	return ok && e.SQLState() == fencedState
}
