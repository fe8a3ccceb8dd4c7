package relay

import (
	"sync"

	"callboard/sipgate"
)

// subscriptions remember where programs want the further events of calls, as sipgate
// does. The oldest are forgotten.
type subscriptions struct {
	mu            sync.Mutex
	young, former map[subscriptionKey]subscription
}

type subscriptionKey struct {
	target targetKey
	call   sipgate.CallID
}

type subscription struct{ answer, hangup string }

// maxSubscriptions are twice as many as are remembered at least.
const maxSubscriptions = 20_000

// set remembers what a program replied to the first event of a call.
func (s *subscriptions) set(p *pass, answer, hangup string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.young == nil || len(s.young) >= maxSubscriptions/2 {
		s.young, s.former = map[subscriptionKey]subscription{}, s.young
	}
	s.young[keyOf(p)] = subscription{answer, hangup}
}

func keyOf(p *pass) subscriptionKey {
	return subscriptionKey{targetKey{p.Account, p.address.URL}, p.event.CallID}
}

// addressFor returns where an event goes, and false if the program does not want it.
// One whose reply to the call's first event is not known gets all, where it got
// that: it may have been too slow.
func (s *subscriptions) addressFor(p *pass) (address string, ok bool) {
	if p.event.Kind != sipgate.EventAnswer && p.event.Kind != sipgate.EventHangup {
		return p.address.URL, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := keyOf(p)
	wanted, known := s.young[key]
	if !known {
		wanted, known = s.former[key]
	}
	if !known {
		return p.address.URL, true
	}
	address = wanted.answer
	if p.event.Kind == sipgate.EventHangup {
		address = wanted.hangup
		delete(s.young, key)
		delete(s.former, key)
	}
	return address, sameSecurity(address, p.address.URL)
}
