package simulator

import (
	"bytes"
	"cmp"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// pushTimeout limits the delivery of one push event.
const pushTimeout = 10 * time.Second

// maxReply is the number of bytes that are read of a receiver's reply.
const maxReply = 64 << 10

// signingKey signs the push events of all Simulators of the process, as sipgate
// signs those of all customers with one key. It is generated at first use.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // no entropy
	}
	return key
})

// PushKey returns the public key, in PEM, that verifies X-Sipgate-Signature.
func (s *Simulator) PushKey() []byte {
	der, err := x509.MarshalPKIXPublicKey(&signingKey().PublicKey)
	if err != nil {
		panic(err) // RSA keys can always be marshaled
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// sign returns the value of X-Sipgate-Signature: RSASSA-PKCS1-v1_5 with SHA-256
// over the raw body, in base64.
func sign(body []byte) string {
	sum := sha256.Sum256(body)
	sig, err := rsa.SignPKCS1v15(nil, signingKey(), crypto.SHA256, sum[:])
	if err != nil {
		panic(err) // the key is long enough for SHA-256
	}
	return base64.StdEncoding.EncodeToString(sig)
}

// dispatcher delivers push events. It delivers the events of a call group, the
// calls with the same origCallId, one after the other in the order in which
// they happened, and the events of different groups concurrently. Nothing waits
// for it. Only faults change the order.
type dispatcher struct {
	s      *Simulator
	client *http.Client

	mu      sync.Mutex
	queues  map[string]*eventQueue
	replies map[string]pushReply // of newCalls, by callId
	order   []string             // the keys of replies, oldest first
	latest  map[string]pushReply // the newest of each account
	shown   []PushReply          // what receivers replied, oldest first
}

// maxReplies is the number of replies to newCall events that are kept.
const maxReplies = 4096

type eventQueue struct{ events []event }

func newDispatcher(s *Simulator) *dispatcher {
	client := *s.opts.Push
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &dispatcher{
		s: s, client: &client, queues: map[string]*eventQueue{},
		replies: map[string]pushReply{}, latest: map[string]pushReply{},
	}
}

// enqueue queues an event and returns at once.
func (p *dispatcher) enqueue(e event) {
	if e.kind == "newCall" && (e.url == "" || !whitelisted(e)) {
		return // no receiver for this call
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if f, running := p.queues[e.callGroup]; running {
		f.events = append(f.events, e)
		return
	}
	p.queues[e.callGroup] = &eventQueue{events: []event{e}}
	p.s.spawn(func(ctx context.Context) { p.run(ctx, e.callGroup) })
}

// whitelisted reports whether the whitelist in the settings is empty or has an
// extension of the call.
func whitelisted(e event) bool {
	list := e.account.push.Whitelist
	return len(list) == 0 || slices.ContainsFunc(e.tags, func(tag string) bool { return slices.Contains(list, tag) })
}

// run delivers the events of a call group until its queue is empty.
func (p *dispatcher) run(ctx context.Context, name string) {
	var held []event // delivered after the next one
	for {
		e, more := p.next(name)
		if !more {
			break
		}
		if p.applyFault(ctx, e, &held) {
			p.deliver(ctx, e)
			p.deliverHeld(ctx, &held)
		}
	}
	p.deliverHeld(ctx, &held)
}

func (p *dispatcher) next(name string) (event, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.queues[name]
	if len(f.events) == 0 || p.s.ctx.Err() != nil {
		delete(p.queues, name)
		return event{}, false
	}
	e := f.events[0]
	f.events = f.events[1:]
	return e, true
}

func (p *dispatcher) deliverHeld(ctx context.Context, held *[]event) {
	for _, e := range *held {
		p.deliver(ctx, e)
	}
	*held = nil
}

// applyFault applies a matching fault to e and reports whether to deliver e now.
func (p *dispatcher) applyFault(ctx context.Context, e event, held *[]event) bool {
	f, hit := p.s.faults.forPush(e)
	if !hit {
		return true
	}
	switch f.Do {
	case DoDrop:
		return false
	case DoDelay:
		sleep(ctx, time.Duration(f.Delay))
	case DoDouble:
		p.deliver(ctx, e)
	case DoReorder:
		*held = append(*held, e)
		sleep(ctx, cmp.Or(time.Duration(f.Delay), reorderTimeout))
		return false
	}
	return true
}

// deliver posts e to its receiver and stores the reply to a newCall event.
func (p *dispatcher) deliver(ctx context.Context, e event) {
	address := p.address(e)
	if address == "" || ctx.Err() != nil {
		return
	}
	record := webhookLogEntry{Created: formatTime(p.s.now()), URL: address, Request: string(e.body)}
	shown := PushReply{At: p.s.now(), Account: e.account.id, CallID: e.callID, URL: address}
	r, err := p.post(ctx, address, e.body, &record, &shown)
	if err != nil {
		p.s.log.Info("deliver push event", "event", e.kind, "callId", e.callID, "err", err)
	}
	if e.kind == "newCall" {
		p.showReply(shown, r, err)
	}
	if e.kind == "newCall" && err == nil {
		p.storeReply(e, r)
	}
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if e.account.push.Log {
		e.account.webhookLog = append(e.account.webhookLog, record)
		e.account.webhookLog = e.account.webhookLog[max(0, len(e.account.webhookLog)-maxWebhookLog):]
	}
}

// showReply keeps a reply for [Simulator.PushReplies].
func (p *dispatcher) showReply(shown PushReply, r pushReply, err error) {
	shown.OnAnswer, shown.OnHangup, shown.Action = r.OnAnswer, r.OnHangup, r.Action
	if err != nil {
		shown.Error = err.Error()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown = append(p.shown, shown); len(p.shown) > maxWebhookLog {
		p.shown = p.shown[1:]
	}
}

func (p *dispatcher) storeReply(e event, r pushReply) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replies[e.callID], p.latest[e.account.id] = r, r
	p.order = append(p.order, e.callID)
	if len(p.order) > maxReplies {
		delete(p.replies, p.order[0])
		p.order = p.order[1:]
	}
}

// maxWebhookLog is the number of deliveries in GET /log/webhooks.
const maxWebhookLog = 100

// address returns the URL of e's receiver: for a newCall the URL in the
// settings, for other events the URL in the reply to their newCall. An event
// that a fault delivers before its newCall goes to the URL in the account's
// latest reply.
func (p *dispatcher) address(e event) string {
	if e.kind == "newCall" {
		return e.url
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	r, known := p.replies[e.callID]
	if !known && p.s.faults.hasReordered() {
		r = p.latest[e.account.id]
	}
	if e.kind == "answer" {
		return r.OnAnswer
	}
	return r.OnHangup
}

// post sends one push event and stores the result in record and shown.
func (p *dispatcher) post(ctx context.Context, address string, body []byte, record *webhookLogEntry, shown *PushReply) (pushReply, error) {
	ctx, cancel := context.WithTimeout(ctx, pushTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		record.Response = err.Error()
		return pushReply{}, err
	}
	for name, value := range map[string]string{
		"Content-Type":        "application/x-www-form-urlencoded; charset=UTF-8",
		"User-Agent":          "sipgate.io",
		"Accept":              "application/xml, text/plain, text/html",
		"Accept-Charset":      "utf-8",
		"Accept-Encoding":     "gzip,deflate",
		"X-Sipgate-Jobs":      "http://www.sipgate.de/jobs",
		"X-Sipgate-Signature": sign(body),
	} {
		req.Header.Set(name, value)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		record.Response = err.Error()
		return pushReply{}, err
	}
	defer resp.Body.Close()
	text, err := readReply(resp)
	record.Status = fmt.Sprint(resp.StatusCode)
	shown.Status, shown.ContentType, shown.Body = resp.StatusCode, resp.Header.Get("Content-Type"), string(text)
	record.Response = fmt.Sprintf("%s %s\r\n\r\n%s", resp.Proto, resp.Status, text)
	if err != nil {
		return pushReply{}, err
	}
	if resp.StatusCode >= 300 {
		return pushReply{}, fmt.Errorf("status %d", resp.StatusCode)
	}
	r, err := parseReply(resp.Header.Get("Content-Type"), text)
	if err != nil {
		record.XMLError, shown.Error = err.Error(), err.Error()
	}
	return r, nil
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
