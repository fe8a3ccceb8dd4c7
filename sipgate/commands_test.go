package sipgate

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
)

const callID = CallID("54566B150B0C0D3A5D534D5F565D7C5F54535A5C5B53525A7E5B5D5745504457444C425D5057")

// Each command sends exactly the documented request.
func TestCommands(t *testing.T) {
	const at = "/below/v2/calls/" + string(callID)
	tests := []struct {
		name              string
		do                func(context.Context, *Client) error
		method, uri, body string
	}{
		{"hold", func(ctx context.Context, c *Client) error { return c.Hold(ctx, callID, true) },
			"PUT", at + "/hold", `{"value":true}`},
		{"resume", func(ctx context.Context, c *Client) error { return c.Hold(ctx, callID, false) },
			"PUT", at + "/hold", `{"value":false}`},
		{"mute", func(ctx context.Context, c *Client) error { return c.Mute(ctx, callID, true) },
			"PUT", at + "/muted", `{"value":true}`},
		{"unmute", func(ctx context.Context, c *Client) error { return c.Mute(ctx, callID, false) },
			"PUT", at + "/muted", `{"value":false}`},
		{"record with announcement", func(ctx context.Context, c *Client) error { return c.Record(ctx, callID, true, true) },
			"PUT", at + "/recording", `{"value":true,"announcement":true}`},
		{"stop recording without announcement", func(ctx context.Context, c *Client) error { return c.Record(ctx, callID, false, false) },
			"PUT", at + "/recording", `{"value":false,"announcement":false}`},
		{"attended transfer", func(ctx context.Context, c *Client) error {
			return c.Transfer(ctx, callID, Transfer{To: "+4915799912345", Attended: true})
		}, "POST", at + "/transfer", `{"attended":true,"phoneNumber":"+4915799912345"}`},
		{"blind transfer with caller id", func(ctx context.Context, c *Client) error {
			return c.Transfer(ctx, callID, Transfer{To: "+4915799912345", CallerID: "+492110012345"})
		}, "POST", at + "/transfer", `{"attended":false,"phoneNumber":"+4915799912345","callerId":"+492110012345"}`},
		{"dtmf", func(ctx context.Context, c *Client) error { return c.SendDTMF(ctx, callID, "*12345#") },
			"POST", at + "/dtmf", `{"sequence":"*12345#"}`},
		{"announcement", func(ctx context.Context, c *Client) error {
			return c.Announce(ctx, callID, "https://static.sipgate.com/examples/wav/example.wav")
		}, "POST", at + "/announcements", `{"url":"https://static.sipgate.com/examples/wav/example.wav"}`},
		{"hang up", func(ctx context.Context, c *Client) error { return c.HangUp(ctx, callID) },
			"DELETE", at, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, rec := serve(t, answer(http.StatusNoContent, "", ""))
			if err := tt.do(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			all := rec.all()
			if len(all) != 1 {
				t.Fatalf("%d requests, want 1", len(all))
			}
			got := all[0]
			if got.Method != tt.method || got.URI != tt.uri || got.Body != tt.body {
				t.Errorf("sent %s %s %s\nwant %s %s %s", got.Method, got.URI, got.Body, tt.method, tt.uri, tt.body)
			}
			if a := got.Header.Get("Authorization"); a != "Bearer token" {
				t.Errorf("Authorization is %q", a)
			}
			if ct := got.Header.Get("Content-Type"); tt.body != "" && ct != "application/json" {
				t.Errorf("Content-Type is %q", ct)
			}
			for _, key := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
				if got.Header.Get(key) != "" {
					t.Errorf("D6: %s is sent", key)
				}
			}
		})
	}
}

// Invalid arguments are refused without a request.
func TestInvalidArgumentsAreNotSent(t *testing.T) {
	c, rec := serve(t, answer(http.StatusNoContent, "", ""))
	ctx := t.Context()
	tests := map[string]error{
		"number not E.164":           c.Transfer(ctx, callID, Transfer{To: "110"}),
		"caller id not E.164":        c.Transfer(ctx, callID, Transfer{To: "+4915799912345", CallerID: "anonymous"}),
		"tones":                      c.SendDTMF(ctx, callID, "1,2"),
		"announcement from a file":   c.Announce(ctx, callID, "file:///etc/passwd"),
		"announcement without host":  c.Announce(ctx, callID, "https:///a.wav"),
		"announcement of 3,000 char": c.Announce(ctx, callID, "https://example.com/"+strings.Repeat("a", 3000)),
	}
	for _, id := range []CallID{"", "..", ".", "../users", "a/b?x", "%2e%2e%2f", "a\x00", "a\n", "#", "ä", "٣", CallID(strings.Repeat("A", 201))} {
		tests["id "+string(id)] = c.Hold(ctx, id, true)
		tests["hang up id "+string(id)] = c.HangUp(ctx, id)
	}
	_, err := c.Devices(ctx, "w0/../../numbers")
	tests["user id"] = err
	_, err = c.StartCall(ctx, NewCall{Caller: "e0"})
	tests["call without callee"] = err
	_, err = c.StartCall(ctx, NewCall{Caller: "e0", Callee: strings.Repeat("1", 65)})
	tests["long callee"] = err
	for name, err := range tests {
		if KindOf(err) != Invalid || MayHaveArrived(err) {
			t.Errorf("%s: error is %v (%v), want Invalid and not sent", name, err, KindOf(err))
		}
	}
	if n := len(rec.all()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
	if _, err := c.StartCall(ctx, NewCall{Caller: "e0", Callee: strings.Repeat("1", 64)}); KindOf(err) == Invalid || len(rec.all()) != 1 {
		t.Errorf("the longest callee: %v", err)
	}
}

func TestStartCall(t *testing.T) {
	c, rec := serve(t, answer(http.StatusOK, "application/json", `{"sessionId":"`+string(callID)+`"}`))
	id, err := c.StartCall(t.Context(), NewCall{Caller: "e0", Callee: "+4915799912345", DeviceID: "e1", CallerID: "+492110012345"})
	if err != nil || id != callID {
		t.Fatalf("got %q, %v", id, err)
	}
	got := rec.all()[0]
	want := `{"deviceId":"e1","caller":"e0","callee":"+4915799912345","callerId":"+492110012345"}`
	if got.Method != "POST" || got.URI != "/below/v2/sessions/calls" || got.Body != want {
		t.Errorf("sent %s %s %s", got.Method, got.URI, got.Body)
	}
}

// A call that sipgate accepted may ring: without an id that is said so, and with
// an answer that cannot be read the outcome is unknown.
func TestUnreadableStartCallMayHaveArrived(t *testing.T) {
	for body, started := range map[string]bool{"": true, "{}": true, `{"sessionId":"../x"}`: true, `{"sessionId":null}`: true, `{"sessionId":{}}`: true,
		"<html>": false, "OK": false, "[]": false, `{"sessionId":"A`: false} {
		for _, dial := range []func(*Client) (CallID, error){
			func(c *Client) (CallID, error) {
				return c.StartCall(t.Context(), NewCall{Caller: "e0", Callee: "+4915799912345"})
			},
			func(c *Client) (CallID, error) {
				return c.startNeoCall(t.Context(), NewCall{DeviceID: "e0", Callee: "+4915799912345"}, false)
			},
		} {
			c, rec := serve(t, answer(http.StatusOK, "application/json", body))
			id, err := dial(c)
			if id != "" || !MayHaveArrived(err) || KindOf(err) != Unreadable || errors.Is(err, ErrNoCallID) != started || len(rec.all()) != 1 {
				t.Errorf("%q: %q, %v, %d requests", body, id, err, len(rec.all()))
			}
		}
	}
}

// Ids that are numbers are ids.
func TestStartedCallWithNumericID(t *testing.T) {
	for _, body := range []string{`{"sessionId":7}`, "\ufeff{\"callId\":\"7\"}", `{"sessionId":null,"callSid":"7"}`, `{"sessionId":[],"callId":7}`} {
		c, _ := serve(t, answer(http.StatusCreated, "application/json", body))
		if id, err := c.StartCall(t.Context(), NewCall{Caller: "e0", Callee: "+4915799912345"}); id != "7" || err != nil {
			t.Errorf("%s: %q, %v", body, id, err)
		}
	}
}

// So it does for a truncated response.
func TestTruncatedStartCallMayHaveArrived(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { breakBody(w, http.StatusOK) })
	if _, err := c.StartCall(t.Context(), NewCall{Caller: "e0", Callee: "+4915799912345"}); !MayHaveArrived(err) {
		t.Errorf("error is %v, want one that may have arrived", err)
	}
}

// Status 2xx means success, whatever the body is.
func TestAny2xxIsSuccess(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"200 with text":   answer(http.StatusOK, "text/plain", "ok"),
		"202 with html":   answer(http.StatusAccepted, "text/html", "<p>"),
		"2 MiB":           answer(http.StatusOK, "", strings.Repeat("x", 2<<20)),
		"broken mid-body": func(w http.ResponseWriter, _ *http.Request) { breakBody(w, http.StatusOK) },
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := serve(t, h)
			if err := c.Hold(t.Context(), callID, true); err != nil {
				t.Error(err)
			}
		})
	}
}

// breakBody announces a hundred bytes, sends ten and closes the connection.
func breakBody(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Length", "100")
	w.WriteHeader(status)
	w.Write([]byte(`{"data":[{`))
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func TestErrorText(t *testing.T) {
	err := &Error{Op: "PUT /calls/A/hold", Status: 404, Kind: NoCall, Err: errors.New("Call not found")}
	if got, want := err.Error(), "sipgate: PUT /calls/A/hold: 404: Call not found"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if Kind(99).String() != "Kind(99)" || Kind(-1).String() != "Kind(-1)" || (Unreadable+1).String() != "Kind(10)" ||
		Other.String() != "Other" || NoCredit.String() != "NoCredit" || Unreadable.String() != "Unreadable" {
		t.Error("names of kinds")
	}
	if KindOf(nil) != Other || KindOf(errors.New("x")) != Other || MayHaveArrived(nil) || MayHaveArrived(errors.New("x")) {
		t.Error("an error that is none of ours has no kind")
	}
}
