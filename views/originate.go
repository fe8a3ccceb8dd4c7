package views

import (
	"net/url"
	"strconv"
	"time"

	"callboard/sipgate/switchboard"
)

// OriginateModel is the model of [OriginateDialog]: the progress of a call that
// the reader started.
type OriginateModel struct {
	Call         string // identifies the call in URLs
	Callee       string // formatted
	Stage        switchboard.Stage
	Row          switchboard.RowID // on the board; empty if it is not there
	Cause        string            // why the call ended: sipgate's code, or empty
	Polls        int               // number of polls so far
	Started      time.Time         // when sipgate accepted the call; zero if not known
	Waited       time.Duration     // since then
	Heard        bool              // sipgate has reported calls of this account before, or was asked for this one
	Announcement string            // title of the announcement that is played then, or empty
}

// RingTimeout is after how long a call of which nothing is heard is said not to
// have rung: sipgate accepts calls for which no telephone rings.
const RingTimeout = 8 * time.Second

// silent reports whether the caller's phone should have rung by now, and nothing
// is heard of the call.
func (m OriginateModel) silent() bool {
	return m.Stage == switchboard.StageUnknown && (m.Waited >= RingTimeout || m.Polls >= MaxPolls)
}

// SetWaited sets how long the call has been waited for. A start in the future is
// not known.
func (m *OriginateModel) SetWaited(now time.Time) {
	if m.Waited = now.Sub(m.Started); m.Started.IsZero() || m.Waited < 0 {
		m.Started, m.Waited = time.Time{}, 0
	}
}

// NextAnswer returns how long to wait for a stage other than known: at most
// limit, and of a call that is not heard of until it is silent.
func (m OriginateModel) NextAnswer(known switchboard.Stage, now time.Time, limit time.Duration) time.Duration {
	left := RingTimeout - now.Sub(m.Started)
	if known != switchboard.StageUnknown || m.Started.IsZero() || left <= 0 {
		return limit
	}
	return min(left, limit)
}

// silentText says that the phone did not ring; or, where sipgate reports no
// events, that this is all that is known.
func (m OriginateModel) silentText(lang Lang) string {
	if m.Heard {
		return lang.T("stage.silent")
	}
	return lang.T("stage.unheard")
}

// MaxPolls limits how often a page polls the progress of a call.
const MaxPolls = 12

// The stages that are shown, and the names and icons of stages.
var (
	stages     = []switchboard.Stage{switchboard.StageCallerRinging, switchboard.StageCalleeRinging, switchboard.StageConnected}
	stageNames = map[switchboard.Stage]string{
		switchboard.StageUnknown: "unknown", switchboard.StageCallerRinging: "own", switchboard.StageCalleeRinging: "calling",
		switchboard.StageConnected: "talking", switchboard.StageEnded: "over",
	}
	stageIcons = map[switchboard.Stage]string{
		switchboard.StageCallerRinging: "ringing", switchboard.StageCalleeRinging: "out", switchboard.StageConnected: "talking",
	}
)

// stageName returns the name of the stage. A call that plays an announcement has
// a stage of its own.
func (m OriginateModel) stageName() string {
	if m.playing() {
		return stagePlaying
	}
	return stageNames[m.Stage]
}

const stagePlaying = "playing"

// playing reports whether the announcement is being played.
func (m OriginateModel) playing() bool {
	return m.Announcement != "" && m.Stage == switchboard.StageConnected
}

// shownStage returns the stage that is marked. Before the first event, the
// caller's phone is assumed to ring.
func (m OriginateModel) shownStage() switchboard.Stage {
	return max(m.Stage, switchboard.StageCallerRinging)
}

// pollsAgain reports whether the page polls again.
func (m OriginateModel) pollsAgain() bool {
	return (m.Stage < switchboard.StageConnected || m.playing()) && m.Polls < MaxPolls
}

// nextURL returns the URL of the next poll.
func (m OriginateModel) nextURL() string {
	q := url.Values{"stage": {m.stageName()}, "turn": {decimal(m.Polls + 1)}, "callee": {m.Callee}}
	if !m.Started.IsZero() {
		q.Set("started", strconv.FormatInt(m.Started.UnixMilli(), 10))
	}
	if m.Announcement != "" {
		q.Set("sound", m.Announcement)
	}
	return "/starting/" + url.PathEscape(m.Call) + "?" + q.Encode()
}

// Refresh returns the header Refresh of a page without a script, or "" once
// nothing more is to come. A call of which nothing is heard is asked for as often
// as a script would ask; one that rings ends by itself.
func (m OriginateModel) Refresh() string {
	switch {
	case m.Stage >= switchboard.StageConnected, m.Stage == switchboard.StageUnknown && m.Polls >= MaxPolls:
		return ""
	case m.Stage != switchboard.StageUnknown:
		m.Polls = 0
	}
	return "2; url=" + m.nextURL()
}

// againURL is the dialog in which another phone can be chosen.
func (m OriginateModel) againURL() string { return "/calls/new?to=" + url.QueryEscape(m.Callee) }

func (m OriginateModel) callURL() string { return "/calls/" + url.PathEscape(string(m.Row)) }

// ParseStage returns the stage with a name, or StageUnknown.
func ParseStage(name string) switchboard.Stage {
	if name == stagePlaying {
		return switchboard.StageConnected
	}
	for s, n := range stageNames {
		if n == name {
			return s
		}
	}
	return switchboard.StageUnknown
}
