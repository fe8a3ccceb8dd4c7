package views

import (
	"net/url"

	"callboard/sipgate/announcement"
	"callboard/sipgate/switchboard"
)

// Choice is an entry of a list to select from.
type Option struct {
	Value, Label string
}

// CallRef is what a sheet needs to know of the call it acts on.
type CallRef struct {
	ID       switchboard.RowID
	Title    string // whom it is with: name or number
	Local    string // on our side
	ActionID string // fresh for every sheet: 16–64 of [A-Za-z0-9_-]
}

// Ref names a call in a sheet.
func (f Format) Ref(c switchboard.Call, lang Lang, actionID string) CallRef {
	f, c = f.withPrivateNames(c)
	title, _ := f.party(c.Remote, lang)
	inside, _ := f.party(c.Local, lang)
	if len(c.UserNames) > 0 {
		inside = join(c.UserNames)
	}
	return CallRef{ID: c.ID, Title: title, Local: inside, ActionID: actionID}
}

func (c CallRef) path(rest string) string {
	return "/calls/" + pathEscape(string(c.ID)) + rest
}

// TransferModel is what [TransferSheet] shows.
type TransferModel struct {
	Call      CallRef
	Recipient RecipientPicker
	CallerIDs []Option // numbers that may be shown to the target; may be empty
}

// AnnounceModel is what [AnnounceSheet] shows.
type AnnounceModel struct {
	Call          CallRef
	Announcements []Announcement
}

// inSight is how many announcements are chosen from without a filter.
const maxUnfiltered = 8

// Announcement is one sound file of the team, ready for sipgate.
type Announcement = announcement.Announcement

func pathEscape(id string) string { return url.PathEscape(id) }

// pad are the keys of a telephone; the letters A to D come after them.
var keypadKeys = []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#", "A", "B", "C", "D"}
