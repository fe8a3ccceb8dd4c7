package views

import (
	"strings"

	"github.com/a-h/templ"

	"callboard/sipgate/switchboard"
)

// A Consult is what a row shows of a consultation: who is asked, since when, who
// waits, and what can be done about it.
type ConsultationModel struct {
	State       string // for the style sheet
	Icon        string
	Text        string // "Tom is being asked: it rings there"
	Since       string // milliseconds
	Clock       string // the same as a clock time
	Approximate bool
	WaitingText string // "Mrs Meier is on hold meanwhile"
	Resume      templ.SafeURL
	Cancel      templ.SafeURL // ends the call to whoever is asked; empty if that cannot be done
	ID          string        // of what the buttons ask for
}

// asking names the states of a consultation in keys of words, and how they look.
var consultationStates = map[switchboard.ConsultationState]struct{ word, icon string }{
	switchboard.ConsultationRequested: {"asked", "transfer"}, switchboard.ConsultationRinging: {"rings", "ringing"}, switchboard.ConsultationAnswered: {"answered", "talking"},
	switchboard.ConsultationUnanswered: {"noanswer", "warn"}, switchboard.ConsultationHungUp: {"gone", "warn"}, switchboard.ConsultationCancelled: {"stopped", "ended"},
}

// consult shows the consultation of a call. Nothing is guessed: where sipgate
// does not tell how it goes on, that is said.
func (f Format) addConsultation(m *RowModel, c switchboard.Call, lang Lang) {
	x := c.Consultation
	if x == nil || c.Phase == switchboard.Ended {
		return
	}
	who := x.To.Name
	if who == "" {
		who = f.memberOrNumber(x.To.Number)
	}
	state := consultationStates[x.State]
	m.Consultation = &ConsultationModel{
		State: state.word, Icon: icon(state.icon), Text: lang.T("consult."+state.word, who),
		Since: milliseconds(x.Since), Clock: clock(x.Since), Approximate: x.Approximate,
		WaitingText: lang.T("consult.waits", m.Title),
	}
	if !c.Hold.On {
		m.Consultation.WaitingText = lang.T("consult.resumed", m.Title)
	}
}

// consultActs are the buttons of a consultation: what the API has.
func (m *RowModel) addConsultationActions(c switchboard.Call, permit Allowed, id string) {
	if m.Consultation == nil || !permit.OK() {
		return
	}
	m.Consultation.ID = id
	if c.Hold.On {
		m.Consultation.Resume = m.path("/hold")
	}
	if c.Consultation.Cancellable {
		m.Consultation.Cancel = m.path("/unask")
	}
}

// whose is the name of the member whose number it is, or else the number.
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
