// Package relay passes push events on to other programs. sipgate sends the events of
// an account to one address only, so a program that took them before gets them from
// here, byte for byte and with sipgate's signature.
//
// sipgate is never kept waiting for another program, unless the account's admin wants
// that program to decide how a call goes on; then it has [replyWithin].
package relay

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/team"
	"callboard/sipgate/webhook"
)

// Options configure a [Relay].
type Options struct {
	Of   func(account string) team.Relay // returns where the events of an account go
	Ours func(account string) string     // returns our own address for them, see [webhook.Options]
	Self string                          // names this program among others of its kind, so that no event goes round in circles

	// Forward passes an event on, as [sipgate.PushForwarder.Forward] does.
	Forward func(ctx context.Context, address string, came, further map[string][]string, body []byte) (status int, reply []byte, err error)

	Log *slog.Logger

	OnDelivery func(outcome string) // unless nil, is called after each: "delivered", "refused", "failed" or "dropped"
	Now        func() time.Time     // default: [time.Now]
}

// Time limits.
const (
	deliverWithin = 2 * time.Second         // another program takes an event, or has lost it
	replyWithin   = 1500 * time.Millisecond // it decides how a call goes on, or we do
	restFor       = 30 * time.Second        // so long is a program not waited for that let sipgate wait in vain restAfter times in a row
	restAfter     = 3
)

// A Relay passes push events on. All methods may be called concurrently.
type Relay struct {
	opt     Options
	ctx     context.Context // of all deliveries
	cancel  context.CancelFunc
	running sync.WaitGroup
	wanted  subscriptions

	mu      sync.Mutex
	targets map[targetKey]*target
	closed  bool
}

type targetKey struct{ account, url string }

// New returns a Relay that has passed on nothing.
func New(o Options) *Relay {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnDelivery == nil {
		o.OnDelivery = func(string) {}
	}
	r := &Relay{opt: o, targets: map[targetKey]*target{}}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// Close gives up what is under way and waits for its end. Nothing is passed on after it.
func (r *Relay) Close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.cancel()
	r.running.Wait()
}

// hopHeader names the programs of our kind through which an event has come.
const hopHeader = "Callboard-Relay"

// Pass passes on an event that sipgate has signed; event.Kind is empty for one that
// we do not know. It returns what another program replies to sipgate, if it is asked
// and replies in time, or nil. Without that it does not wait.
func (r *Relay) Pass(d webhook.Delivery, event sipgate.Event) (reply []byte) {
	to := r.opt.Of(d.Account)
	if len(to.Addresses) == 0 || slices.Contains(strings.Split(strings.Join(d.Header[hopHeader], ","), ","), r.opt.Self) {
		return nil
	}
	asks := to.Answers && event.Kind == sipgate.EventNewCall
	var asked <-chan []byte
	for _, a := range to.Addresses {
		if event.Direction == sipgate.Incoming && !a.Incoming || event.Direction == sipgate.Outgoing && !a.Outgoing {
			continue
		}
		t := r.target(targetKey{d.Account, a.URL})
		p := &pass{Delivery: d, event: event, address: a}
		if asks && asked == nil && a.Replaced && !t.rests(r.opt.Now()) {
			asked = r.ask(t, p)
		} else if !r.enqueue(t, p) {
			r.ended(t, p, 0, errDropped)
		}
	}
	if asked == nil {
		return nil
	}
	timer := time.NewTimer(replyWithin)
	defer timer.Stop()
	select {
	case reply := <-asked:
		return reply
	case <-timer.C:
		return nil
	}
}

// ask passes an event on at once. The channel gets the reply for sipgate, or nil.
func (r *Relay) ask(t *target, p *pass) <-chan []byte {
	asked := make(chan []byte, 1)
	if !r.start(func() { asked <- r.deliver(t, p) }) {
		asked <- nil
	}
	return asked
}

// start runs f in a goroutine that Close waits for, unless the relay is closed.
func (r *Relay) start(f func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.running.Go(f)
	return true
}

// enqueue passes an event on after those of the same call that wait for the same
// program. It reports false if too many wait.
func (r *Relay) enqueue(t *target, p *pass) bool {
	l := t.laneOf(p.event.CallID)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) >= maxWaiting {
		return false
	}
	l.waiting = append(l.waiting, p)
	if !l.running {
		l.running = r.start(func() { r.work(t, l) })
	}
	return l.running
}

// work passes on what waits in a lane, one after another.
func (r *Relay) work(t *target, l *lane) {
	for {
		l.mu.Lock()
		if len(l.waiting) == 0 || r.ctx.Err() != nil {
			l.waiting, l.running = nil, false
			l.mu.Unlock()
			return
		}
		p := l.waiting[0]
		l.waiting = l.waiting[1:]
		l.mu.Unlock()
		r.deliver(t, p)
	}
}

var errDropped = errors.New("too many events wait for the program")

// ended counts and logs the end of a delivery.
func (r *Relay) ended(t *target, p *pass, status int, err error) {
	outcome := "delivered"
	switch {
	case errors.Is(err, errDropped):
		outcome = "dropped"
	case err != nil:
		outcome = "failed"
	case status < 200 || status > 299:
		outcome = "refused"
	}
	now := r.opt.Now()
	if n := t.note(now, outcome, status, err); n > 0 {
		r.opt.Log.Warn("push event not passed on", "id", p.RequestID, "account", p.Account, "host", team.HostOf(p.address.URL), "outcome", outcome, "status", status, "err", err, "count", n)
	}
	r.opt.OnDelivery(outcome)
}
