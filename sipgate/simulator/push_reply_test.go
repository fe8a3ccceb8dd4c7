package simulator

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// A reply to a newCall is taken as sipgate takes it: with addresses, with one
// action, or empty. What is wrong with any other is told in sipgate's words.
func TestPushRepliesAreChecked(t *testing.T) {
	const both = `<Response onAnswer="https://a.example/1" onHangup="http://b.example/2"/>`
	want := pushReply{OnAnswer: "https://a.example/1", OnHangup: "http://b.example/2"}
	const body = "application/xml"
	does := func(a PushAction) pushReply { return pushReply{Action: &a} }
	for name, test := range map[string]struct {
		kind, body string
		want       pushReply
		err        error
	}{
		"both":             {"application/xml", both, want, nil},
		"with a charset":   {"application/xml; charset=utf-8", both, want, nil},
		"declared":         {"application/xml", `<?xml version="1.0"?>` + both, want, nil},
		"one":              {"application/xml", `<Response onHangup="http://b.example/2"></Response>`, pushReply{OnHangup: want.OnHangup}, nil},
		"reject":           {body, `<Response><Reject/></Response>`, does(PushAction{Name: "Reject", Reason: "rejected"}), nil},
		"reject busy":      {body, `<Response><Reject reason="busy"/></Response>`, does(PushAction{Name: "Reject", Reason: "busy"}), nil},
		"reject, why":      {body, `<Response><Reject reason="tired"/></Response>`, pushReply{}, errReplyReject},
		"hang up":          {body, `<Response><Hangup/></Response>`, does(PushAction{Name: "Hangup"}), nil},
		"dial":             {body, `<Response><Dial callerId="492" anonymous="true"><Number>4915</Number><Number> 4916 </Number></Dial></Response>`, does(PushAction{Name: "Dial", CallerID: "492", Anonymous: true, Numbers: []string{"4915", "4916"}}), nil},
		"dial voicemail":   {body, `<Response><Dial><Voicemail/></Dial></Response>`, does(PushAction{Name: "Dial", Voicemail: true}), nil},
		"dial nobody":      {body, `<Response><Dial/></Response>`, pushReply{}, errReplyDial},
		"dial six":         {body, `<Response><Dial>` + strings.Repeat("<Number>4915</Number>", 6) + `</Dial></Response>`, pushReply{}, errReplyDial},
		"play":             {body, `<Response><Play><Url>https://a.example/a.wav</Url></Play></Response>`, does(PushAction{Name: "Play", URL: "https://a.example/a.wav"}), nil},
		"play nothing":     {body, `<Response><Play/></Response>`, pushReply{}, errReplyPlay},
		"gather":           {body, `<Response><Gather onData="https://a.example/d" type="dtmf" maxDigits="1" timeout="2000"><Play><Url>https://a.example/a.wav</Url></Play></Gather></Response>`, does(PushAction{Name: "Gather", OnData: "https://a.example/d", MaxDigits: "1", Timeout: "2000", URL: "https://a.example/a.wav"}), nil},
		"gather nowhere":   {body, `<Response><Gather type="dtmf"/></Response>`, pushReply{}, errReplyGather},
		"empty":            {"", "", pushReply{}, nil},
		"blank":            {"text/html", " \r\n", pushReply{}, nil},
		"another type":     {"text/xml", both, pushReply{}, errReplyType},
		"no type":          {"", both, pushReply{}, errReplyType},
		"another root":     {"application/xml", `<Reply onAnswer="https://a.example/1"/>`, pushReply{}, errReplyRoot},
		"two actions":      {"application/xml", `<Response><Reject/><Hangup/></Response>`, pushReply{}, errReplyMany},
		"unknown action":   {"application/xml", `<Response><Sing/></Response>`, pushReply{}, errReplyName},
		"relative address": {"application/xml", `<Response onAnswer="/1"/>`, pushReply{}, errReplyURL},
		"other scheme":     {"application/xml", `<Response onHangup="ftp://a.example/1"/>`, pushReply{}, errReplyURL},
	} {
		if got, err := parseReply(test.kind, []byte(test.body)); !reflect.DeepEqual(got, test.want) || err != test.err {
			t.Errorf("%s: %+v, %v, want %+v, %v", name, got, err, test.want, test.err)
		}
	}
	if got, err := parseReply("application/xml", []byte("<Response")); err == nil || got != (pushReply{}) {
		t.Errorf("no XML: %+v, %v", got, err)
	}
}

// A reply may be compressed, and never is read beyond its limit.
func TestPushRepliesMayBeCompressed(t *testing.T) {
	compressed := func(text string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.WriteString(z, text)
		z.Close()
		return b.String()
	}
	long := strings.Repeat("x", maxReply+10)
	for name, test := range map[string]struct {
		encoding, body, want string
		fails                bool
	}{
		"plain":            {"", "text", "text", false},
		"gzip":             {"gzip", compressed("text"), "text", false},
		"not what it says": {"gzip", "text", "", true},
		"cut":              {"gzip", compressed("text")[:15], "", true},
		"long":             {"", long, long[:maxReply], false},
		"long inside":      {"gzip", compressed(long), long[:maxReply], false},
	} {
		got, err := readReply(&http.Response{Header: http.Header{"Content-Encoding": {test.encoding}}, Body: io.NopCloser(strings.NewReader(test.body))})
		if (err != nil) != test.fails || !test.fails && string(got) != test.want {
			t.Errorf("%s: %.20q, %v", name, got, err)
		}
	}
}

// The control API shows what receivers reply to newCall events.
func TestPushRepliesAreShown(t *testing.T) {
	r := open(t, Options{})
	v := newReceiver(r)
	replies := map[string]string{"491": `<Response><Dial><Voicemail/></Dial></Response>`, "492": `<Answer/>`}
	v.reply = func(form url.Values) (string, string) { return "application/xml", replies[form.Get("from")[:3]] }
	first := r.ring(NewCall{From: "+491713920014"})
	v.sequence(1, nil)
	var got []PushReply
	for len(got) < 1 { // it is shown a moment after it was sent
		got = get[[]PushReply](r, "/_simulator/push-replies")
	}
	second := r.ring(NewCall{From: "+492214710555"})
	v.sequence(1, nil)
	for len(got) < 2 {
		got = get[[]PushReply](r, "/_simulator/push-replies")
	}
	if g := got[0]; g.CallID != first || g.Status != 200 || g.Action == nil || g.Action.Name != "Dial" || !g.Action.Voicemail || g.Error != "" || g.Body != replies["491"] || !strings.HasSuffix(g.URL, "/in") {
		t.Errorf("%+v", g)
	}
	if g := got[1]; g.CallID != second || g.Action != nil || g.Error != string(errReplyRoot) || g.Account != "2814711" {
		t.Errorf("%+v", g)
	}
}
