package views

import (
	"net/url"
	"slices"

	"callboard/sipgate"
	"callboard/sipgate/directory"
)

// SearchModel is the model of [SearchResults].
type SearchModel struct {
	Recipients      []Recipient
	Query           Query
	PresencePending bool // the presence of some is being read: search again
	TeamUnread      bool // sipgate did not return the team, so it is missing
	Unreadable      int  // number of contacts that could not be read, so they are missing
}

// Recipient is a search result: a target of calls and transfers.
type Recipient struct {
	directory.Entry
	Shown   string // the formatted number
	Refused string // why it cannot be called: "number_blocked", "same_party"; or empty
	Tile    Tile   // what a member does at the moment; zero for others
}

// Query is the typed text, interpreted as a number.
type Query struct {
	Text    string
	Number  string // in E.164; empty if the text is not a complete number
	Shown   string // Number, formatted
	Refused string // see [Recipient]
	Partial bool   // the text may be the beginning of a number
}

// RecipientPicker is the model of a text field for a recipient.
type RecipientPicker struct {
	Text    string      // its value
	Matches []Recipient // to choose from, if the text matches several
	Call    CallRef     // the call to transfer, whose parties are refused; or zero
}

// searchURL returns the URL where script searches.
func (w RecipientPicker) searchURL() string {
	if w.Call.ID == "" {
		return "/search"
	}
	return "/search?call=" + url.QueryEscape(string(w.Call.ID))
}

// The names of kinds and presences in text keys, which are names of icons, too.
var (
	kindNames = map[directory.Kind]string{
		directory.Recent: "history", directory.Private: "private", directory.Contact: "person",
		directory.Group: "phone", directory.Member: "team",
	}
	presenceNames = map[directory.Presence]string{
		directory.Unknown: "unknown", directory.Available: "available", directory.OnCall: "oncall",
		directory.DoNotDisturb: "dnd", directory.Offline: "away",
	}
)

// KindName returns the name of a kind in the JSON API.
func KindName(k directory.Kind) string { return apiKindNames[k] }

var apiKindNames = map[directory.Kind]string{
	directory.Recent: "recent", directory.Private: "private", directory.Contact: "contact",
	directory.Group: "group", directory.Member: "member",
}

// PresenceName returns the name of a member's presence in the JSON API, or "" for
// other entries.
func PresenceName(e directory.Entry) string {
	if e.Kind != directory.Member {
		return ""
	}
	return presenceNames[e.Presence]
}

func (r Recipient) title() string {
	if r.Name == "" {
		return r.Shown
	}
	return r.Name
}

// subtitle returns what is below the title.
func (r Recipient) subtitle() string {
	switch {
	case r.Name == "":
		return r.Organization
	case r.Organization != "":
		return r.Organization + " · " + r.Shown
	case r.FoundIn != "":
		return r.FoundIn + " · " + r.Shown
	}
	return r.Shown
}

// kindName returns the kind of the entry, and whether it was called recently.
func (r Recipient) kindName(lang Lang) string {
	name := lang.T("recipient.kind." + kindNames[r.Kind])
	if !r.LastCallAt.IsZero() && r.Kind != directory.Recent {
		name += ", " + lang.T("recipient.kind.history")
	}
	return name
}

// stateIcons are the icons of what members do.
var stateIcons = map[string]string{
	"free": "available", "ringing": "ringing", "calling": "oncall", "talking": "oncall", "held": "held", "dnd": "dnd", "away": "away", "unknown": "unknown",
}

// tile returns what a member does, which is at least known as a presence.
func (r Recipient) tile() Tile {
	t := r.Tile
	if t.State == "" {
		t = NewTile(r.Entry, true)
	}
	if r.Presence == directory.OnCall && !t.inUse() {
		t.State = "talking"
	}
	return t
}

// presenceNote returns a hint on the presence of a selected member, or "". The
// presence forbids nothing.
func (r Recipient) presenceNote(lang Lang) string {
	if key := "recipient.warn." + PresenceName(r.Entry); r.Refused == "" && lang.Has(key) {
		return lang.T(key, r.Name)
	}
	return ""
}

// recipientGroup is a part of the list of results that has a heading.
type recipientGroup struct {
	name       string // in text keys: "team", "contacts", "recent"
	recipients []Recipient
}

// groupOf returns the name of the group in which an entry stands.
func (r Recipient) groupOf() string {
	switch r.Kind {
	case directory.Member, directory.Group:
		return "team"
	case directory.Recent:
		return "recent"
	default:
		return "contacts"
	}
}

// groups returns the results as they are shown: the team first, then contacts,
// then numbers of recent calls. A group whose best result is exactly what was
// typed comes before groups without one.
func (m SearchModel) groups() (all []recipientGroup) {
	for _, name := range []string{"team", "contacts", "recent"} {
		g := recipientGroup{name: name}
		for _, r := range m.Recipients {
			if r.groupOf() == name {
				g.recipients = append(g.recipients, r)
			}
		}
		if len(g.recipients) > 0 {
			all = append(all, g)
		}
	}
	slices.SortStableFunc(all, func(a, b recipientGroup) int { return b.exactness() - a.exactness() })
	return all
}

// exactness returns 1 if the first result is exactly what was typed, else 0.
func (g recipientGroup) exactness() int {
	if g.recipients[0].Exact {
		return 1
	}
	return 0
}

// verdictText returns the text on the query.
func (m SearchModel) verdictText(lang Lang) string {
	q := m.Query
	switch {
	case sipgate.IsEmergency(q.Text):
		return lang.T("recipient.emergency", q.Text)
	case q.Refused != "":
		return Message(lang, q.Refused, 422)
	case q.Number != "":
		return lang.T("recipient.dials", q.Shown)
	case q.Partial:
		return lang.T("recipient.partial")
	case m.TeamUnread:
		return lang.T("recipient.unread")
	case len(m.Recipients) == 0 && q.Text != "" && m.Unreadable > 0:
		return lang.T("recipient.nobody") + " " + lang.T("unreadable.contacts", m.Unreadable)
	case len(m.Recipients) == 0 && q.Text != "":
		return lang.T("recipient.nobody")
	case m.Unreadable > 0 && q.Text != "":
		return lang.T("unreadable.contacts", m.Unreadable)
	case len(m.Recipients) == 0:
		return lang.T("recipient.empty")
	}
	return ""
}

// state returns the state of the query for the style sheet.
func (m SearchModel) state() string {
	switch {
	case m.Query.Refused != "":
		return "bad"
	case m.Query.Number != "":
		return "good"
	}
	return ""
}
