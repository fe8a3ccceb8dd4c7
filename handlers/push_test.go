package handlers

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// What is refused is refused without a word, without a change to the board,
// and, T20, before any signature is checked if something cheaper tells.
func TestBadInputPushRefused(t *testing.T) {
	body := rings("A")
	good := signed(t, body)
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
	other := newHook(t).h.Key.PushSecret(theirs)
	secret := newHook(t).h.Key.PushSecret(ours)
	last := map[bool]string{true: "B", false: "A"}[strings.HasSuffix(secret, "A")]
	large := rings("A") + "&x=" + strings.Repeat("x", 65<<10)
	tests := []struct {
		id, body string
		change   func(*http.Request)
		status   int
		code     string // counted; "" if the address is nobody's
		checks   int32
	}{
		{"B51 one character", body, path("/push/" + secret[:len(secret)-1] + last), 404, "", 0},
		{"B51 one character less", body, path("/push/" + secret[:len(secret)-1]), 404, "", 0},
		{"B51 without bits", body, path("/push/" + ours + "."), 404, "", 0},
		{"B51 other account's bits", body, path("/push/" + ours + other[len(theirs):]), 404, "", 0},
		{"B51 7 kB", body, path("/push/" + secret + strings.Repeat("A", 7<<10)), 404, "", 0},
		{"B51 before all else", large, func(r *http.Request) {
			path("/push/x")(r)
			signature()(r)
			header("Content-Type", "application/json")(r)
		}, 404, "", 0},
		{"B56 JSON", body, header("Content-Type", "application/json"), 415, "hook_type", 0},
		{"B56 multipart", body, header("Content-Type", "multipart/form-data; boundary=x"), 415, "hook_type", 0},
		{"B56 nonsense", body, header("Content-Type", "application/x-www-form-urlencoded/;;"), 415, "hook_type", 0},
		{"B56 before size", large, header("Content-Type", "text/plain"), 415, "hook_type", 0},
		{"B57 65 KiB", large, func(*http.Request) {}, 413, "hook_too_large", 0},
		{"B57 65 KiB, length not told", large, func(r *http.Request) { r.ContentLength = -1 }, 413, "hook_too_large", 0},
		{"B57 before the signature", large, signature(), 413, "hook_too_large", 0},
		{"B53 none", body, signature(), 403, "hook_unsigned", 0},
		{"B53 empty", body, signature(""), 403, "hook_unsigned", 0},
		{"B53 AAAA", body, signature("AAAA"), 403, "hook_unsigned", 0},
		{"B53 two", body, signature(good, good), 403, "hook_unsigned", 0},
		{"B53 joined", body, signature(good + "," + good), 403, "hook_unsigned", 0},
		{"B53 not base64", body, signature(strings.Repeat("*", len(good))), 403, "hook_signature", 1},
		{"B53 URL base64", body, signature(strings.NewReplacer("+", "-", "/", "_").Replace(good[:8] + "+/" + good[10:])), 403, "hook_signature", 1},
		{"B54 other body", body, signature(signed(t, rings("B"))), 403, "hook_signature", 1},
		{"B54 newline", body + "\n", signature(good), 403, "hook_signature", 1},
		{"B54 encoded again", strings.ReplaceAll(body, "%5B%5D", "[]"), signature(good), 403, "hook_signature", 1},
		{"B55 SHA-1", body, signature(std(old)), 403, "hook_signature", 1},
		{"B55 PSS", body, signature(std(pss)), 403, "hook_signature", 1},
		{"B55 other key", body, signature(std(make([]byte, len(raw)))), 403, "hook_signature", 1},
		{"B55 too short", body, signature(std(raw[:len(raw)-3])), 403, "hook_unsigned", 0},
		{"B55 too long", body, signature(std(append(raw[:len(raw):len(raw)], 0, 0, 0))), 403, "hook_unsigned", 0},
		{"B66", strings.ReplaceAll(body, ours, theirs), func(*http.Request) {}, 403, "hook_wrong_account", 1},
		{"B66 one of two", body + "&fullUserId%5B%5D=" + theirs + "w0", func(*http.Request) {}, 403, "hook_wrong_account", 1},
		{"B66 longer number", strings.ReplaceAll(body, ours, ours+"1"), func(*http.Request) {}, 403, "hook_wrong_account", 1},
		{"B66 no user at all", strings.ReplaceAll(body, ours+"w0", ours), func(*http.Request) {}, 403, "hook_wrong_account", 1},
		{"B66 answer", strings.ReplaceAll(answers("A"), ours, theirs), func(*http.Request) {}, 403, "hook_wrong_account", 1},
	}
	for _, tt := range tests {
		k := newHook(t)
		before := k.board().Seq
		k.refused(tt.id, k.post(tt.body, signature(signed(t, tt.body)), tt.change), tt.status)
		if n := k.checks.Load(); n != tt.checks {
			t.Errorf("%s: %d signatures checked, want %d", tt.id, n, tt.checks)
		}
		if s := k.board(); s.Seq != before || len(s.Calls) != 0 {
			t.Errorf("%s: the board changed", tt.id)
		}
		health := k.health()
		if tt.code != "" && health.Refused[tt.code] != 1 || health.Accepted != 0 || !health.LastEvent.IsZero() {
			t.Errorf("%s: counted as %+v, want one %s", tt.id, health, tt.code)
		}
		if strings.Contains(k.log.String(), secret[len(ours)+1:]) || strings.Contains(k.log.String(), jennifer) {
			t.Errorf("%s: the log tells too much: %s", tt.id, k.log.String())
		}
	}
}

// B56: a body that does not say what it is is taken if its signature is good.
func TestBadInputPushWithoutType(t *testing.T) {
	k := newHook(t)
	k.replied("B56 signed", k.post(rings("A"), header("Content-Type")), k.asking())
	k.refused("B56 not signed", k.post(rings("B"), header("Content-Type"), signature(signed(t, rings("A")))), 403)
	k.replied("exactly 64 KiB", k.post(rings("C")+"&x="+strings.Repeat("x", sipgate.MaxEvent-3-len(rings("C")))), k.asking())
}

// What sipgate signed and nobody understands is answered and changes nothing.
func TestBadInputPushIgnored(t *testing.T) {
	for id, body := range map[string]string{
		"B58 unknown":   "event=unknown&callId=A",
		"B58 none":      "callId=A",
		"B58 two":       "event=newCall&event=hangup&callId=A",
		"B58 empty":     "",
		"B59 missing":   "event=newCall",
		"B59 empty":     "event=newCall&callId=",
		"B59 long":      "event=newCall&callId=" + strings.Repeat("A", 300),
		"B59 brackets":  "event=newCall&callId=%3Cx%3E",
		"B59 NUL":       "event=newCall&callId=A%00",
		"B59 T40 lines": "event=newCall&callId=a%0d%0a%7B%22level%22%3A%22x%22%7D",
		"B63 escapes":   "event=newCall&callId=%zz",
		"B63 UTF-8":     "event=newCall&callId=%ff%c0%af",
		"B68 in the id": "event=newCall&callId=%22%2F%3E%3CDial%3E",
	} {
		k := newHook(t)
		k.replied(id, k.post(body), neutralReply)
		code := "hook_" + map[bool]string{true: "unknown", false: "invalid"}[strings.HasPrefix(id, "B58")]
		if health := k.health(); health.Refused[code] != 1 || health.Accepted != 0 || len(k.board().Calls) != 0 {
			t.Errorf("%s: %+v", id, health)
		}
		if !strings.Contains(k.log.String(), `"code":"`+code+`"`) || strings.Contains(k.log.String(), "level\\\"") {
			t.Errorf("%s: log: %s", id, k.log.String())
		}
	}
}

// Odd values in good events are shown as far as they can be.
func TestBadInputPushOddValues(t *testing.T) {
	from := strings.NewReplacer("from="+jennifer, "from=")
	for id, tt := range map[string]struct {
		body string
		ok   func(c switchboard.Call) bool
	}{
		"B60 two ids": {rings("A") + "&callId=B", func(c switchboard.Call) bool { return c.Upstream == "A" }},
		"B60 two spellings": {rings("A") + "&user=Eve", func(c switchboard.Call) bool {
			return len(c.Users) == 1 && c.Users[0] == "Doc"
		}},
		"B60 crowd": {rings("A") + strings.Repeat("&user%5B%5D=u", 900), func(c switchboard.Call) bool { return len(c.Users) == 50 }},
		"B61 anonymous": {strings.Replace(rings("A"), "from="+jennifer, "from=anonymous", 1), func(c switchboard.Call) bool {
			return c.Outside.Number == "" // the page says "anonymous"
		}},
		"B61 nobody":    {from.Replace(rings("A")), func(c switchboard.Call) bool { return true }},
		"B61 plus":      {strings.Replace(rings("A"), "from=", "from=%2B", 1), func(c switchboard.Call) bool { return c.Outside.Number == "+"+jennifer }},
		"B61 40 digits": {strings.Replace(rings("A"), jennifer, strings.Repeat("9", 40), 1), func(c switchboard.Call) bool { return len(c.Outside.Number) <= 33 }},
		"B61 letters":   {strings.Replace(rings("A"), jennifer, "Jennifer", 1), func(c switchboard.Call) bool { return c.Outside.Number == "Jennifer" }},
		"B62":           {strings.Replace(rings("A"), "direction=in", "direction=sideways", 1), func(c switchboard.Call) bool { return c.Direction == sipgate.Unknown }},
		"B63":           {strings.Replace(rings("A"), jennifer, "%zz%ff", 1), func(c switchboard.Call) bool { return true }},
		"B68":           {strings.Replace(rings("A"), jennifer, `"/><Dial><Number>%2B49900`, 1), func(c switchboard.Call) bool { return true }},
	} {
		k := newHook(t)
		k.replied(id, k.post(tt.body), k.asking())
		if calls := k.board().Calls; len(calls) != 1 || calls[0].Phase != switchboard.Ringing || !tt.ok(calls[0]) {
			t.Errorf("%s: %+v", id, calls)
		}
	}
	k := newHook(t)
	k.post(rings("A"))
	k.replied("B62 cause", k.post(strings.Replace(hangs("A"), "normalClearing", "%3Cscript%3E", 1)), neutralReply)
	if c := k.board().Calls; len(c) != 1 || c[0].Phase != switchboard.Ended {
		t.Errorf("B62 cause: %+v", c)
	}
}

// B67: an event that names no user is of the account if one of the account's
// numbers takes part, or if it is about a call of the account.
func TestBadInputPushWithoutUser(t *testing.T) {
	k := newHook(t)
	k.replied("numbers not known yet", k.post(stranger("A", "4930555001", "4930555002")), k.asking())
	k.gate.learn(ours, nil)
	k.replied("no number known", k.post(stranger("B", "4930555001", "4930555002")), k.asking())
	k.gate.learn(ours, []sipgate.AccountNumber{{Number: "+4921170000001"}, {Number: "4921170000002"}, {Number: "10", Type: "QUICKDIAL"}})
	k.replied("B67 to one of ours", k.post(stranger("C", jennifer, doc)), k.asking())
	k.replied("B67 from one of ours", k.post(stranger("D", marty, jennifer)), k.asking())
	k.refused("B67 strangers", k.post(stranger("E", "4930555001", "4930555002")), 403)
	k.refused("B67 quick dial is nobody's", k.post(stranger("F", "4930555001", "10")), 403)
	k.refused("B67 nobody", k.post(stranger("G", "", "anonymous")), 403)
	k.refused("B67 end of a call that is not ours", k.post("event=hangup&cause=busy&callId=E&from=1&to=2&direction=in"), 403)
	k.replied("end of a call of ours", k.post("event=hangup&cause=busy&callId=A&from=4930555001&to=4930555002&direction=in"), neutralReply)
	k.replied("another leg of it", k.post("event=hangup&cause=busy&callId=A2&origCallId=A&from=4930555001&to=4930555002&direction=in"), neutralReply)
	k.replied("tones of it", k.post("event=dtmf&callId=A&dtmf=1"), neutralReply)
	if health := k.health(); health.Refused["hook_wrong_account"] != 4 || health.Accepted != 7 {
		t.Errorf("%+v", health)
	}
	k.refused("B66 numbers do not help a stranger", k.post(strings.ReplaceAll(rings("H"), ours, theirs)), 403)
}

// T17, V16.5.3: a check that panics is no check.
func TestT17PanicIsNoSignature(t *testing.T) {
	k := newHook(t)
	k.gate.verify = func(*rsa.PublicKey, []byte, string) error { panic("out of order") }
	k.refused("panic", k.post(rings("A")), 403)
	if len(k.board().Calls) != 0 {
		t.Error("the event was believed")
	}
}

// T18: sipgate's own key signs for everybody: events of another customer are
// signed well, and still not ours.
func TestT18OtherCustomer(t *testing.T) {
	k := newHook(t)
	k.refused("their call", k.post(strings.ReplaceAll(rings("A"), ours, theirs)), 403)
	k.replied("at their own address", k.post(strings.ReplaceAll(rings("A"), ours, theirs), path("/push/"+k.h.Key.PushSecret(theirs))),
		sipgate.PushReply(PushURL(k.h.PublicURL, k.h.Key, theirs)))
	if n := k.checks.Load(); n != 2 {
		t.Errorf("%d signatures checked", n)
	}
	if calls := k.board().Calls; len(calls) != 0 {
		t.Errorf("on our board: %+v", calls)
	}
	if health := k.gate.health(theirs); health.Accepted != 1 || len(health.Refused) != 0 {
		t.Errorf("theirs: %+v", health)
	}
}

// FuzzT22 shows that whatever an event holds, the answer is one of two.
func FuzzT22Reply(f *testing.F) {
	f.Add(`event=newCall&callId="/><Dial><Number>+49900</Number></Dial>`)
	f.Add(rings("A"))
	f.Add("event=newCall&callId=A&from=%22%2F%3E%3CDial%3E&fullUserId%5B%5D=" + ours + "w0")
	k := newHook(f)
	k.gate.verify = func(*rsa.PublicKey, []byte, string) error { return nil }
	shaped := signature(base64.StdEncoding.EncodeToString(make([]byte, 256)))
	f.Fuzz(func(t *testing.T, body string) {
		k.t, k.clock = t, k.clock.Add(time.Second)
		w := k.send(body, shaped)
		switch got := w.Body.String(); {
		case w.Code == 200 && (got == string(neutralReply) || got == string(k.asking())):
		case (w.Code == 403 || w.Code == 413) && got == "":
		default:
			t.Errorf("%d %q", w.Code, got)
		}
	})
}
