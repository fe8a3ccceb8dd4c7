package web

import (
	"cmp"
	"net/http"
	"net/netip"
	"strings"
)

// NodeHeader begins the names of all headers that nodes of one installation add to
// the requests, and the answers, that they pass to each other. What a client sends
// under such a name is never read.
const NodeHeader = "X-Node-"

const (
	clientHeader  = NodeHeader + "Client"
	requestHeader = NodeHeader + "Request"
)

// ForwardVisit makes h, the header of r as it goes to another node, say who sent r
// and which id it has. It removes what the client has written in its place.
func ForwardVisit(h http.Header, r *http.Request) {
	RemoveNodeHeaders(h)
	h[clientHeader] = []string{ClientIP(r).String()}
	h[requestHeader] = []string{RequestID(r.Context())}
}

// RemoveNodeHeaders removes all headers that only nodes send to each other.
func RemoveNodeHeaders(h http.Header) {
	for name := range h {
		if strings.HasPrefix(name, NodeHeader) {
			delete(h, name)
		}
	}
}

// forwardedVisit returns the visit of a request from another node, and removes the
// headers that say so: handlers may pass a header on.
func forwardedVisit(r *http.Request) *visit {
	v := &visit{id: cmp.Or(r.Header.Get(requestHeader), newRequestID())}
	v.ip, _ = netip.ParseAddr(r.Header.Get(clientHeader))
	RemoveNodeHeaders(r.Header)
	return v
}
