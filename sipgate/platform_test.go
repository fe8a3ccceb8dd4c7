package sipgate

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func jwt(claims string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
}

func TestPlatformOf(t *testing.T) {
	for token, want := range map[string]Platform{
		jwt(`{"featureScope":"CLASSIC_PBX"}`):            Classic,
		jwt(`{"sub":"f:2e:1","featureScope":"NEO_PBX"}`): Neo,
		jwt(`{"featureScope":"THIRD_PBX"}`):              UnknownPlatform,
		jwt(`{"featureScope":["NEO_PBX"]}`):              UnknownPlatform,
		jwt(`{}`):                                        UnknownPlatform,
		jwt(`{"featureScope":"NEO_PBX"`):                 UnknownPlatform,
		jwt(`{"featureScope":"NEO_PBX"}`) + ".x":         UnknownPlatform,
		"opaque":                                         UnknownPlatform,
		"":                                               UnknownPlatform,
		"a.b.c":                                          UnknownPlatform,
		jwt(`{"featureScope":"NEO_PBX","x":"` + strings.Repeat("x", maxTokens) + `"}`): UnknownPlatform,
	} {
		if got := PlatformOf(token); got != want {
			t.Errorf("%.60q: %q, want %q", token, got, want)
		}
	}
}

// name returns "METHOD path", followed by the body if there is one.
func (s receivedRequest) name() string {
	return strings.TrimSpace(s.Method + " " + strings.TrimPrefix(s.URI, "/below/v2/") + " " + s.Body)
}

// routes answers each request, by its name, with the given status and body.
func routes(t *testing.T, answers map[string][2]string) (c *Client, rec *recorder) {
	c, rec = serve(t, func(w http.ResponseWriter, _ *http.Request) {
		all := rec.all()
		a, ok := answers[all[len(all)-1].name()]
		status, err := strconv.Atoi(a[0])
		if !ok || err != nil {
			status = http.StatusNotFound
		}
		w.WriteHeader(status)
		w.Write([]byte(a[1]))
	})
	return c, rec
}

const onlyClassic = "This endpoint requires a sipgate Classic PBX Account"

func TestDetectPlatform(t *testing.T) {
	team := [2]string{"200", `{"mainProductType":"TEAM"}`}
	for name, test := range map[string]struct {
		token   string
		answers map[string][2]string
		want    PlatformDetection
		fails   bool
		asked   int
	}{
		"in the token":         {jwt(`{"featureScope":"NEO_PBX"}`), nil, PlatformDetection{Neo, "token"}, false, 0},
		"has groups":           {"t", map[string][2]string{"GET groups": {"200", `{"items":[]}`}}, PlatformDetection{Classic, "groups"}, false, 1},
		"refused in text":      {"t", map[string][2]string{"GET groups": {"403", onlyClassic}}, PlatformDetection{Neo, "groups"}, false, 1},
		"refused in JSON":      {"t", map[string][2]string{"GET groups": {"403", `{"message":"` + onlyClassic + `"}`}}, PlatformDetection{Neo, "groups"}, false, 1},
		"not implemented":      {"t", map[string][2]string{"GET groups": {"501", ""}}, PlatformDetection{Neo, "groups"}, false, 1},
		"a right is missing":   {"t", map[string][2]string{"GET groups": {"403", "Forbidden"}, "GET account": team}, PlatformDetection{Classic, "account"}, false, 2},
		"an unknown product":   {"t", map[string][2]string{"GET groups": {"403", ""}, "GET account": {"200", `{"mainProductType":"UNKNOWN"}`}}, PlatformDetection{}, false, 2},
		"all rights missing":   {"t", map[string][2]string{"GET groups": {"403", ""}, "GET account": {"403", ""}}, PlatformDetection{}, false, 2},
		"sipgate is not there": {"t", map[string][2]string{"GET groups": {"502", ""}, "GET account": {"502", ""}}, PlatformDetection{}, true, 2},
	} {
		t.Run(name, func(t *testing.T) {
			c, seen := routes(t, test.answers)
			c.Auth = Bearer(test.token)
			got, err := c.DetectPlatform(t.Context())
			if got != test.want || (err != nil) != test.fails || len(seen.all()) != test.asked {
				t.Errorf("%+v %v after %d requests, want %+v after %d", got, err, len(seen.all()), test.want, test.asked)
			}
		})
	}
}

// Another dial method is tried only after sipgate has definitely refused the
// first, and at most two on one platform.
func TestDial(t *testing.T) {
	call := NewCall{Caller: "e0", DeviceID: "e0", Callee: "+4915799912345", CallerID: "+492110012345"}
	const (
		classic = `POST sessions/calls {"deviceId":"e0","caller":"e0","callee":"+4915799912345","callerId":"+492110012345"}`
		bare    = `POST calls {"deviceId":"e0","targetNumber":"4915799912345","callerId":"492110012345"}`
		plus    = `POST calls {"deviceId":"e0","targetNumber":"+4915799912345","callerId":"+492110012345"}`
	)
	no, neo := [2]string{"403", onlyClassic}, DialMethod{Platform: Neo}
	for name, test := range map[string]struct {
		way     DialMethod
		answers map[string][2]string // by request
		want    DialMethod
		id      CallID
		kind    Kind
		sent    []string
	}{
		"classic":                {DialMethod{}, map[string][2]string{classic: {"200", `{"sessionId":"A1"}`}}, DialMethod{Platform: Classic}, "A1", 0, []string{classic}},
		"classic, refused":       {DialMethod{}, map[string][2]string{classic: {"403", "User is not allowed"}}, DialMethod{}, "", Forbidden, []string{classic}},
		"classic, may have been": {DialMethod{}, map[string][2]string{classic: {"502", onlyClassic}}, DialMethod{}, "", Unavailable, []string{classic}},
		"neo after all":          {DialMethod{}, map[string][2]string{classic: no, bare: {"201", `{"callSid":"B1"}`}}, neo, "B1", 0, []string{classic, bare}},
		"neo, known":             {neo, map[string][2]string{bare: {"200", `{"callSid":"B1"}`}}, neo, "B1", 0, []string{bare}},
		"neo, plus":              {neo, map[string][2]string{bare: {"400", ""}, plus: {"201", `{"callSid":"B1"}`}}, DialMethod{Neo, true}, "B1", 0, []string{bare, plus}},
		"neo, plus known":        {DialMethod{Neo, true}, map[string][2]string{plus: {"201", `{"callSid":"B1"}`}}, DialMethod{Neo, true}, "B1", 0, []string{plus}},
		"neo, no plus after all": {DialMethod{Neo, true}, map[string][2]string{plus: {"400", "bad"}, bare: {"201", `{"callSid":"B1"}`}}, neo, "B1", 0, []string{plus, bare}},
		"neo, neither":           {neo, map[string][2]string{bare: {"400", "x"}, plus: {"400", "y"}}, neo, "", Invalid, []string{bare, plus}},
		"neo, the telephone":     {neo, map[string][2]string{bare: {"400", "Invalid invitable device"}}, neo, "", Invalid, []string{bare}},
		"neo, may have been":     {neo, map[string][2]string{bare: {"400", ""}, plus: {"502", ""}}, DialMethod{Neo, true}, "", Unavailable, []string{bare, plus}},
		"neo, an empty yes":      {neo, map[string][2]string{bare: {"200", ""}}, neo, "", Unreadable, []string{bare}},
		"neo, an odd yes":        {neo, map[string][2]string{bare: {"200", "OK"}}, neo, "", Unreadable, []string{bare}},
	} {
		t.Run(name, func(t *testing.T) {
			c, seen := routes(t, test.answers)
			id, way, err := c.Dial(t.Context(), call, test.way, nil)
			if id != test.id || way != test.want || (err == nil) != (test.id != "") || KindOf(err) != test.kind {
				t.Errorf("%q %+v %v", id, way, err)
			}
			if test.kind == Unreadable && test.id == "" && !MayHaveArrived(err) {
				t.Error("a yes that cannot be read is told as a no")
			}
			var sent []string
			for _, q := range seen.all() {
				sent = append(sent, q.name())
			}
			if !slices.Equal(sent, test.sent) {
				t.Errorf("sent %q, want %q", sent, test.sent)
			}
		})
	}
}

// A call that neo could not place is refused without a request; the telephone is
// the caller's if none is chosen.
func TestDialOnNeo(t *testing.T) {
	neo, long := DialMethod{Platform: Neo}, strings.Repeat("1", maxParty+1)
	c, seen := serve(t, answer(http.StatusOK, "application/json", `{"callSid":"B1"}`))
	for name, call := range map[string]NewCall{
		"no telephone":   {Callee: "+4915799912345"},
		"no callee":      {Caller: "e0"},
		"long callee":    {Caller: "e0", Callee: long},
		"long telephone": {DeviceID: DeviceID(long), Callee: "+4915799912345"},
		"long caller id": {Caller: "e0", Callee: "+4915799912345", CallerID: long},
	} {
		if id, _, err := c.Dial(t.Context(), call, neo, nil); id != "" || KindOf(err) != Invalid || MayHaveArrived(err) {
			t.Errorf("%s: %q, %v", name, id, err)
		}
	}
	if n := len(seen.all()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
	longest := strings.Repeat("1", maxParty)
	if id, _, err := c.Dial(t.Context(), NewCall{Caller: "e0", Callee: longest}, neo, nil); id != "B1" || err != nil {
		t.Errorf("%q, %v", id, err)
	}
	if got := seen.all()[0].name(); got != `POST calls {"deviceId":"e0","targetNumber":"`+longest+`"}` {
		t.Errorf("sent %s", got)
	}
}

func TestRefusedField(t *testing.T) {
	for words, want := range map[string]string{
		"User supplied invalid callee number":                "callee",
		"User supplied invalid caller number":                "caller",
		"User supplied invalid caller id":                    "callerId",
		"DeviceId is required if caller is a phone number":   "device",
		"Invalid invitable device":                           "device",
		`{"errors":[{"status":400,"title":"targetNumber"}]}`: "callee",
		"Invalid number":                                     "callee",
		"":                                                   "",
		"no":                                                 "",
	} {
		c, _ := serve(t, answer(http.StatusBadRequest, "", words))
		_, err := c.StartCall(t.Context(), NewCall{Caller: "e0", Callee: "+4915799912345"})
		if got := err.(*Error).RefusedField; got != want {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
}
