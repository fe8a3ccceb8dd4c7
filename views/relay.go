package views

import "callboard/sipgate/relay"

// RelayModel is the model of [Relay].
type RelayModel struct {
	Programs []RelayProgram
	Answers  bool // the program that got events before decides how sipgate goes on with a call

	Typed string // an address that was not added, and
	Code  string // why not
}

// RelayProgram is a program to which push events are passed on.
type RelayProgram struct {
	ID       string
	Address  string
	Replaced bool // it got the events before
	relay.Health
}

// replaced returns the program that got the events before, if there is one.
func (m RelayModel) replaced() (first RelayProgram, ok bool) {
	for _, p := range m.Programs {
		if p.Replaced {
			return p, true
		}
	}
	return first, false
}

// works reports whether the program took the last event.
func (p RelayProgram) works() bool { return p.Fault == "" && p.Status >= 200 && p.Status < 300 }

// stateText says what happened to the last event.
func (p RelayProgram) stateText(lang Lang) string {
	switch {
	case p.At.IsZero():
		return lang.T("relay.none")
	case p.works():
		return lang.T("relay.works")
	case p.Fault != "":
		return lang.T("relay.fault." + p.Fault)
	}
	return lang.T("relay.status", p.Status)
}
