package relay

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
)

const ours = "https://board.example/push/secret?a=1&b=2"

func TestRepliesOfOtherPrograms(t *testing.T) {
	const subscribed = `onAnswer="https://board.example/push/secret?a=1&amp;b=2" onHangup="https://board.example/push/secret?a=1&amp;b=2"`
	for _, test := range []struct{ reply, want, answer, hangup string }{
		{`<Response/>`, `<Response ` + subscribed + `/>`, "", ""},
		{`<Response />`, `<Response ` + subscribed + `/>`, "", ""},
		{`<Response></Response>`, `<Response ` + subscribed + `></Response>`, "", ""},
		{`<?xml version="1.0" encoding="UTF-8"?>` + "\n<Response onAnswer=\"https://crm/a?x=1&amp;y=2\" onHangup='https://crm/h'/>\n",
			`<?xml version="1.0" encoding="UTF-8"?>` + "\n<Response " + subscribed + "/>\n", "https://crm/a?x=1&y=2", "https://crm/h"},
		{`<!-- hello --><Response onHangup="https://crm/h"><Dial anonymous="true"><Number>4915799912345</Number></Dial></Response>`,
			`<!-- hello --><Response ` + subscribed + `><Dial anonymous="true"><Number>4915799912345</Number></Dial></Response>`, "", "https://crm/h"},
		{`<Response xmlns:x="urn:x" x:y="1 &lt; 2"><Reject reason="busy"/></Response>`, `<Response ` + subscribed + ` xmlns:x="urn:x" x:y="1 &lt; 2"><Reject reason="busy"/></Response>`, "", ""},
		{`<Response><Response onAnswer="https://evil/"/></Response>`, `<Response ` + subscribed + `><Response onAnswer="https://evil/"/></Response>`, "", ""},
		{"", "", "", ""},
		{"OK", "", "", ""},
		{"<html></html>", "", "", ""},
		{"<Response>", "", "", ""},
		{"<Response/><Response/>", "", "", ""},
		{"<x:Response xmlns:x='urn:x'/>", "", "", ""},
		{"<Response", "", "", ""},
		{"<Response><Dial></Response>", "", "", ""},
		{"<Response></Dial>", "", "", ""},
		{"<Response/></Response>", "", "", ""},
	} {
		d, ok := parseReply([]byte(test.reply))
		if ok != (test.want != "") {
			t.Errorf("%q: parsed %v", test.reply, ok)
			continue
		}
		if got := string(d.with(ours)); ok && (got != test.want || d.onAnswer != test.answer || d.onHangup != test.hangup) {
			t.Errorf("%q:\n%s\n%s\nanswer %q hangup %q", test.reply, got, test.want, d.onAnswer, d.onHangup)
		}
	}
}

// Whatever a program replies, what sipgate gets is XML that names our address.
func FuzzReply(f *testing.F) {
	for _, s := range []string{`<Response/>`, `<?xml version="1.0"?><Response a="&quot;"><Play><Url>x</Url></Play></Response>`, "<Response", `<Response a='"'>x</Response>`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, reply string) {
		d, ok := parseReply([]byte(reply))
		if !ok {
			return
		}
		out := string(d.with(ours))
		again, ok := parseReply([]byte(out))
		if !ok || again.onAnswer != ours || again.onHangup != ours {
			t.Fatalf("%q became %q", reply, out)
		}
		decoder := xml.NewDecoder(strings.NewReader(out))
		decoder.Strict = true
		for {
			if _, err := decoder.RawToken(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%q became %q: %v", reply, out, err)
			}
		}
	})
}
