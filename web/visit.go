package web

import (
	"context"
	"net/http"
	"net/netip"
	"sync/atomic"
)

// A visit is what a [Guard] and the handlers behind it know of one request.
type visit struct {
	id    string
	ip    netip.Addr
	known atomic.Bool // a session was found or begun

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

// Identified tells the [Guard] of r that the client has proved who it is: each of
// its requests is logged, also a refused one.
func Identified(r *http.Request) {
	if v := visitOf(r.Context()); v != nil {
		v.known.Store(true)
	}
}

// Refused tells the [Guard] of r that the answer, whatever its status, refuses the
// request for the reason code.
func Refused(r *http.Request, code string) {
	if v := visitOf(r.Context()); v != nil {
		v.reason = code
	}
}
