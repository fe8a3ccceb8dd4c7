package views

import (
	"strings"

	"github.com/a-h/templ"

	"callboard/sipgate/switchboard"
)

// ConsultationModel is the consultation bar of a row: who is consulted, since
// when, who is on hold, and the possible actions.
type ConsultationModel struct {
	State       string // for the style sheet
	Icon        string
	Text        string // "Tom is being asked: it rings there"
	Since       string // milliseconds
	Clock       string // the same as a clock time
	Approximate bool
	WaitingText string // "Mrs Meier is on hold meanwhile"
	Resume      templ.SafeURL
	Cancel      templ.SafeURL // ends the call to the consulted party; "" if impossible
	ID          string        // prefix of the buttons' action ids
}

// consultationStates are the names in text keys and the icons of the states.
var consultationStates = map[switchboard.ConsultationState]struct{ name, icon string }{
	switchboard.ConsultationRequested: {"asked", "transfer"}, switchboard.ConsultationRinging: {"rings", "ringing"}, switchboard.ConsultationAnswered: {"answered", "talking"},
	switchboard.ConsultationUnanswered: {"noanswer", "warn"}, switchboard.ConsultationHungUp: {"gone", "warn"}, switchboard.ConsultationCancelled: {"stopped", "ended"},
}

// addConsultation adds the consultation of a call. It guesses nothing: an
// unknown outcome is shown as unknown.
func (f Format) addConsultation(m *RowModel, c switchboard.Call, lang Lang) {
	x := c.Consultation
	if x == nil || c.Phase == switchboard.Ended {
		return
	}
	name := x.To.Name
	if name == "" {
		name = f.memberOrNumber(x.To.Number)
	}
	state := consultationStates[x.State]
	m.Consultation = &ConsultationModel{
		State: state.name, Icon: icon(state.icon), Text: lang.T("consult."+state.name, name),
		Since: milliseconds(x.Since), Clock: clock(f.Zone, x.Since), Approximate: x.Approximate,
		WaitingText: lang.T("consult.waits", m.Title),
	}
	if !c.Hold.On {
		m.Consultation.WaitingText = lang.T("consult.resumed", m.Title)
	}
}

// addConsultationActions adds the actions that sipgate's API offers.
func (m *RowModel) addConsultationActions(c switchboard.Call, allowed Allowed, id string) {
	if m.Consultation == nil || !allowed.OK() {
		return
	}
	m.Consultation.ID = id
	if c.Hold.On {
		m.Consultation.Resume = m.path("/hold")
	}
	if c.Consultation.Cancellable {
		m.Consultation.Cancel = m.path("/cancel-consultation")
	}
}

// memberOrNumber returns the name of the member with a number, or the formatted
// number.
func (f Format) memberOrNumber(number string) string {
	if !strings.HasPrefix(number, "+") {
		return number
	}
	if f.MemberName != nil {
		if name := f.MemberName(number); name != "" {
			return name
		}
	}
	return f.number(number)
}
