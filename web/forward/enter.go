package forward

import (
	"context"
	"net/http"
)

type stayKey struct{}

// Stay returns a context that is done when the team of a request ceases to be at home
// here, and nil if that is not known: for a socket, which stays when its request has
// been answered.
func Stay(ctx context.Context) context.Context {
	stay, _ := ctx.Value(stayKey{}).(context.Context)
	return stay
}

// enter begins to serve a request of a team that is at home here.
func (f *Forwarder) enter(r *http.Request, team string) (entered *http.Request, leave func(), err error) {
	if f.o.Enter == nil {
		return r, func() {}, nil
	}
	stay, leave, err := f.o.Enter(team)
	if err != nil {
		return nil, nil, err
	}
	return r.WithContext(context.WithValue(r.Context(), stayKey{}, stay)), leave, nil
}
