package relay

import (
	"context"
	"strings"

	"callboard/sipgate"
)

// deliver passes an event on now, and returns the reply for sipgate if it is one.
func (r *Relay) deliver(t *target, p *pass) (reply []byte) {
	address, ok := r.wanted.addressFor(p)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(r.ctx, deliverWithin)
	defer cancel()
	further := map[string][]string{hopHeader: {strings.Join(append(p.Header[hopHeader], r.opt.Self), ",")}}
	if p.From != "" {
		further["X-Forwarded-For"] = []string{p.From} // for programs that look at the sender's address
	}
	status, body, err := r.opt.Forward(ctx, address, p.Header, further, p.Body)
	r.ended(t, p, status, err)
	if p.event.Kind != sipgate.EventNewCall || err != nil || status != 200 {
		return nil
	}
	document, ok := parseReply(body)
	if !ok {
		return nil
	}
	r.wanted.set(p, document.onAnswer, document.onHangup)
	return document.with(r.opt.Ours(p.Account))
}
