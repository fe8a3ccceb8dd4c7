package views

import (
	"net/url"
	"slices"

	"callboard/sipgate/switchboard"
)

// NewCallModel is what [NewCallSheet] shows.
type NewCallModel struct {
	ActionID  string
	Phones    []Phone // the member's telephones
	CallerIDs []Option
	CallerID  string // of those, the one that is chosen; empty: none
	Recipient RecipientPicker
	TelLink   TelLink
}

// Link is the tel: link that was opened; zero if none was.
type TelLink struct {
	Text    string // its number, as it will be understood or as it stood there
	Refused string // code of why it cannot be called; empty if it can
}

// Phone is a telephone of the member.
type Phone struct {
	ID, Name string
	State    string // "ready", "dnd", "offline", or "unfit": calls cannot be started there
	Chosen   bool
}

// offline reports whether one of the telephones is not connected.
func anyOffline(phones []Phone) bool {
	return slices.ContainsFunc(phones, func(d Phone) bool { return d.State == "offline" })
}

// phoneIcons draw the states of telephones.
var phoneIcons = map[string]string{"ready": "live", "dnd": "mute", "offline": "offline", "unfit": "close"}

// StartingModel is what [StartingSheet] shows: how far a call is that the
// reader started.
type OriginateModel struct {
	Call         string // names it in an address
	Callee       string // for people
	Stage        switchboard.Stage
	Row          switchboard.RowID // of the board; empty if it is not there
	Cause        string            // why it is over: sipgate's word, or empty
	Polls        int               // how often the page has asked
	Announcement string            // what is played into it then; empty: nothing
}

// mostTurns is how often a page asks without an end in sight.
const MaxPolls = 12

// stages are the stages that are shown, and their names.
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

// name is that of the stage; a call into which something is played is at one of
// its own.
func (m OriginateModel) stageName() string {
	if m.playing() {
		return stagePlaying
	}
	return stageNames[m.Stage]
}

const stagePlaying = "playing"

func (m OriginateModel) playing() bool {
	return m.Announcement != "" && m.Stage == switchboard.StageConnected
}

// shown is the stage that is marked: of a call of which nothing was heard the
// own telephone rings, as far as anybody knows.
func (m OriginateModel) shownStage() switchboard.Stage {
	return max(m.Stage, switchboard.StageCallerRinging)
}

// waits reports whether something is still to be expected.
func (m OriginateModel) pollsAgain() bool {
	return (m.Stage < switchboard.StageConnected || m.playing()) && m.Polls < MaxPolls
}

// next is where the page asks how it goes on.
func (m OriginateModel) nextURL() string {
	q := url.Values{"stage": {m.stageName()}, "turn": {decimal(int64(m.Polls + 1))}, "callee": {m.Callee}}
	if m.Announcement != "" {
		q.Set("sound", m.Announcement)
	}
	return "/starting/" + url.PathEscape(m.Call) + "?" + q.Encode()
}

func (m OriginateModel) callURL() string { return "/calls/" + url.PathEscape(string(m.Row)) }

// StageOf finds the stage of a name, StageUnknown if there is none.
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

// telAddress is where browsers are to open tel: links; %s stands for the link.
const telURLTemplate = "/calls/new?to=%s"
