package handlers

import "sync"

// gates are the push gates of the handlers in this process.
var gates sync.Map // *handlers → *pushGate

// gateOf returns the gate that belongs to h.
func gateOf(h *handlers) *pushGate {
	if g, ok := gates.Load(h); ok {
		return g.(*pushGate)
	}
	g, _ := gates.LoadOrStore(h, newPushGate(h.PushKey, func(account string) string {
		return PushURL(h.PublicURL, h.Key, account)
	}, h.Log))
	return g.(*pushGate)
}

// pushHealth is how the push events of an account fare.
func (h *handlers) pushHealth(account string) PushHealth { return gateOf(h).health(account) }
