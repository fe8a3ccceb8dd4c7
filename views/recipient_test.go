package views

import (
	"testing"
	"time"

	"callboard/sipgate/directory"
)

// What is said of a query is about what stands in the field, and says first what
// the reader can do nothing without.
func TestWhatASearchFoundIsSaid(t *testing.T) {
	some := []Recipient{{}}
	for _, test := range []struct {
		model       SearchModel
		text, state string
	}{
		{SearchModel{}, English.T("recipient.empty"), ""},
		{SearchModel{Recipients: some}, "", ""},
		{SearchModel{Recipients: some, Query: Query{Text: "mia"}}, "", ""},
		{SearchModel{Query: Query{Text: "mia"}}, English.T("recipient.nobody"), ""},
		{SearchModel{Query: Query{Text: "mia"}, Unreadable: 2}, English.T("recipient.nobody") + " " + English.T("unreadable.contacts", 2), ""},
		{SearchModel{Recipients: some, Query: Query{Text: "mia"}, Unreadable: 1}, English.T("unreadable.contacts", 1), ""},
		{SearchModel{Recipients: some, Unreadable: 1}, "", ""},
		{SearchModel{Query: Query{Text: "mia"}, TeamUnread: true}, English.T("recipient.unread"), ""},
		{SearchModel{Query: Query{Text: "+49 3", Partial: true}, TeamUnread: true}, English.T("recipient.partial"), ""},
		{SearchModel{Query: Query{Text: "030 1", Number: "+49301", Shown: "+49 30 1"}}, "Dials +49 30 1", "good"},
		{SearchModel{Query: Query{Text: "0900 1234567", Refused: "number_blocked"}}, Message(English, "number_blocked", 422), "bad"},
		{SearchModel{Query: Query{Text: "110", Refused: "number_blocked"}}, "Emergency: dial 110 directly on your phone.", "bad"},
	} {
		if text, state := test.model.verdictText(English), test.model.state(); text != test.text || state != test.state {
			t.Errorf("%+v: %q %q, want %q %q", test.model, text, state, test.text, test.state)
		}
	}
}

// A recipient is shown by name, with the number and what else is known below it.
func TestRecipientsAreShownByName(t *testing.T) {
	for _, test := range []struct {
		r                     Recipient
		title, subtitle, kind string
	}{
		{Recipient{Shown: "+49 30 1", Entry: directory.Entry{Kind: directory.Contact}}, "+49 30 1", "", English.T("recipient.kind." + kindNames[directory.Contact])},
		{Recipient{Shown: "+49 30 1", Entry: directory.Entry{Kind: directory.Contact, Organization: "Meier"}}, "+49 30 1", "Meier", English.T("recipient.kind." + kindNames[directory.Contact])},
		{Recipient{Shown: "+49 30 1", Entry: directory.Entry{Kind: directory.Contact, Name: "Mia"}}, "Mia", "+49 30 1", English.T("recipient.kind." + kindNames[directory.Contact])},
		{Recipient{Shown: "+49 30 1", Entry: directory.Entry{Kind: directory.Contact, Name: "Mia", Organization: "Meier", LastCallAt: time.Unix(1, 0)}}, "Mia", "Meier · +49 30 1",
			English.T("recipient.kind."+kindNames[directory.Contact]) + ", " + English.T("recipient.kind.history")},
		{Recipient{Shown: "+49 30 1", Entry: directory.Entry{Kind: directory.Recent, LastCallAt: time.Unix(1, 0)}}, "+49 30 1", "", English.T("recipient.kind." + kindNames[directory.Recent])},
	} {
		if title, subtitle, kind := test.r.title(), test.r.subtitle(), test.r.kindName(English); title != test.title || subtitle != test.subtitle || kind != test.kind {
			t.Errorf("%+v: %q %q %q, want %q %q %q", test.r, title, subtitle, kind, test.title, test.subtitle, test.kind)
		}
	}
}

// The presence of a colleague is a hint only: for those who can be called and are
// not simply available.
func TestPresenceIsAHint(t *testing.T) {
	for presence, want := range map[directory.Presence]string{
		directory.Unknown: "", directory.Available: "", directory.OnCall: "Mia is on a call. You can still try.",
		directory.DoNotDisturb: English.T("recipient.warn.dnd", "Mia"), directory.Offline: English.T("recipient.warn.away", "Mia"),
	} {
		r := Recipient{Entry: directory.Entry{Kind: directory.Member, Name: "Mia", Presence: presence}}
		if got := r.presenceNote(English); got != want {
			t.Errorf("presence %v: %q, want %q", presence, got, want)
		}
		if r.Refused = "same_party"; r.presenceNote(English) != "" {
			t.Errorf("presence %v of somebody who cannot be called: %q", presence, r.presenceNote(English))
		}
		r.Refused, r.Kind = "", directory.Contact
		if got := r.presenceNote(English); got != "" {
			t.Errorf("presence %v of a contact: %q", presence, got)
		}
	}
}

// The team stands first in the list, unless something else is exactly what was
// typed; no result is lost.
func TestResultsStandInGroups(t *testing.T) {
	recipient := func(name string, kind directory.Kind, exact bool) Recipient {
		return Recipient{Entry: directory.Entry{Name: name, Kind: kind, Exact: exact}}
	}
	for _, test := range []struct {
		found []Recipient
		want  string
	}{
		{nil, ""},
		{[]Recipient{recipient("a", directory.Recent, false), recipient("b", directory.Contact, false), recipient("c", directory.Member, false), recipient("d", directory.Group, false), recipient("e", directory.Private, false)},
			"team: c d; contacts: b e; recent: a; "},
		{[]Recipient{recipient("a", directory.Contact, true), recipient("b", directory.Member, false)}, "contacts: a; team: b; "},
		{[]Recipient{recipient("a", directory.Contact, true), recipient("b", directory.Member, true)}, "team: b; contacts: a; "},
		{[]Recipient{recipient("a", directory.Recent, true), recipient("b", directory.Contact, false), recipient("c", directory.Contact, true)}, "recent: a; contacts: b c; "},
	} {
		var got string
		for _, g := range (SearchModel{Recipients: test.found}).groups() {
			got += g.name + ":"
			for _, r := range g.recipients {
				got += " " + r.Name
			}
			got += "; "
		}
		if got != test.want {
			t.Errorf("%s, want %s", got, test.want)
		}
	}
}
