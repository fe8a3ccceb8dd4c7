package team

import (
	"strings"
	"sync"
	"unicode"
)

// news passes changes on: in the order in which they were added, one at a
// time, with no lock held.
type news struct {
	mu        sync.Mutex
	listeners []func(Member)
	queue     []Member
	telling   bool // somebody is in tell, and will tell what is added
}

func (n *news) subscribe(f func(Member)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.listeners = append(n.listeners, f)
}

// add appends a change. Whoever does has the turn of People, which makes the
// order that of the changes.
func (n *news) add(who Member) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.queue = append(n.queue, who)
}

// tell passes on what was added, unless somebody else is about it.
func (n *news) tell() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.telling {
		return
	}
	n.telling = true
	defer func() { n.telling = false }()
	for len(n.queue) > 0 {
		who := n.queue[0]
		n.queue = n.queue[1:]
		n.pass(who, n.listeners)
	}
}

// pass gives up the lock for the time of the calls, even if one panics.
func (n *news) pass(who Member, listeners []func(Member)) {
	n.mu.Unlock()
	defer n.mu.Lock()
	for _, f := range listeners {
		f(who)
	}
}

// tidy returns at most limit characters of s on one line, without control and
// invisible characters, which could disguise what is written.
func tidy(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > limit {
		s = strings.TrimSpace(string(runes[:limit]))
	}
	return s
}
