package views

import (
	"net/url"

	"callboard/sipgate/directory"
)

// FoundModel is what a search for whom to call shows, and what it makes of what
// was typed.
type SearchModel struct {
	Recipients      []Recipient
	Query           Query
	PresencePending bool // the presence of some is being asked for: worth searching again
}

// Found is somebody who can be called or be given a call.
type Recipient struct {
	directory.Entry
	Shown   string // the number for people
	Refused string // why the number may not be called: "number_blocked", "same_party"; empty: it may
}

// Typed is what somebody typed, taken for a number.
type Query struct {
	Text    string
	Number  string // as it will be dialled, E.164; empty if it is no whole number
	Shown   string // the same for people
	Refused string // as of Found
	Partial bool   // it may be the beginning of a number
}

// Whom is the field for somebody to call.
type RecipientPicker struct {
	Text    string      // what stands in it
	Matches []Recipient // of whom one is meant, where what was typed fits several
	Call    CallRef     // whose parties cannot be meant; empty: none
}

// search is the address where script searches for what is typed.
func (w RecipientPicker) searchURL() string {
	if w.Call.ID == "" {
		return "/search"
	}
	return "/search?call=" + url.QueryEscape(string(w.Call.ID))
}

// kindNames and presenceNames are the keys of words and the drawings.
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

// KindName and PresenceName are what programs call them.
func KindName(k directory.Kind) string { return programNames[k] }

var programNames = map[directory.Kind]string{
	directory.Recent: "recent", directory.Private: "private", directory.Contact: "contact",
	directory.Group: "group", directory.Member: "member",
}

// PresenceName is what programs call the presence of a member, "" for all that
// have none.
func PresenceName(e directory.Entry) string {
	if e.Kind != directory.Member {
		return ""
	}
	return presenceNames[e.Presence]
}

func (f Recipient) title() string {
	if f.Name == "" {
		return f.Shown
	}
	return f.Name
}

// below is what stands below the title.
func (f Recipient) subtitle() string {
	switch {
	case f.Name == "":
		return f.Organization
	case f.Organization != "":
		return f.Organization + " · " + f.Shown
	}
	return f.Shown
}

// kind says in a word where the entry is from.
func (f Recipient) kindName(lang Lang) string {
	word := lang.T("whom.kind." + kindNames[f.Kind])
	if !f.LastCallAt.IsZero() && f.Kind != directory.Recent {
		word += ", " + lang.T("whom.kind.history")
	}
	return word
}

// note is what is said besides of an entry that was chosen: nothing is forbidden
// by how somebody can be reached, but it is told.
func (f Recipient) presenceNote(lang Lang) string {
	if key := "whom.warn." + PresenceName(f.Entry); f.Refused == "" && lang.Has(key) {
		return lang.T(key, f.Name)
	}
	return ""
}

// verdict is what is said of what was typed.
func (m SearchModel) verdictText(lang Lang) string {
	t := m.Query
	switch {
	case t.Refused != "":
		return Message(lang, t.Refused, 422)
	case t.Number != "":
		return lang.T("whom.dials", t.Shown)
	case t.Partial:
		return lang.T("whom.partial")
	case len(m.Recipients) == 0 && t.Text != "":
		return lang.T("whom.nobody")
	case len(m.Recipients) == 0:
		return lang.T("whom.empty")
	}
	return ""
}

// state is the verdict for the style sheet.
func (m SearchModel) state() string {
	switch {
	case m.Query.Refused != "":
		return "bad"
	case m.Query.Number != "":
		return "good"
	}
	return ""
}
