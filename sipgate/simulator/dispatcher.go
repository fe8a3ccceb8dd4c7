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

// pushTime is how long a receiver may take.
const pushTimeout = 10 * time.Second

// maxReply is how much of a receiver's answer is read.
const maxReply = 64 << 10

// signingKey signs the pushes of every Simulator of the process, as sipgate
// signs those of all its customers with one key. It is made at first use.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // the system has no randomness
	}
	return key
})

// PushKey is the public key, in PEM, that checks X-Sipgate-Signature.
func (s *Simulator) PushKey() []byte {
	der, err := x509.MarshalPKIXPublicKey(&signingKey().PublicKey)
	if err != nil {
		panic(err) // an RSA key is always marshalled
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// sign is the value of X-Sipgate-Signature: RSASSA-PKCS1-v1_5 with SHA-256
// over the raw body, in base64.
func sign(body []byte) string {
	sum := sha256.Sum256(body)
	sig, err := rsa.SignPKCS1v15(nil, signingKey(), crypto.SHA256, sum[:])
	if err != nil {
		panic(err) // the key is long enough for SHA-256
	}
	return base64.StdEncoding.EncodeToString(sig)
}

// courier delivers pushes. The events of one family of calls, those with one
// origCallId, are delivered one after the other in the order in which they
// happened; families do not wait for each other, and nothing waits for the
// courier. Only a fault changes that.
type dispatcher struct {
	s      *Simulator
	client *http.Client

	mu      sync.Mutex
	queues  map[string]*eventQueue
	replies map[string]pushReply // of newCalls, by callId
	order   []string             // the keys of replies, oldest first
	latest  map[string]pushReply // the newest of each account
}

// maxReplies is how many newCalls' answers are remembered.
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

// take queues an event and returns at once.
func (p *dispatcher) enqueue(e event) {
	if e.kind == "newCall" && (e.url == "" || !whitelisted(e)) {
		return // nobody wants to know of this call
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

// listed reports whether the settings' whitelist, if there is one, has an
// extension of the call.
func whitelisted(e event) bool {
	list := e.account.push.Whitelist
	return len(list) == 0 || slices.ContainsFunc(e.tags, func(tag string) bool { return slices.Contains(list, tag) })
}

// run delivers the events of a family until there is none left.
func (p *dispatcher) run(ctx context.Context, name string) {
	var held []event // overtaken by the next one
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

// trouble applies the fault that hits e, and reports whether e is to be
// delivered now.
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

// deliver posts e to whom it concerns, and keeps what a newCall is answered.
func (p *dispatcher) deliver(ctx context.Context, e event) {
	address := p.address(e)
	if address == "" || ctx.Err() != nil {
		return
	}
	record := webhookLogEntry{Created: formatTime(p.s.now()), URL: address, Request: string(e.body)}
	r, err := p.post(ctx, address, e.body, &record)
	if err != nil {
		p.s.log.Info("push failed", "event", e.kind, "callId", e.callID, "err", err)
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

// maxHooks is how many deliveries GET /log/webhooks remembers.
const maxWebhookLog = 100

// address is where e goes: a newCall where the settings say, the others where
// the newCall's answer said. If a fault made an event overtake its newCall,
// it goes where the account's latest answer said.
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

// post sends one push and reads its answer into record.
func (p *dispatcher) post(ctx context.Context, address string, body []byte, record *webhookLogEntry) (pushReply, error) {
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
	record.Response = fmt.Sprintf("%s %s\r\n\r\n%s", resp.Proto, resp.Status, text)
	if err != nil {
		return pushReply{}, err
	}
	if resp.StatusCode >= 300 {
		return pushReply{}, fmt.Errorf("status %d", resp.StatusCode)
	}
	r, err := parseReply(resp.Header.Get("Content-Type"), text)
	if err != nil {
		record.XMLError = err.Error()
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
