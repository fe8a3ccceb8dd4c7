package views

import (
	"net/url"

	"callboard/sipgate/directory"
)

// FoundModel is what a search for whom to call shows, and what it makes of what
// was typed.
type FoundModel struct {
	People []Found
	Typed  Typed
	Again  bool // the presence of some is being asked for: worth searching again
}

// Found is somebody who can be called or be given a call.
type Found struct {
	directory.Entry
	Shown   string // the number for people
	Refused string // why the number may not be called: "number_blocked", "same_party"; empty: it may
}

// Typed is what somebody typed, taken for a number.
type Typed struct {
	Text    string
	Number  string // as it will be dialled, E.164; empty if it is no whole number
	Shown   string // the same for people
	Refused string // as of Found
	Partial bool   // it may be the beginning of a number
}

// Whom is the field for somebody to call.
type Whom struct {
	Text    string  // what stands in it
	Choices []Found // of whom one is meant, where what was typed fits several
	Call    CallRef // whose parties cannot be meant; empty: none
}

// search is the address where script searches for what is typed.
func (w Whom) search() string {
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

func (f Found) title() string {
	if f.Name == "" {
		return f.Shown
	}
	return f.Name
}

// below is what stands below the title.
func (f Found) below() string {
	switch {
	case f.Name == "":
		return f.Organization
	case f.Organization != "":
		return f.Organization + " · " + f.Shown
	}
	return f.Shown
}

// kind says in a word where the entry is from.
func (f Found) kind(lang Lang) string {
	word := lang.T("whom.kind." + kindNames[f.Kind])
	if !f.LastCallAt.IsZero() && f.Kind != directory.Recent {
		word += ", " + lang.T("whom.kind.history")
	}
	return word
}

// note is what is said besides of an entry that was chosen: nothing is forbidden
// by how somebody can be reached, but it is told.
func (f Found) note(lang Lang) string {
	if key := "whom.warn." + PresenceName(f.Entry); f.Refused == "" && lang.Has(key) {
		return lang.T(key, f.Name)
	}
	return ""
}

// verdict is what is said of what was typed.
func (m FoundModel) verdict(lang Lang) string {
	t := m.Typed
	switch {
	case t.Refused != "":
		return Message(lang, t.Refused, 422)
	case t.Number != "":
		return lang.T("whom.dials", t.Shown)
	case t.Partial:
		return lang.T("whom.partial")
	case len(m.People) == 0 && t.Text != "":
		return lang.T("whom.nobody")
	case len(m.People) == 0:
		return lang.T("whom.empty")
	}
	return ""
}

// state is the verdict for the style sheet.
func (m FoundModel) state() string {
	switch {
	case m.Typed.Refused != "":
		return "bad"
	case m.Typed.Number != "":
		return "good"
	}
	return ""
}
