package acceptance

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// neoIndex is the index of the simulator's account on neo.
const neoIndex = 2

// A day on neo, from the webhooks that are entered in sipgate's app to the statistics
// of the evening: a call rings, is answered, held, recorded and transferred; another
// one is missed and called back; the history has all of it, the recording is heard,
// a note stays, and the figures are right.
func TestADayOnNeo(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	levke, tarik := s.SignInTo(t, neoIndex, 0, "/"), s.SignInTo(t, neoIndex, 1, "/")
	day := neoDay{s, levke, tarik}
	day.setsWebhooks(t)
	day.answersAndTransfers(t)
	day.missesAndCallsBack(t)
	day.looksBack(t)
}

type neoDay struct {
	*harness.Stack
	levke, tarik *harness.Client
}

const neoAccount, neoCaller, neoMissed = "2951604", "+4930555600", "+4930555601"

// setsWebhooks enters the address that the status page shows in sipgate's app, for
// each channel; no API takes it.
func (d neoDay) setsWebhooks(t *testing.T) {
	page := d.levke.Page("/status")
	address := regexp.MustCompile(`id="push-address" readonly value="([^"]+)"`).FindStringSubmatch(page)
	if address == nil || !strings.Contains(page, `data-webhooks="waiting"`) || !strings.Contains(page, "app.sipgate.com") {
		t.Fatalf("the status page does not say how: %s", spaced(page))
	}
	if board := d.levke.Page("/"); !strings.Contains(board, `id="no-events"`) && !strings.Contains(board, `href="/setup"`) {
		t.Error("the board does not say that there are no events")
	}
	for _, endpoint := range []string{"p0", "p1", "g0"} {
		d.Control("POST", "channels/"+d.Channel(neoAccount, endpoint), map[string]any{"account": neoAccount, "incomingUrl": address[1], "outgoingUrl": address[1]}, nil)
	}
}

func (d neoDay) rings(from, user string) (id string) {
	var made struct{ CallID string }
	d.Control("POST", "calls", map[string]any{"account": neoAccount, "from": from, "users": []string{user}}, &made)
	return made.CallID
}

func (d neoDay) shows(what string, v *harness.Client, texts ...string) {
	d.T.Helper()
	d.Eventually(what, func() bool {
		page := v.Page("/")
		for _, text := range texts {
			if !strings.Contains(page, text) {
				return false
			}
		}
		return true
	})
}

func (d neoDay) command(t *testing.T, v *harness.Client, path, body string) {
	t.Helper()
	if status, code, field := v.Command(path, `{`+body+`,`+harness.ActionID()+`}`); status >= 300 {
		t.Errorf("%s: %d %s %s", path, status, code, field)
	}
}

func (d neoDay) answersAndTransfers(t *testing.T) {
	id := d.rings(neoCaller, "w0")
	d.shows("the call rings", d.levke, "555600", `data-state="ringing"`)
	d.Control("POST", "calls/"+id+"/answer", map[string]any{"user": "w0"}, nil)
	d.shows("the call is answered", d.levke, `data-state="talking"`)
	row := "/calls/" + d.levke.Rows()[0]
	d.command(t, d.levke, row+"/recording", `"value":true,"announcement":true`)
	d.Elapse(2) // of sound
	d.command(t, d.levke, row+"/hold", `"value":true`)
	d.shows("the call is held", d.levke, `data-state="held"`)
	d.command(t, d.levke, row+"/hold", `"value":false`)
	d.command(t, d.levke, row+"/transfer", `"attended":false,"phoneNumber":"`+d.numberOf("p1")+`"`)
	d.Eventually("the call is transferred", func() bool { return len(d.Call(id).Transfers) == 1 })
	next := d.Call(id).Transfers[0].CallID
	d.Control("POST", "calls/"+next+"/answer", map[string]any{"user": "w1"}, nil)
	d.shows("the colleague has the call", d.tarik, "555600", `data-state="talking"`)
	d.HangUp(next)
}

// numberOf returns the number of a phone line.
func (d neoDay) numberOf(endpoint string) string {
	var state struct {
		Accounts []struct {
			ID      string
			Numbers []struct{ Number, Endpoint string }
		}
	}
	d.Control("GET", "state", nil, &state)
	for _, a := range state.Accounts {
		for _, n := range a.Numbers {
			if a.ID == neoAccount && n.Endpoint == endpoint {
				return n.Number
			}
		}
	}
	d.T.Fatal("no number of " + endpoint)
	return ""
}

func (d neoDay) missesAndCallsBack(t *testing.T) {
	missed := d.rings(neoMissed, "w0")
	d.shows("the second call rings", d.levke, "555601", `data-state="ringing"`)
	d.Control("POST", "calls/"+missed+"/hangup", map[string]any{"cause": "cancel"}, nil)
	d.Eventually("the missed call is to be called back", func() bool { return strings.Contains(d.levke.Page("/missed"), "555601") })
	d.command(t, d.levke, "/calls", `"device":"e0","callee":"`+neoMissed+`"`)
	var back harness.Call
	d.Eventually("the call back is established", func() bool {
		for _, c := range d.Live() {
			if back = c; c.To == neoMissed && c.Phase == "established" {
				return true
			}
		}
		return false
	})
	for _, r := range d.RequestLog() {
		if r.Method == http.MethodPost && r.Path == "/v2/calls" && !strings.Contains(r.Body, d.Channel(neoAccount, "p0")) {
			t.Errorf("called back in another channel: %s", r.Body)
		}
	}
	d.HangUp(back.CallID)
	d.Eventually("the board is empty", func() bool { return len(d.levke.Rows()) == 0 && len(d.Live()) == 0 })
}

func (d neoDay) looksBack(t *testing.T) {
	page := d.levke.Page("/status")
	if !strings.Contains(page, `data-webhooks="arriving"`) || strings.Contains(d.levke.Page("/"), `id="no-events"`) {
		t.Error("the pages do not say that events arrive")
	}
	var ids []string
	d.Eventually("the history has the day", func() bool {
		ids = historyIDs(d.levke, "")
		return len(ids) >= 3
	})
	recorded, noted := 0, ""
	for _, id := range ids {
		resp := d.levke.Send("GET", d.URL+"/history/"+id+"/recordings/1", "", nil)
		if resp.StatusCode == http.StatusOK && strings.HasPrefix(resp.Header.Get("Content-Type"), "audio/") {
			recorded, noted = recorded+1, id
		}
	}
	if recorded != 1 {
		t.Fatalf("%d of %d entries have a recording", recorded, len(ids))
	}
	d.command(t, d.levke, "/history/"+noted+"/note", `"text":"wants the Zwiebel files"`)
	d.command(t, d.levke, "/history/"+noted+"/star", `"value":true`)
	if found := historyIDs(d.levke, "q=zwiebel&starred=true"); len(found) != 1 || found[0] != noted {
		t.Errorf("the note is on %v, not on %s", found, noted)
	}
	// What was transferred counts for both, though the private channel of the one is
	// closed to the other.
	const counted = "Anrufe 4 Angenommen 67 % der eingehenden Verpasst 1"
	d.Eventually("the figures of the day", func() bool { return strings.Contains(spaced(d.levke.Page("/figures")), "Verpasst 1") })
	if page := spaced(d.levke.Page("/figures")); !strings.Contains(page, counted) || !strings.Contains(page, "Levke Petersen 50 % 0 min 1 1 1 Tarik Yılmaz 100 % 0 min 1 0 0") {
		t.Errorf("the figures: %s", page)
	}
}

// TestEventsAreRememberedOverARestart: of which channels events have come, and when, is
// known after a restart, too, and the board does not ask for webhooks again.
func TestEventsAreRememberedOverARestart(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	d := neoDay{s, s.SignInTo(t, neoIndex, 0, "/"), nil}
	d.setsWebhooks(t)
	id := d.rings(neoCaller, "w0")
	d.shows("the call rings", d.levke, "555600")
	d.HangUp(id)
	const hers, his = "Levke Petersen Ereignisse kommen an", "Tarik Yılmaz Noch keine Ereignisse"
	for _, when := range []string{"before", "after"} {
		page := d.levke.Page("/status")
		if text := spaced(page); !strings.Contains(text, hers) || !strings.Contains(text, his) || !strings.Contains(page, `data-webhooks="arriving"`) {
			t.Errorf("%s the restart: %s", when, text)
		}
		if when == "before" {
			s.Restart()
		}
	}
	if page := d.levke.Page("/"); strings.Contains(page, "data-no-events") || strings.Contains(page, `id="no-events"`) || strings.Contains(page, `href="/setup"`) {
		t.Error("the board says that there are no events")
	}
}
