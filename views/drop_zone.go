package views

import "callboard/sipgate/directory"

// DropZoneModel is the model of [DropZone]: a dragged call and the members it can
// be transferred to.
type DropZoneModel struct {
	Call    CallRef
	Members []Recipient
}

// transferText returns what dropping the call on a member does: "Mrs Meier → Tom".
func (m DropZoneModel) transferText(r Recipient) string { return m.Call.Title + " → " + r.title() }

// presence returns the presence of a member; ok is false for other recipients.
func (r Recipient) presence() (name string, ok bool) {
	return PresenceName(r.Entry), r.Kind == directory.Member
}
