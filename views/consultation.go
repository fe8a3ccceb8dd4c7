package views

import (
	"strings"

	"github.com/a-h/templ"

	"callboard/sipgate/switchboard"
)

// ConsultationModel is the consultation bar of a row: who waits, who is consulted,
// since when, and the possible actions.
type ConsultationModel struct {
	State       string // for the style sheet
	Consulted   string // "Tom"
	Text        string // "ringing"
	Since       string // milliseconds
	Clock       string // the same as a clock time
	Approximate bool
	Waiting     string // "Mrs Meier"
	WaitingText string // "Waits"
	RingsAt     string // ids of the members at whose telephones it rings, separated by spaces
	AskText     string // "Mia wants to connect you: Mrs Meier, +49 …", for these
	Resume      templ.SafeURL
	Cancel      templ.SafeURL // ends the call to the consulted party; "" if impossible
	ID          string        // prefix of the buttons' action ids
}

// consultationStates are the names of the states in text keys and in HTML.
var consultationStates = map[switchboard.ConsultationState]string{
	switchboard.ConsultationRequested: "asked", switchboard.ConsultationRinging: "rings", switchboard.ConsultationAnswered: "answered",
	switchboard.ConsultationUnanswered: "noanswer", switchboard.ConsultationHungUp: "gone", switchboard.ConsultationCancelled: "stopped",
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
		State: state, Consulted: name, Text: lang.T("consult." + state),
		Since: milliseconds(x.Since), Clock: clock(f.Zone, x.Since), Approximate: x.Approximate,
		Waiting: m.Title, WaitingText: lang.T(either(c.Hold.On, "consult.waits", "consult.resumed")),
	}
	if x.State != switchboard.ConsultationRinging || len(c.RingsAt) == 0 {
		return
	}
	asker, caller := x.Name, m.Title
	if asker == "" {
		asker = lang.T("attend.somebody")
	}
	if m.Sub != "" {
		caller += ", " + m.Sub
	}
	m.Consultation.RingsAt, m.Consultation.AskText = joinIDs(c.RingsAt), lang.T("consult.you", asker, caller)
	m.Rings, m.RingsAt = true, m.Consultation.RingsAt
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
