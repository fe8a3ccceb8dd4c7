package web

import (
	"context"
	"net/http"
	"net/netip"
	"sync/atomic"
)

// A visit is what a [Guard] and the handlers behind it know of one request.
type visit struct {
	id       string
	peer     netip.Addr // at the other end of the connection; of another node's visits unknown
	ip       netip.Addr
	reported netip.Addr // whom a peer that is not believed says it asks for
	isProxy  bool       // ip is that of a believed proxy, which says nothing of its visitor

	subject atomic.Pointer[string] // of the session that was found or begun; nil: there is none

	// Why the request was refused, for the summary. The goroutine of the
	// request writes and reads them.
	reason string
	err    error
	attrs  []any // more about it, as for slog
}

type visitKey struct{}

// visitOf returns the visit of a request's context, or nil outside of a Guard.
func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// RequestID returns the id that [Guard] gave the request of ctx, which its answer
// carries as X-Request-Id. Outside of a Guard it returns "".
func RequestID(ctx context.Context) string {
	if v := visitOf(ctx); v != nil {
		return v.id
	}
	return ""
}

// Identified tells the [Guard] of r that the client has proved who it is, "" for
// somebody without a name: each of its requests is logged, also a refused one.
func Identified(r *http.Request, subject string) {
	if v := visitOf(r.Context()); v != nil {
		v.subject.Store(&subject)
	}
}

// known reports whether the client has proved who it is.
func (v *visit) known() bool { return v.subject.Load() != nil }

// member returns who sent the request, if that is known.
func (v *visit) member() (subject string, known bool) {
	if s := v.subject.Load(); s != nil {
		return *s, true
	}
	return "", false
}

// Refused tells the [Guard] of r that the answer, whatever its status, refuses the
// request for the reason code.
func Refused(r *http.Request, code string) {
	if v := visitOf(r.Context()); v != nil {
		v.reason = code
	}
}
