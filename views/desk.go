package views

import "callboard/sipgate/directory"

// StripModel is what appears while a call is dragged: the colleagues, each with
// what letting go there asks for.
type DropZoneModel struct {
	Call    CallRef
	Members []Recipient
}

// goes says what becomes of the call with a colleague: "Mrs Meier → Tom".
func (m DropZoneModel) transferText(f Recipient) string { return m.Call.Title + " → " + f.title() }

// reach is the presence of an entry that has one.
func (f Recipient) presence() (name string, ok bool) {
	return PresenceName(f.Entry), f.Kind == directory.Member
}
