package acceptance

import (
	"net/http"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// Where sipgate refuses the list of calls, the board shows live what webhooks report,
// says so, and holds and hangs up calls all the same; without webhooks it says that it
// can show nothing. Once sipgate gives the list again, the board is as ever.
func TestNeoWithoutAList(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	calls := func(status int) {
		s.Control("POST", "platforms/"+neoAccount, map[string]any{"platform": "neo", "calls": status}, nil)
	}
	calls(http.StatusNotImplemented)
	levke := s.SignInTo(t, neoIndex, 0, "/")
	d := neoDay{Stack: s, levke: levke}
	d.shows("nothing can be shown", levke, "data-unlisted", "noch kein Webhook hat einen Anruf gemeldet", `data-state="live"`)
	d.shows("the status page says it", levke, "data-unlisted")
	if page := spaced(levke.Page("/status")); !strings.Contains(page, "sipgate stellt sie nicht bereit") {
		t.Error("the status page does not say that there is no list")
	}
	d.setsWebhooks(t)

	id := d.rings(neoCaller, "w0")
	d.shows("the call rings", levke, "555600", `data-state="ringing"`, "zeigt, was Webhooks melden")
	d.Control("POST", "calls/"+id+"/answer", map[string]any{"user": "w0"}, nil)
	d.shows("the call is answered", levke, `data-state="talking"`)
	row := "/calls/" + levke.Rows()[0]
	d.command(t, levke, row+"/hold", `"value":true`)
	d.shows("the call is held", levke, `data-state="held"`)
	if c := d.Call(id); !c.Hold {
		t.Errorf("at sipgate: %+v", c)
	}
	d.HangUp(id)
	d.shows("the call is hung up", levke, `data-state="ended"`)

	next := d.rings(neoMissed, "w0")
	d.Control("POST", "calls/"+next+"/answer", map[string]any{"user": "w0"}, nil)
	d.shows("the second call is answered", levke, "555601", `data-state="talking"`)
	asked := s.Requests("GET", "/v2/calls")
	calls(http.StatusOK)
	if status, _ := levke.Post("/status/platform", ""); status >= 400 {
		t.Fatalf("check again: %d", status)
	}
	d.Eventually("the list is read again", func() bool { return !strings.Contains(levke.Page("/"), "data-unlisted") })
	d.shows("the call goes on", levke, "555601", `data-state="talking"`)
	if asked > 6 {
		t.Errorf("the list that sipgate refuses was asked for %d times", asked)
	}
	d.HangUp(next)
	d.shows("the second call is hung up", levke, `data-state="ended"`)
}
