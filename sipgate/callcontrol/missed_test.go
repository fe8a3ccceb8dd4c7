package callcontrol

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// A caller whom nobody answered is to be called back until somebody of the team has
// talked with that number, whoever called whom.
func TestMissedCallersWaitUntilTheTeamTalkedWithThem(t *testing.T) {
	begin := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	minute := 0
	call := func(what, number, by string) switchboard.Call {
		c := switchboard.Call{ID: switchboard.RowID(fmt.Sprint(minute)), Direction: sipgate.Incoming, Phase: switchboard.Ended, PreviousPhase: switchboard.Ringing,
			Remote: switchboard.Party{Number: number}, UserNames: []string{by}, Started: begin.Add(time.Duration(minute) * time.Minute)}
		minute++
		for _, word := range strings.Fields(what) {
			switch word {
			case "out":
				c.Direction = sipgate.Outgoing
			case "talked":
				c.PreviousPhase = switchboard.Connected
			case "talking":
				c.Phase, c.PreviousPhase = switchboard.Connected, switchboard.Connected
			case "ringing":
				c.Phase = switchboard.Ringing
			case "voicemail":
				c.PreviousPhase, c.Voicemail = switchboard.Connected, true
			case "internal":
				c.Internal = true
			case "forwarded":
				c.Cause = "forwarded"
			}
		}
		return c
	}
	for name, test := range map[string]struct {
		calls []switchboard.Call
		want  string // number, calls, what happened
	}{
		"nothing":                    {nil, ""},
		"an answered call":           {[]switchboard.Call{call("talked", "1", "Mia")}, ""},
		"an internal call":           {[]switchboard.Call{call("internal", "1", "Mia")}, ""},
		"forwarded elsewhere":        {[]switchboard.Call{call("forwarded", "1", "Mia")}, ""},
		"one that rings":             {[]switchboard.Call{call("ringing", "1", "Mia")}, ""},
		"nobody reached":             {[]switchboard.Call{call("out", "1", "Mia")}, ""},
		"missed":                     {[]switchboard.Call{call("", "1", "Mia")}, "1×1;"},
		"a voicemail":                {[]switchboard.Call{call("voicemail", "1", "")}, "1×1;"},
		"twice":                      {[]switchboard.Call{call("", "1", "Mia"), call("", "1", "Tom")}, "1×2;"},
		"two callers, latest first":  {[]switchboard.Call{call("", "1", "Mia"), call("", "2", "Tom")}, "2×1; 1×1;"},
		"called back":                {[]switchboard.Call{call("", "1", "Mia"), call("out talked", "1", "Tom")}, "1×1 called by Tom;"},
		"talking now":                {[]switchboard.Call{call("", "1", "Mia"), call("out talking", "1", "Tom")}, "1×1 called by Tom;"},
		"not reached":                {[]switchboard.Call{call("", "1", "Mia"), call("out", "1", "Tom")}, "1×1 tried by Tom;"},
		"called again, answered":     {[]switchboard.Call{call("", "1", "Mia"), call("talked", "1", "Tom")}, "1×1 answered by Tom;"},
		"called back, missed again":  {[]switchboard.Call{call("", "1", "Mia"), call("out talked", "1", "Tom"), call("", "1", "Mia")}, "1×2;"},
		"talked with before":         {[]switchboard.Call{call("talked", "1", "Mia"), call("", "1", "Mia")}, "1×1;"},
		"another number called back": {[]switchboard.Call{call("", "1", "Mia"), call("out talked", "2", "Tom")}, "1×1;"},
		"done ones come last":        {[]switchboard.Call{call("", "1", "Mia"), call("", "2", "Mia"), call("out talked", "2", "Tom")}, "1×1; 2×1 called by Tom;"},
		"withheld":                   {[]switchboard.Call{call("", "", "Mia"), call("talked", "", "Tom")}, "×1;"},
		"a hidden call back":         {[]switchboard.Call{call("", "1", "Mia"), call("out talked", "1", "hidden")}, "1×1 called by ;"},
		"a hidden miss":              {[]switchboard.Call{call("", "1", "hidden")}, ""},
	} {
		var got []string
		for _, m := range missedCallers(test.calls, func(c *switchboard.Call) bool { return c.UserNames[0] != "hidden" }) {
			line := fmt.Sprintf("%s×%d", m.Remote.Number, m.Calls)
			switch {
			case m.IsDone() && m.Done.Incoming:
				line += " answered by " + m.Done.By
			case m.IsDone():
				line += " called by " + m.Done.By
			case !m.Tried.At.IsZero():
				line += " tried by " + m.Tried.By
			}
			got = append(got, line+";")
		}
		if got := strings.Join(got, " "); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
