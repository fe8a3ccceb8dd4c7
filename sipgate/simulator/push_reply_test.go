package simulator

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
)

// A reply to a newCall is taken as sipgate takes it: with addresses, with one
// action, or empty. What is wrong with any other is told in sipgate's words.
func TestPushRepliesAreChecked(t *testing.T) {
	const both = `<Response onAnswer="https://a.example/1" onHangup="http://b.example/2"/>`
	want := pushReply{"https://a.example/1", "http://b.example/2"}
	for name, test := range map[string]struct {
		kind, body string
		want       pushReply
		err        error
	}{
		"both":             {"application/xml", both, want, nil},
		"with a charset":   {"application/xml; charset=utf-8", both, want, nil},
		"declared":         {"application/xml", `<?xml version="1.0"?>` + both, want, nil},
		"one":              {"application/xml", `<Response onHangup="http://b.example/2"></Response>`, pushReply{"", want.OnHangup}, nil},
		"an action":        {"application/xml", `<Response><Reject/></Response>`, pushReply{}, nil},
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
		if got, err := parseReply(test.kind, []byte(test.body)); got != test.want || err != test.err {
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
