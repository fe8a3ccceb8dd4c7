package handlers

import (
	"crypto/rsa"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/webhook"
)

// A refused event gets an empty answer with the status of its refusal, does not
// change the board, and costs no verification of a signature if something
// cheaper decides.
func TestPushRefused(t *testing.T) {
	body := rings("A")
	good := signed(t, body)
	other := newHook(t).h.Key.PushSecret(theirs)
	secret := newHook(t).h.Key.PushSecret(ours)
	last := map[bool]string{true: "B", false: "A"}[strings.HasSuffix(secret, "A")]
	large := rings("A") + "&x=" + strings.Repeat("x", 65<<10)
	same := func(*http.Request) {}
	tests := []struct {
		name, body string
		change     func(*http.Request)
		status     int
		code       string // counted; "" if the address belongs to no account
		checks     int32
	}{
		{"secret with another character", body, path("/push/" + secret[:len(secret)-1] + last), 404, "", 0},
		{"secret with a character less", body, path("/push/" + secret[:len(secret)-1]), 404, "", 0},
		{"secret without bits", body, path("/push/" + ours + "."), 404, "", 0},
		{"secret with another account's bits", body, path("/push/" + ours + other[len(theirs):]), 404, "", 0},
		{"secret of 7 kB", body, path("/push/" + secret + strings.Repeat("A", 7<<10)), 404, "", 0},
		{"secret before all else", large, func(r *http.Request) {
			path("/push/x")(r)
			signature()(r)
			header("Content-Type", "application/json")(r)
		}, 404, "", 0},
		{"JSON", body, header("Content-Type", "application/json"), 415, "hook_type", 0},
		{"multipart", body, header("Content-Type", "multipart/form-data; boundary=x"), 415, "hook_type", 0},
		{"nonsense type", body, header("Content-Type", "application/x-www-form-urlencoded/;;"), 415, "hook_type", 0},
		{"type before size", large, header("Content-Type", "text/plain"), 415, "hook_type", 0},
		{"65 KiB", large, same, 413, "hook_too_large", 0},
		{"65 KiB without a length", large, func(r *http.Request) { r.ContentLength = -1 }, 413, "hook_too_large", 0},
		{"size before the signature", large, signature(), 413, "hook_too_large", 0},
		{"no signature", body, signature(), 403, "hook_unsigned", 0},
		{"empty signature", body, signature(""), 403, "hook_unsigned", 0},
		{"AAAA", body, signature("AAAA"), 403, "hook_unsigned", 0},
		{"two signatures", body, signature(good, good), 403, "hook_unsigned", 0},
		{"joined signatures", body, signature(good + "," + good), 403, "hook_unsigned", 0},
		{"not base64", body, signature(strings.Repeat("*", len(good))), 403, "hook_signature", 1},
		{"signature of another body", body, signature(signed(t, rings("B"))), 403, "hook_signature", 1},
		{"another account's user", strings.ReplaceAll(body, ours, theirs), same, 403, "hook_wrong_account", 1},
	}
	for _, tt := range tests {
		k := newHook(t)
		before := k.board().Seq
		w := k.post(tt.body, signature(signed(t, tt.body)), tt.change)
		k.refused(tt.name, w, tt.status)
		if closed := w.Header().Get("Connection") == "close"; closed != (tt.status == 413) {
			t.Errorf("%s: connection closed: %v", tt.name, closed)
		}
		if n := k.checks.Load(); n != tt.checks {
			t.Errorf("%s: %d signatures verified, want %d", tt.name, n, tt.checks)
		}
		if s := k.board(); s.Seq != before || len(s.Calls) != 0 {
			t.Errorf("%s: the board changed", tt.name)
		}
		health := k.health()
		if tt.code != "" && health.Refused[tt.code] != 1 || health.Accepted != 0 || !health.LastEvent.IsZero() {
			t.Errorf("%s: counted as %+v, want one %s", tt.name, health, tt.code)
		}
		if log := k.log.String(); strings.Contains(log, secret[len(ours)+1:]) || strings.Contains(log, jennifer) {
			t.Errorf("%s: the log reveals too much: %s", tt.name, log)
		}
	}
}

// A body that breaks off gets 400.
func TestBrokenPushIsRefused(t *testing.T) {
	k := newHook(t)
	w := k.post(rings("A"), func(r *http.Request) { r.Body, r.ContentLength = brokenBody{}, -1 })
	k.refused("broken", w, 400)
	if w.Header().Get("Connection") != "close" || k.health().Refused["hook_broken"] != 1 {
		t.Errorf("%v, %+v", w.Header(), k.health())
	}
}

// A brokenBody ends with an error.
type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
func (brokenBody) Close() error             { return nil }

// Every refusal has a status: WriteHeader panics without one.
func TestEveryRefusalHasAStatus(t *testing.T) {
	for _, r := range []webhook.Refusal{webhook.ErrMediaType, webhook.ErrTooLarge, webhook.ErrSlow, webhook.ErrBroken,
		webhook.ErrUnsigned, webhook.ErrRate, webhook.ErrSignature, webhook.ErrWrongAccount} {
		if s := pushStatuses[r]; s < 400 || s > 499 {
			t.Errorf("%s: %d", r, s)
		}
	}
}

// A body without a type is accepted if its signature is good.
func TestPushWithoutType(t *testing.T) {
	k := newHook(t)
	k.replied("signed", k.post(rings("A"), header("Content-Type")), k.subscribe())
	k.refused("not signed", k.post(rings("B"), header("Content-Type"), signature(signed(t, rings("A")))), 403)
	k.replied("exactly 64 KiB", k.post(rings("C")+"&x="+strings.Repeat("x", sipgate.MaxEventSize-3-len(rings("C")))), k.subscribe())
}

// A signed event that cannot be parsed gets the empty reply and changes nothing.
func TestUnparsablePushIsAnswered(t *testing.T) {
	for code, body := range map[string]string{"hook_unknown": "event=unknown&callId=A", "hook_invalid": "event=newCall"} {
		k := newHook(t)
		k.replied(code, k.post(body), emptyReply)
		if health := k.health(); health.Refused[code] != 1 || health.Accepted != 0 || len(k.board().Calls) != 0 {
			t.Errorf("%s: %+v", code, health)
		}
		if log := k.log.String(); !strings.Contains(log, `"code":"`+code+`"`) {
			t.Errorf("%s: log: %s", code, log)
		}
	}
}

// The secret in the path decides which account an event is for: a well-signed
// event of another customer is refused at our address and accepted at theirs.
func TestPushSecretSelectsTheAccount(t *testing.T) {
	k := newHook(t)
	body := strings.ReplaceAll(rings("A"), ours, theirs)
	k.refused("at our address", k.post(body), 403)
	k.replied("at their own address", k.post(body, path("/push/"+k.h.Key.PushSecret(theirs))),
		sipgate.PushReply(PushURL(k.h.PublicURL, k.h.Key, theirs)))
	if calls := k.board().Calls; len(calls) != 0 {
		t.Errorf("on our board: %+v", calls)
	}
	if calls := k.boards.Board(theirs).Snapshot().Calls; len(calls) != 1 {
		t.Errorf("on their board: %+v", calls)
	}
	if health := k.h.Receiver.Health(theirs); health.Accepted != 1 || len(health.Refused) != 0 {
		t.Errorf("theirs: %+v", health)
	}
}

// FuzzPush shows that whatever an event contains, the answer is one of two
// documents or an empty refusal.
func FuzzPush(f *testing.F) {
	f.Add(`event=newCall&callId="/><Dial><Number>+49900</Number></Dial>`)
	f.Add(rings("A"))
	f.Add("event=newCall&callId=A&from=%22%2F%3E%3CDial%3E&fullUserId%5B%5D=" + ours + "w0")
	k := newHook(f)
	options := k.options()
	options.Now = func() time.Time { return k.clock }
	options.Verify = func(*rsa.PublicKey, []byte, string) error { return nil }
	k.h.Receiver = webhook.New(options)
	shaped := signature(base64.StdEncoding.EncodeToString(make([]byte, 256)))
	f.Fuzz(func(t *testing.T, body string) {
		k.t, k.clock = t, k.clock.Add(time.Second)
		w := k.send(body, shaped)
		switch got := w.Body.String(); {
		case w.Code == 200 && (got == string(emptyReply) || got == string(k.subscribe())):
		case (w.Code == 403 || w.Code == 413) && got == "":
		default:
			t.Errorf("%d %q", w.Code, got)
		}
	})
}
