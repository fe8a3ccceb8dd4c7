package views

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"callboard/sipgate/switchboard"
)

// A page polls the progress of a call until the other side is on the line, or,
// with an announcement, until that has been played; never for ever.
func TestProgressOfACallIsPolled(t *testing.T) {
	for _, test := range []struct {
		model   OriginateModel
		script  bool // polls again
		refresh bool // without a script
		turn    string
	}{
		{OriginateModel{Stage: switchboard.StageUnknown}, true, true, "1"},
		{OriginateModel{Stage: switchboard.StageUnknown, Polls: MaxPolls - 1}, true, true, "12"},
		{OriginateModel{Stage: switchboard.StageUnknown, Polls: MaxPolls}, false, false, ""},
		{OriginateModel{Stage: switchboard.StageCallerRinging, Polls: 5}, true, true, "1"}, // a call that rings ends by itself
		{OriginateModel{Stage: switchboard.StageCalleeRinging, Polls: MaxPolls}, false, true, "1"},
		{OriginateModel{Stage: switchboard.StageConnected}, false, false, ""},
		{OriginateModel{Stage: switchboard.StageConnected, Announcement: "Closed"}, true, false, ""},
		{OriginateModel{Stage: switchboard.StageConnected, Announcement: "Closed", Polls: MaxPolls}, false, false, ""},
		{OriginateModel{Stage: switchboard.StageEnded}, false, false, ""},
		{OriginateModel{Stage: switchboard.StageEnded, Announcement: "Closed"}, false, false, ""},
	} {
		test.model.Call, test.model.Callee = "a/b", "+49 30 1"
		header := test.model.Refresh()
		if test.model.pollsAgain() != test.script || (header != "") != test.refresh {
			t.Errorf("%+v: polls %v, refresh %q", test.model, test.model.pollsAgain(), header)
		}
		if !test.refresh {
			continue
		}
		address, ok := strings.CutPrefix(header, "2; url=/starting/a%2Fb?")
		q, err := url.ParseQuery(address)
		if !ok || err != nil || q.Get("turn") != test.turn || q.Get("callee") != "+49 30 1" || q.Has("sound") || ParseStage(q.Get("stage")) != test.model.Stage {
			t.Errorf("%+v: refresh %q", test.model, header)
		}
	}
}

// A call of which nothing is heard for 8 s did not ring, as far as sipgate reports
// calls at all; the answer comes at that moment.
func TestACallThatDoesNotRing(t *testing.T) {
	started := time.UnixMilli(1_795_000_000_000)
	for name, test := range map[string]struct {
		stage  switchboard.Stage
		after  time.Duration
		silent bool
		answer time.Duration
	}{
		"at once":      {switchboard.StageUnknown, 0, false, 8 * time.Second},
		"before":       {switchboard.StageUnknown, 7 * time.Second, false, time.Second},
		"then":         {switchboard.StageUnknown, 8 * time.Second, true, 15 * time.Second},
		"rings":        {switchboard.StageCallerRinging, 9 * time.Second, false, 15 * time.Second},
		"clock is off": {switchboard.StageUnknown, -time.Minute, false, 15 * time.Second},
	} {
		m := OriginateModel{Call: "a", Callee: "+49 30 1", Stage: test.stage, Started: started}
		now := started.Add(test.after)
		if got := m.NextAnswer(test.stage, now, 15*time.Second); got != test.answer {
			t.Errorf("%s: answers after %v", name, got)
		}
		if m.SetWaited(now); m.silent() != test.silent {
			t.Errorf("%s: silent %v", name, m.silent())
		}
		if test.after >= 0 && !strings.Contains(m.nextURL(), "started=1795000000000") {
			t.Errorf("%s: polls %s", name, m.nextURL())
		}
	}
	heard, unheard := OriginateModel{Heard: true}.silentText(English), OriginateModel{}.silentText(English)
	if !strings.HasPrefix(heard, "It did not ring") || strings.HasPrefix(unheard, "It did not ring") {
		t.Errorf("%q, %q", heard, unheard)
	}
}

// A call that plays an announcement has a stage of its own, which the next poll
// still knows.
func TestAnnouncementIsAStage(t *testing.T) {
	m := OriginateModel{Call: "a", Stage: switchboard.StageConnected, Announcement: "Closed today"}
	if !strings.Contains(m.nextURL(), "sound=Closed+today") || !strings.Contains(m.nextURL(), "stage="+stagePlaying) || !m.playing() {
		t.Errorf("polls %s", m.nextURL())
	}
	for name, want := range map[string]switchboard.Stage{stagePlaying: switchboard.StageConnected, "calling": switchboard.StageCalleeRinging, "": switchboard.StageUnknown, "x": switchboard.StageUnknown} {
		if got := ParseStage(name); got != want {
			t.Errorf("%q is stage %v, want %v", name, got, want)
		}
	}
	for stage, want := range map[switchboard.Stage]switchboard.Stage{switchboard.StageUnknown: switchboard.StageCallerRinging, switchboard.StageConnected: switchboard.StageConnected} {
		if got := (OriginateModel{Stage: stage}).shownStage(); got != want {
			t.Errorf("stage %v is shown as %v", stage, got)
		}
	}
}
