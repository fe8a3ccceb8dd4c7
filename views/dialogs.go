package views

import (
	"net/url"
	"strings"

	"callboard/sipgate/switchboard"
)

// Option is an option of a select element.
type Option struct {
	Value, Label string
}

// CallRef is what a dialog needs to know about its call.
type CallRef struct {
	ID       switchboard.RowID
	Title    string // remote party: name or number
	Local    string // local party
	ActionID string // fresh for every dialog: 16–64 of [A-Za-z0-9_-]
}

// Ref returns the CallRef of a call.
func (f Format) Ref(c switchboard.Call, lang Lang, actionID string) CallRef {
	f, c = f.withPrivateNames(c)
	title, _ := f.party(c.Remote, lang)
	local, _ := f.party(c.Local, lang)
	if len(c.UserNames) > 0 {
		local = strings.Join(c.UserNames, ", ")
	}
	return CallRef{ID: c.ID, Title: title, Local: local, ActionID: actionID}
}

func (c CallRef) path(rest string) string {
	return "/calls/" + url.PathEscape(string(c.ID)) + rest
}

// TransferModel is the model of [TransferDialog].
type TransferModel struct {
	Call      CallRef
	Recipient RecipientPicker
	CallerIDs []Option // numbers that can be shown to the target; may be empty
}

// maxUnfiltered is the number of announcements above which a filter is shown.
const maxUnfiltered = 8

// keypadKeys are the keys of a telephone, with their letters.
var keypadKeys = []struct{ tone, letters string }{
	{"1", ""}, {"2", "ABC"}, {"3", "DEF"}, {"4", "GHI"}, {"5", "JKL"}, {"6", "MNO"},
	{"7", "PQRS"}, {"8", "TUV"}, {"9", "WXYZ"}, {"*", ""}, {"0", "+"}, {"#", ""},
}
