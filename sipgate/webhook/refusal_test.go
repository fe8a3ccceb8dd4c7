package webhook

import (
	"callboard/sipgate/switchboard"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
)

// A refused event gets no reply, does not change the board, and costs no
// verification of a signature if something cheaper decides.
func TestRefused(t *testing.T) {
	body := rings("A")
	good := sign(t, body)
	raw, _ := base64.StdEncoding.DecodeString(good)
	std := base64.StdEncoding.EncodeToString
	sum256, sum1 := sha256.Sum256([]byte(body)), sha1.Sum([]byte(body))
	old, err := rsa.SignPKCS1v15(rand.Reader, sipgateKey(), crypto.SHA1, sum1[:])
	if err != nil {
		t.Fatal(err)
	}
	pss, err := rsa.SignPSS(rand.Reader, sipgateKey(), crypto.SHA256, sum256[:], nil)
	if err != nil {
		t.Fatal(err)
	}
	large := body + "&x=" + strings.Repeat("x", 65<<10)
	unreadable := func(err Refusal) func(*Delivery) {
		return func(d *Delivery) { d.Body, d.Err = nil, err }
	}
	same := func(*Delivery) {}
	tests := []struct {
		name, body string
		change     func(*Delivery)
		want       Refusal
		checks     int32
	}{
		{"not a form", body, unreadable(ErrMediaType), ErrMediaType, 0},
		{"read as too large", body, unreadable(ErrTooLarge), ErrTooLarge, 0},
		{"slow", body, unreadable(ErrSlow), ErrSlow, 0},
		{"broken", body, unreadable(ErrBroken), ErrBroken, 0},
		{"unreadable before unsigned", body, func(d *Delivery) { unreadable(ErrSlow)(d); signed()(d) }, ErrSlow, 0},
		{"65 KiB", large, same, ErrTooLarge, 0},
		{"65 KiB before unsigned", large, signed(), ErrTooLarge, 0},
		{"no signature", body, signed(), ErrUnsigned, 0},
		{"empty signature", body, signed(""), ErrUnsigned, 0},
		{"AAAA", body, signed("AAAA"), ErrUnsigned, 0},
		{"two signatures", body, signed(good, good), ErrUnsigned, 0},
		{"joined signatures", body, signed(good + "," + good), ErrUnsigned, 0},
		{"not base64", body, signed(strings.Repeat("*", len(good))), ErrSignature, 1},
		{"URL base64", body, signed(strings.NewReplacer("+", "-", "/", "_").Replace(good[:8] + "+/" + good[10:])), ErrSignature, 1},
		{"signature of another body", body, signed(sign(t, rings("B"))), ErrSignature, 1},
		{"newline added", body + "\n", signed(good), ErrSignature, 1},
		{"encoded again", strings.ReplaceAll(body, "%5B%5D", "[]"), signed(good), ErrSignature, 1},
		{"SHA-1", body, signed(std(old)), ErrSignature, 1},
		{"PSS", body, signed(std(pss)), ErrSignature, 1},
		{"another key", body, signed(std(make([]byte, len(raw)))), ErrSignature, 1},
		{"signature too short", body, signed(std(raw[:len(raw)-3])), ErrUnsigned, 0},
		{"signature too long", body, signed(std(append(raw[:len(raw):len(raw)], 0, 0, 0))), ErrUnsigned, 0},
		{"another account's user", strings.ReplaceAll(body, ours, theirs), same, ErrWrongAccount, 1},
		{"another account's user among ours", body + "&fullUserId%5B%5D=" + theirs + "w0", same, ErrWrongAccount, 1},
		{"account number with a digit more", strings.ReplaceAll(body, ours, ours+"1"), same, ErrWrongAccount, 1},
		{"full name without a user", strings.ReplaceAll(body, ours+"w0", ours), same, ErrWrongAccount, 1},
		{"another account's answer", strings.ReplaceAll(answers("A"), ours, theirs), same, ErrWrongAccount, 1},
	}
	for _, tt := range tests {
		k := newRig(t)
		before := k.board().Seq
		k.refused(tt.name, k.post(tt.body, signed(sign(t, tt.body)), tt.change), tt.want)
		if n := k.checks.Load(); n != tt.checks {
			t.Errorf("%s: %d signatures verified, want %d", tt.name, n, tt.checks)
		}
		if s := k.board(); s.Seq != before || len(s.Calls) != 0 {
			t.Errorf("%s: the board changed", tt.name)
		}
		health := k.Health(ours)
		if len(health.Refused) != 1 || health.Refused[string(tt.want)] != 1 || health.Accepted != 0 || !health.LastEvent.IsZero() {
			t.Errorf("%s: counted as %+v, want one %s", tt.name, health, tt.want)
		}
		level := "INFO"
		if tt.want == ErrSignature || tt.want == ErrWrongAccount {
			level = "WARN"
		}
		line := `"level":"` + level + `","msg":"push event refused","id":"r1","account":"` + ours + `","code":"` + string(tt.want) + `","count":1}`
		if log := k.log.String(); !strings.Contains(log, line) || strings.Count(log, "\n") != 1 {
			t.Errorf("%s: logged %s, want %s", tt.name, log, line)
		}
		if log := k.log.String(); strings.Contains(log, secret) || strings.Contains(log, jennifer) {
			t.Errorf("%s: the log reveals too much: %s", tt.name, log)
		}
	}
}

// An error that is no refusal is returned, and neither counted nor logged.
func TestOtherErrorsAreReturned(t *testing.T) {
	k := newRig(t)
	odd := errors.New("odd")
	if r := k.post(rings("A"), func(d *Delivery) { d.Err = odd }); r.err != odd || r.reply != nil {
		t.Errorf("%+v", r)
	}
	if health := k.Health(ours); len(health.Refused) != 0 || k.log.Len() != 0 {
		t.Errorf("%+v, %s", health, k.log.String())
	}
}

func TestLargestEvent(t *testing.T) {
	k := newRig(t)
	k.replied("exactly 64 KiB", k.post(rings("C")+"&x="+strings.Repeat("x", sipgate.MaxEventSize-3-len(rings("C")))), subscribe)
}

// A signed event that cannot be parsed is replied to and changes nothing.
func TestUnparsableEventsAreIgnored(t *testing.T) {
	for name, tt := range map[string]struct{ body, code string }{
		"unknown event":    {"event=unknown&callId=A", "hook_unknown"},
		"no event":         {"callId=A", "hook_unknown"},
		"two events":       {"event=newCall&event=hangup&callId=A", "hook_unknown"},
		"empty":            {"", "hook_unknown"},
		"no id":            {"event=newCall", "hook_invalid"},
		"empty id":         {"event=newCall&callId=", "hook_invalid"},
		"long id":          {"event=newCall&callId=" + strings.Repeat("A", 300), "hook_invalid"},
		"brackets in id":   {"event=newCall&callId=%3Cx%3E", "hook_invalid"},
		"NUL in id":        {"event=newCall&callId=A%00", "hook_invalid"},
		"lines of a log":   {"event=newCall&callId=a%0d%0a%7B%22level%22%3A%22x%22%7D", "hook_invalid"},
		"broken escapes":   {"event=newCall&callId=%zz", "hook_invalid"},
		"id not UTF-8":     {"event=newCall&callId=%ff%c0%af", "hook_invalid"},
		"markup in the id": {"event=newCall&callId=%22%2F%3E%3CDial%3E", "hook_invalid"},
	} {
		k := newRig(t)
		k.replied(name, k.post(tt.body), emptyReply)
		if health := k.Health(ours); health.Refused[tt.code] != 1 || health.Accepted != 0 || len(k.board().Calls) != 0 {
			t.Errorf("%s: %+v", name, health)
		}
		if log := k.log.String(); !strings.Contains(log, `"level":"INFO","msg":"push event ignored"`) ||
			!strings.Contains(log, `"code":"`+tt.code+`"`) || strings.Contains(log, "level\\\"") {
			t.Errorf("%s: log: %s", name, log)
		}
	}
}

// Nobody has to ask for the signature to be verified.
func TestSignaturesAreVerifiedByDefault(t *testing.T) {
	var observed int
	r := New(Options{Key: &sipgateKey().PublicKey, Address: addressOf, Log: slog.New(slog.DiscardHandler),
		Observe: func(string, sipgate.Event) { observed++ }})
	d := Delivery{Account: ours, Body: []byte(rings("A")), Signatures: []string{sign(t, rings("other"))}}
	if _, err := r.Receive(d); err != ErrSignature || observed != 0 {
		t.Errorf("forged: %v, %d observed", err, observed)
	}
	d.Signatures[0] = sign(t, rings("A"))
	if _, err := r.Receive(d); err != nil || observed != 1 || time.Since(r.Health(ours).LastEvent) > time.Minute {
		t.Errorf("signed: %v, %d observed, %+v", err, observed, r.Health(ours))
	}
}

func TestPanickingVerificationRefuses(t *testing.T) {
	k := newRig(t)
	k.opt.Verify = func(*rsa.PublicKey, []byte, string) error { panic("out of order") }
	k.refused("panic", k.post(rings("A")), ErrSignature)
	if len(k.board().Calls) != 0 {
		t.Error("the event was believed")
	}
	if !strings.Contains(k.log.String(), `"level":"ERROR","msg":"push signature verification panicked"`) {
		t.Errorf("log: %s", k.log.String())
	}
}

// FuzzReply shows that whatever an event contains, the reply is one of two
// documents.
func FuzzReply(f *testing.F) {
	f.Add(`event=newCall&callId="/><Dial><Number>+49900</Number></Dial>`)
	f.Add(rings("A"))
	f.Add("event=newCall&callId=A&from=%22%2F%3E%3CDial%3E&fullUserId%5B%5D=" + ours + "w0")
	k := newRig(f)
	k.opt.Verify = func(*rsa.PublicKey, []byte, string) error { return nil }
	shaped := signed(base64.StdEncoding.EncodeToString(make([]byte, 256)))
	f.Fuzz(func(t *testing.T, body string) {
		k.t, k.clock = t, k.clock.Add(time.Second)
		switch r := k.deliver(body, shaped); {
		case r.err == nil && (string(r.reply) == string(emptyReply) || string(r.reply) == string(subscribe)):
		case (r.err == ErrWrongAccount || r.err == ErrTooLarge) && r.reply == nil:
		default:
			t.Errorf("%v %q", r.err, r.reply)
		}
	})
}

// Events of an account that --accounts does not allow any more are not taken,
// however well they are signed, and cost no verification.
func TestAccountsThatAreNotAllowedAreNotServed(t *testing.T) {
	k := newRig(t)
	allowed := true
	k.opt.Serves = func(account string) bool { return allowed && account == ours }
	k.replied("allowed", k.post(rings("A")), subscribe)
	allowed = false
	checks := k.checks.Load()
	k.refused("not any more", k.post(rings("B")), ErrNotServed)
	k.refused("its second request", k.post(answers("A")), ErrNotServed)
	if calls := k.board().Calls; len(calls) != 1 || calls[0].Phase != switchboard.Ringing || k.checks.Load() != checks {
		t.Errorf("%d calls, %d verifications", len(calls), k.checks.Load()-checks)
	}
}
