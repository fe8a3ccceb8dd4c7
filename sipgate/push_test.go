package sipgate

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

const captured = "event=newCall&direction=in&from=492111234567&to=4915791234567&callId=54566B150B0C0D3A&origCallId=54566B150B0C0D3B&user%5B%5D=Alice&user%5B%5D=Bob+M%C3%BCller&userId%5B%5D=w0&userId%5B%5D=w1&fullUserId%5B%5D=1234567w0&fullUserId%5B%5D=1234567w1&xcid=8419b3450b75cd19&diversion=4915790000000"

func TestParseEvent(t *testing.T) {
	tests := map[string]struct {
		body string
		want Event
	}{
		"newCall": {captured, Event{
			Kind: EventNewCall, CallID: "54566B150B0C0D3A", OrigCallID: "54566B150B0C0D3B", XCID: "8419b3450b75cd19",
			From: "492111234567", To: "4915791234567", Direction: Incoming, Diversion: "4915790000000",
			Users: []string{"Alice", "Bob Müller"}, UserIDs: []UserID{"w0", "w1"}, FullUserIDs: []string{"1234567w0", "1234567w1"},
		}},
		"newCall, no users": {"event=newCall&direction=out&from=anonymous&to=&callId=A&user%5B%5D=", Event{
			Kind: EventNewCall, CallID: "A", From: "anonymous", Direction: Outgoing,
		}},
		"answer": {"event=answer&callId=A&user=Alice&userId=w0&fullUserId=1234567w0&from=1&to=2&direction=out&answeringNumber=21199999999", Event{
			Kind: EventAnswer, CallID: "A", From: "1", To: "2", Direction: Outgoing, AnsweringNumber: "21199999999",
			Users: []string{"Alice"}, UserIDs: []UserID{"w0"}, FullUserIDs: []string{"1234567w0"},
		}},
		"hangup": {"event=hangup&cause=normalClearing&callId=A&from=1&to=2&direction=in&answeringNumber=3", Event{
			Kind: EventHangup, CallID: "A", From: "1", To: "2", Direction: Incoming, AnsweringNumber: "3", Cause: "normalClearing",
		}},
		"dtmf":       {"event=dtmf&callId=A&dtmf=1%23", Event{Kind: EventDTMF, CallID: "A", Digits: "1#"}},
		"dtmf empty": {"event=dtmf&callId=A&dtmf=", Event{Kind: EventDTMF, CallID: "A"}},
		"twice":      {"event=hangup&callId=a&callId=b&user=x&user%5B%5D=y", Event{Kind: EventHangup, CallID: "a", Users: []string{"x"}, Cause: CauseUnknown}},
		"parties": {"event=newCall&callId=A&from=%2B49+211&to=" + strings.Repeat("9", 40) + "&diversion=%00ab%0A", Event{
			Kind: EventNewCall, CallID: "A", From: "+49 211", To: strings.Repeat("9", 32), Diversion: "ab",
		}},
		"words": {"event=hangup&callId=A&direction=sideways&cause=%3Cscript%3E&xcid=%3Cx%3E&origCallId=../x&userId=../w0", Event{
			Kind: EventHangup, CallID: "A", Cause: CauseUnknown,
		}},
		"escapes": {"event=newCall&callId=A&from=%zz&to=%ff%C3%28&user[]=%&user[]=%4&user[]=%c0%af", Event{
			Kind: EventNewCall, CallID: "A", From: "\uFFFDzz", To: "\uFFFD(", Users: []string{"\uFFFD", "\uFFFD4", "\uFFFD"},
		}},
		"xml": {`event=newCall&callId=A&from="/><Dial><Number>+49900`, Event{
			Kind: EventNewCall, CallID: "A", From: `"/><Dial><Number> 49900`,
		}},
	}
	for name, tt := range tests {
		got, err := ParseEvent([]byte(tt.body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestMalformedEvents(t *testing.T) {
	for body, want := range map[string][2]string{
		"": {"event", "hook_unknown"}, "x": {"event", "hook_unknown"}, "{}": {"event", "hook_unknown"}, "&&&=&": {"event", "hook_unknown"},
		"event=unknown&callId=A": {"event", "hook_unknown"}, "callId=A": {"event", "hook_unknown"},
		"event=newCall&event=hangup&callId=A": {"event", "hook_unknown"}, "Event=newCall&callId=A": {"event", "hook_unknown"},
		"event=newCall": {"callId", "hook_invalid"}, "event=newCall&callId=": {"callId", "hook_invalid"},
		"event=newCall&callId=" + strings.Repeat("A", 300): {"callId", "hook_invalid"}, "event=newCall&callId=%3Cx%3E": {"callId", "hook_invalid"},
		"event=newCall&callId=A%00": {"callId", "hook_invalid"}, "event=newCall&callId=%ff": {"callId", "hook_invalid"},
		"event=newCall&callId=A&x=" + strings.Repeat("x", MaxEventSize): {"body", "hook_invalid"},
		strings.Repeat("a=b&", 1001) + "event=newCall&callId=A":         {"event", "hook_unknown"},
	} {
		if e, err := ParseEvent([]byte(body)); e.Kind != "" || code(err, want[0]) != want[1] {
			t.Errorf("%.60q: got %+v, %v", body, e, err)
		}
	}
}

func TestEventUsersAreCapped(t *testing.T) {
	body := "event=newCall&callId=A"
	for i := range 900 {
		body += fmt.Sprintf("&user[]=%d", i)
	}
	e, err := ParseEvent([]byte(body))
	if err != nil || len(e.Users) != 50 || e.Users[49] != "49" {
		t.Errorf("%d users, %v", len(e.Users), err)
	}
	e, err = ParseEvent([]byte("event=newCall&callId=A&user[]=" + strings.Repeat("ü", 300) + "&fullUserId[]=" + strings.Repeat("1", 300)))
	if err != nil || len([]rune(e.Users[0])) != 100 || len(e.FullUserIDs[0]) != 200 {
		t.Errorf("%d and %d long, %v", len([]rune(e.Users[0])), len(e.FullUserIDs[0]), err)
	}
}

func TestSplitFullUserID(t *testing.T) {
	for full, want := range map[string][2]string{
		"1234567w0": {"1234567", "w0"}, "999w12": {"999", "w12"}, "0w0": {"0", "w0"},
		"": {}, "w0": {}, "1234567": {}, "1234567w": {}, "1234567w0x": {}, "1234567e0": {}, "12w3w4": {}, "１２w0": {}, "1 w0": {},
	} {
		account, user, ok := SplitFullUserID(full)
		if account != want[0] || string(user) != want[1] || ok != (want[0] != "") {
			t.Errorf("%q: %q, %q, %v", full, account, user, ok)
		}
	}
}

// An event concerns the persons it names, not the voicemails, groups and queues.
func TestPersonsOfAnEvent(t *testing.T) {
	for body, want := range map[string]string{
		"":                                           "[]",
		"userId[]=w0&userId[]=w7":                    "[w0 w7]",
		"userId[]=w0&userId[]=g3&userId[]=v1":        "[w0]",
		"userId[]=g3&fullUserId[]=1234567w0":         "[]", // the short ids are complete
		"userId[]=w2&fullUserId[]=1234567w0":         "[w2]",
		"fullUserId[]=1234567w0&fullUserId[]=12g3":   "[w0]",
		"fullUserId[]=x&fullUserId[]=&user[]=Ada+w0": "[]",
	} {
		e, err := ParseEvent([]byte("event=newCall&callId=A&" + body))
		if got := fmt.Sprint(e.Persons()); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", body, got, err, want)
		}
	}
}

// The reply is XML that contains only the address.
func TestPushReply(t *testing.T) {
	const hostile = "https://example.com/push/x?a=1&b=\"/><Dial><Number>+49900</Number></Dial>'\n\t\x00\xff"
	for _, address := range []string{"https://example.com/push/x", hostile} {
		d := xml.NewDecoder(strings.NewReader(string(PushReply(address))))
		var elements int
		for {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			start, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			elements++
			if start.Name.Local != "Response" || len(start.Attr) != 2 || start.Attr[0].Name.Local != "onAnswer" || start.Attr[1].Name.Local != "onHangup" {
				t.Errorf("element %+v", start)
			}
			if want := strings.NewReplacer("\x00", "\uFFFD", "\xff", "\uFFFD").Replace(address); start.Attr[0].Value != want || start.Attr[1].Value != want {
				t.Errorf("address %q", start.Attr[0].Value)
			}
		}
		if elements != 1 {
			t.Errorf("%d elements", elements)
		}
	}
	if got := string(PushReply("")); got != "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response/>\n" {
		t.Errorf("neutral reply %q", got)
	}
	if got := string(PushReply("https://e/?a&b")); got != "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response onAnswer=\"https://e/?a&amp;b\" onHangup=\"https://e/?a&amp;b\"/>\n" {
		t.Errorf("reply %q", got)
	}
}

// Every cause that sipgate documents says why the call ended; any other is told as
// unknown.
func TestCausesOfHangups(t *testing.T) {
	for sent, want := range map[string]string{
		"normalClearing": "normalClearing", "busy": "busy", "cancel": "cancel", "noAnswer": "noAnswer", "congestion": "congestion",
		"notFound": "notFound", "forwarded": "forwarded", "": CauseUnknown, "BUSY": CauseUnknown, "solarFlare": CauseUnknown,
	} {
		e, err := ParseEvent([]byte("event=hangup&callId=A1&cause=" + sent))
		if err != nil || e.Cause != want {
			t.Errorf("cause %q: %q, %v; want %q", sent, e.Cause, err, want)
		}
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add([]byte(captured))
	f.Add([]byte("event=answer&callId=A&user=Alice&userId=w0&fullUserId=1234567w0"))
	f.Add([]byte("event=hangup&callId=A&cause=%zz&from=%ff&user[]=%"))
	f.Add([]byte("event=dtmf&callId=A&dtmf=1%232"))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := ParseEvent(body)
		if err != nil {
			if c := err.(*ValueError).Code; e.Kind != "" || c != "hook_invalid" && c != "hook_unknown" {
				t.Errorf("%+v and %v", e, err)
			}
			return
		}
		if !e.CallID.Valid() || e.OrigCallID != "" && !e.OrigCallID.Valid() || len(e.Users) > 50 || len(e.UserIDs) > 50 || len(e.FullUserIDs) > 50 {
			t.Errorf("%+v", e)
		}
		for _, s := range append([]string{e.From, e.To, e.AnsweringNumber, e.Diversion}, e.Users...) {
			if !utf8.ValidString(s) || hasControl(s) || len([]rune(s)) > 100 {
				t.Errorf("text %q", s)
			}
		}
		if (e.Cause != "") != (e.Kind == EventHangup) || e.Direction != Unknown && e.Direction != Incoming && e.Direction != Outgoing {
			t.Errorf("%+v", e)
		}
	})
}

func BenchmarkParseEvent(b *testing.B) {
	for b.Loop() {
		if _, err := ParseEvent([]byte(captured)); err != nil {
			b.Fatal(err)
		}
	}
}

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }
