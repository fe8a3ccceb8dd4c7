package views

import "slices"

// NewCallModel is the model of [NewCallDialog].
type NewCallModel struct {
	ActionID  string
	Phones    []Phone // the member's phones
	CallerIDs []Option
	CallerID  string // the selected one, or empty
	Recipient RecipientPicker
	TelLink   TelLink
}

// TelLink is an opened tel: link, zero if none.
type TelLink struct {
	Text    string // its formatted number, or its text if that is not a number
	Refused string // code of the reason why it cannot be called, or empty
}

// Phone is a phone of the member.
type Phone struct {
	ID, Name string
	State    string // "ready", "dnd", "offline", "unfit" (it cannot start calls), or "nochannel"
	Selected bool
}

// anyOffline reports whether one of the phones is offline.
func anyOffline(phones []Phone) bool {
	return slices.ContainsFunc(phones, func(p Phone) bool { return p.State == "offline" })
}

// phoneIcons are the icons of phone states.
var phoneIcons = map[string]string{"ready": "live", "dnd": "mute", "offline": "offline", "unfit": "close", "nochannel": "close"}

// cannotCall reports whether no call can be started with the phone.
func (p Phone) cannotCall() bool { return p.State == "unfit" || p.State == "nochannel" }

// telURLTemplate is the URL that handles tel: links, with %s for the link.
const telURLTemplate = "/calls/new?to=%s"
