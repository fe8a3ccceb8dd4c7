package views

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"
	"time"

	"callboard/sipgate/announcement"
	"callboard/sipgate/switchboard"
)

// FindModel is the model of [Found]: what the search field found.
type FindModel struct {
	Text          string
	People        SearchModel // empty if the viewer may call nobody
	MayCall       bool
	Own           CallRef // the viewer's call that would be transferred; zero if none
	ActionID      string  // of a new call: 16–64 of [A-Za-z0-9_-]
	Calls         []FoundCall
	History       []FoundEntry
	MaySeeHistory bool
	Announcements []announcement.Announcement
}

// FoundCall is a live call that was found.
type FoundCall struct {
	CallRef
	State   string // "ringing", "talking" or "held"
	ByParty bool   // the other party was found, not the member
}

// FoundEntry is an entry of the history that was found.
type FoundEntry struct {
	ID, Title, Sub string
}

// An effect is what Enter does with an option of the search field. Script knows the
// names, see static/src/search_field.js.
type effect string

const (
	effectCall   effect = "call"   // call the number Target at once
	effectDialog effect = "dialog" // open the dialog at Target
	effectRow    effect = "row"    // go to the row Key on the board, elsewhere to Target
	effectOpen   effect = "open"   // open the page at Target
)

// foundOption is a result of the search field.
type foundOption struct {
	Key        string // tells options apart
	Person     *Recipient
	Icon       string
	Title, Sub string
	Effect     effect
	Target     string
	Means      string // what Enter does, in words
	Call       string // the number that Ctrl+Enter calls, if Enter does something else
}

// foundGroup is a part of the results that has a heading.
type foundGroup struct {
	Name    string // in text keys: "find.group." + Name
	Options []foundOption
}

// groups returns the results, what is most likely meant first: a live call of that
// party, then whom to call, then calls of such a member, announcements and the
// history. Script puts pages and commands before the history.
func (m FindModel) groups(lang Lang) (all []foundGroup) {
	add := func(name string, options []foundOption) {
		if len(options) > 0 {
			all = append(all, foundGroup{name, options})
		}
	}
	add("calls", m.calls(lang, true))
	if q := m.People.Query; m.MayCall && q.Number != "" && q.Refused == "" && !m.People.finds(q.Shown) {
		add("number", []foundOption{m.person(lang, Recipient{Shown: q.Shown}, "phone")})
	}
	for _, g := range m.People.groups() {
		var options []foundOption
		for _, r := range g.recipients {
			if r.Refused == "" {
				options = append(options, m.person(lang, r, kindNames[r.Kind]))
			}
		}
		add(g.name, options)
	}
	add("of_member", m.calls(lang, false))
	var sounds []foundOption
	for _, a := range m.Announcements {
		address := "/announcements#sound-" + a.ID
		sounds = append(sounds, foundOption{Key: address, Icon: "announce", Title: a.Label, Sub: durationText(a.Length), Effect: effectOpen, Target: address, Means: lang.T("find.opens")})
	}
	add("announcements", sounds)
	add("history", m.history(lang))
	return all
}

// finds reports whether a number is among the results.
func (m SearchModel) finds(shown string) bool {
	for _, r := range m.Recipients {
		if r.Shown == shown && r.Refused == "" {
			return true
		}
	}
	return false
}

// person returns the option of someone who can be called: with a call of one's own,
// Enter leads to the transfer.
func (m FindModel) person(lang Lang, r Recipient, icon string) foundOption {
	o := foundOption{Key: r.Shown, Person: &r, Icon: icon, Title: r.title(), Sub: r.subtitle(), Effect: effectCall, Target: r.Shown, Means: lang.T("find.calls", r.title())}
	if m.Own.ID != "" {
		o.Effect, o.Target, o.Call = effectDialog, m.Own.path("/transfer?to="+url.QueryEscape(r.Shown)), r.Shown
		o.Means = lang.T("find.transfers", m.Own.Title, r.title())
	}
	return o
}

// calls returns the live calls, of the party or of the member who was found.
func (m FindModel) calls(lang Lang, byParty bool) (options []foundOption) {
	for _, c := range m.Calls {
		if c.ByParty == byParty {
			options = append(options, foundOption{Key: RowDOMID(c.ID), Icon: c.State, Title: c.Title, Sub: c.Local, Effect: effectRow, Target: c.path(""), Means: lang.T("find.goes")})
		}
	}
	return options
}

// history returns the entries that are known, and the search for more.
func (m FindModel) history(lang Lang) (options []foundOption) {
	for _, e := range m.History {
		address := "/history/" + url.PathEscape(e.ID)
		options = append(options, foundOption{Key: address, Icon: "history", Title: e.Title, Sub: e.Sub, Effect: effectOpen, Target: address, Means: lang.T("find.opens")})
	}
	if m.MaySeeHistory {
		address := "/history?q=" + url.QueryEscape(m.Text)
		options = append(options, foundOption{Key: "/history?q", Icon: "history", Title: lang.T("find.history", m.Text), Effect: effectOpen, Target: address, Means: lang.T("find.opens")})
	}
	return options
}

// stateOfCall returns the name of what a live call does.
func stateOfCall(c switchboard.Call) string {
	switch {
	case c.Phase == switchboard.Ringing:
		return "ringing"
	case c.Hold.On:
		return "held"
	default:
		return "talking"
	}
}

// NewFoundCall returns a call as it is found.
func (f Format) NewFoundCall(c switchboard.Call, byParty bool, lang Lang) FoundCall {
	return FoundCall{CallRef: f.Ref(c, lang, ""), State: stateOfCall(c), ByParty: byParty}
}

// NewFoundEntry returns an entry of the history as it is found at now.
func (f Format) NewFoundEntry(e HistoryEntry, now time.Time, lang Lang) FoundEntry {
	sub := []string{relativeDate(lang, momentForm, inZone(f.Zone, now), inZone(f.Zone, e.When))}
	if e.Name != "" && e.Number != "" {
		sub = append(sub, e.Number)
	}
	if e.Missed {
		sub = append(sub, lang.T("history.missed"))
	}
	return FoundEntry{ID: e.ID, Title: cmp.Or(e.Name, e.Number, lang.T("row.anonymous")), Sub: strings.Join(sub, " · ")}
}

// optionID returns the id of an option.
func optionID(n int) string { return "found-" + strconv.Itoa(n) }
