package team

import "sync"

// notifier passes changed members to listeners: in the order in which they were
// added, one at a time, with no lock held.
type notifier struct {
	// mu guards the fields below. It is not held while a listener runs, so
	// listeners may make changes themselves.
	mu        sync.Mutex
	listeners []func(Member)
	queue     []Member
	notifying bool // a goroutine is in notify and will pass on what is added
}

func (n *notifier) subscribe(f func(Member)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.listeners = append(n.listeners, f)
}

// add appends a changed member. The caller holds Members.writing, so that the
// order of the queue is that of the changes.
func (n *notifier) add(member Member) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.queue = append(n.queue, member)
}

// notify passes on what was added, unless another goroutine does so already.
func (n *notifier) notify() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.notifying {
		return
	}
	n.notifying = true
	defer func() { n.notifying = false }()
	for len(n.queue) > 0 {
		member := n.queue[0]
		n.queue = n.queue[1:]
		n.call(member, n.listeners)
	}
}

// call gives up the lock while the listeners run, even if one panics.
func (n *notifier) call(member Member, listeners []func(Member)) {
	n.mu.Unlock()
	defer n.mu.Lock()
	for _, f := range listeners {
		f(member)
	}
}
