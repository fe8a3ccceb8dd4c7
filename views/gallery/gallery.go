// Package gallery shows every view in every state, with invented people and calls
// and at a fixed moment. The golden tests compare the examples with what was
// reviewed before; the demo serves them as previews.
package gallery

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/a-h/templ"

	"callboard/sipgate"
	"callboard/sipgate/directory"
	"callboard/sipgate/team"
	"callboard/views"
)

// Example is one view in one state.
type Example struct {
	Name string // in addresses and golden files: "board", "row-held"
	View templ.Component
}

// Examples returns every page and every state of a row in one language.
func Examples(lang views.Lang) []Example {
	p := examplePage(lang)
	now := p.Now
	at := func(path string) views.Page { q := p; q.Path = path; return q }
	calls := append(exampleCalls(now), unusualCalls(now)...)
	board, err := exampleFormat.BoardFor(context.Background(), calls, allowedOn, lang)
	if err != nil {
		panic(err) // into memory, of constants
	}
	board.CanCall, board.Team = true, exampleStrip(now, 7)
	board.SetAlarms(lang, team.DefaultAlarmLimits, now)
	board.Status = views.StatusModel{ListedAt: now.Add(-time.Second), Now: now, SignedIn: 3}
	failing := views.StatusModel{ListedAt: now.Add(-9 * time.Second), Now: now, Problem: "throttled"}
	call := exampleFormat.Ref(calls[2], lang, "gallery-action-0001")

	examples := []Example{
		{"signin", views.SignIn(p, "/history", "")},
		{"signin-failed", views.SignIn(p, "/", "login_failed")},
		{"board", views.Board(p, board)},
		{"board-alarms", views.Board(p, alarmBoard(lang, now))},
		{"board-today", boardWithToday(p, board)},
		{"board-empty", views.Board(p, views.BoardModel{BoardExtras: views.BoardExtras{Status: failing}})},
		{"transfer", views.TransferDialog(p, views.TransferModel{Call: call, Recipient: views.RecipientPicker{Call: call}, CallerIDs: exampleNumbers})},
		{"transfer-choices", views.TransferDialog(p, views.TransferModel{Call: call, Recipient: views.RecipientPicker{Text: "wieg", Matches: exampleRecipients(now)[3:], Call: call}, CallerIDs: nil})},
		{"found", within(openPicker(lang), views.SearchResults(lang, views.SearchModel{Recipients: exampleRecipients(now), PresencePending: true}))},
		{"strip", views.TeamStrip(lang, exampleStrip(now, 7), now)},
		{"strip-many", views.TeamStrip(lang, exampleStrip(now, 19), now)},
		{"strip-viewer", views.TeamStrip(lang, viewersStrip(now), now)},
		{"strip-nobody", views.TeamStrip(lang, nil, now)},
		{"found-number", within(openPicker(lang), views.SearchResults(lang, views.SearchModel{Query: views.Query{Text: "0211 1234567", Number: "+492111234567", Shown: "+49 211 1234567"}}))},
		{"found-partial", within(openPicker(lang), views.SearchResults(lang, views.SearchModel{Query: views.Query{Text: "0211", Partial: true}, Recipients: exampleRecipients(now)[:1]}))},
		{"found-blocked", within(openPicker(lang), views.SearchResults(lang, views.SearchModel{Query: views.Query{Text: "112", Refused: "number_blocked"}}))},
		{"found-nobody", within(openPicker(lang), views.SearchResults(lang, views.SearchModel{Query: views.Query{Text: "zzz"}}))},
		{"found-unread", within(openPicker(lang), views.SearchResults(lang, views.SearchModel{Query: views.Query{Text: "mira"}, TeamUnread: true}))},
		{"found-empty", within(openPicker(lang), views.SearchResults(lang, views.SearchModel{}))},
		{"card", views.CallerCard(p, exampleCard(calls[2], now, lang))},
		{"card-hidden", views.CallerCard(p, views.CallerCardModel{ID: "c9", Row: exampleFormat.RowFor(calls[2], views.Allowed{}, lang), PageURL: "/calls/c9", PastState: "hidden", MayNote: views.Allowed{Reason: "role_agent"}})},
		{"keypad", views.KeypadDialog(p, call)},
		{"announce", views.AnnounceDialog(p, views.AnnounceModel{Call: call, Announcements: exampleAnnouncements(now).Items})},
		{"announce-many", views.AnnounceDialog(p, views.AnnounceModel{Call: call, Announcements: manyAnnouncements(now).Items})},
		{"announce-favourites", views.AnnounceDialog(p, views.AnnounceModel{Call: call, Announcements: manyAnnouncements(now).Items, Favourites: []string{"b8", "a2", "b3", "a1", "gone"}})},
		{"announce-unplayed", views.AnnounceDialog(p, views.AnnounceModel{Call: call, Announcements: manyAnnouncements(now).Items[3:6]})},
		{"announce-none", views.AnnounceDialog(p, views.AnnounceModel{Call: call})},
		{"record", views.RecordDialog(p, call)},
		{"error-404", views.ErrorPage(p, 404, "not_found", views.Message(lang, "not_found", 404), "7f3a9c01")},
		{"error-500", views.ErrorPage(p, 500, "internal", views.Message(lang, "internal", 500), "7f3a9c01")},
		{"notice", views.Notice(lang, "call_over", views.Message(lang, "call_over", 409))},
		{"status", views.Status(lang, board.Status)},
		{"status-troubled", views.Status(lang, failing)},
	}
	for _, c := range append(calls, consultationCalls(now)...) {
		examples = append(examples, Example{views.RowDOMID(c.ID), views.Row(lang, exampleFormat.RowFor(c, allowedOn(c), lang))})
	}
	examples = append(examples, historyExamples(at("/history"), now)...)
	examples = append(examples, announcementExamples(at("/announcements"))...)
	examples = append(examples, teamExamples(lang)...)
	examples = append(examples, originateExamples(p, now)...)
	examples = append(examples, searchExamples(lang, now)...)
	examples = append(examples, statsExamples(lang)...)
	return append(examples, stateExamples(lang)...)
}

// examplePage is the page of an agent in the demo.
func examplePage(lang views.Lang) views.Page {
	return views.Page{Lang: lang, MemberName: "Mia Brandt", Path: "/", Now: time.Date(2026, 11, 23, 14, 3, 20, 0, time.UTC), Demo: true, May: views.NamesOf("announcements"), Preferences: team.DefaultPreferences()}
}

// exampleFormat stands in for the number format and place names of handlers.
var exampleFormat = views.Format{Number: groupDigits, Place: countryOf, Greeting: greetingFor}

// greetingFor returns what is said to who calls the first number.
func greetingFor(number string) string {
	if number != "+4921112345610" {
		return ""
	}
	return "Beispiel GmbH, Zentrale, guten Tag, mein Name ist"
}

// countryOf returns the country of a British number.
func countryOf(number string, lang views.Lang) string {
	switch {
	case !strings.HasPrefix(number, "+44"):
		return ""
	case lang == views.German:
		return "Vereinigtes Königreich"
	default:
		return "United Kingdom"
	}
}

// groupDigits splits a number into three groups.
func groupDigits(number string) string {
	if len(number) < 8 {
		return number
	}
	return number[:3] + " " + number[3:6] + " " + number[6:]
}

// exampleRecipients are search results of every kind and presence.
func exampleRecipients(now time.Time) []views.Recipient {
	recipient := func(kind directory.Kind, name, organization, number string, p directory.Presence, refused string) views.Recipient {
		return views.Recipient{Entry: directory.Entry{Kind: kind, Name: name, Organization: organization, Number: number, Presence: p}, Shown: groupDigits(number), Refused: refused}
	}
	list := []views.Recipient{
		recipient(directory.Member, "Tom Weber", "", "+4921112345611", directory.Available, ""),
		recipient(directory.Member, "Aylin Kaya", "", "+4921112345612", directory.OnCall, ""),
		recipient(directory.Member, "Jonas Vogt", "", "+4921112345613", directory.DoNotDisturb, ""),
		recipient(directory.Member, "Dr. Anna Lindqvist-Schwarzenberger", "", "+4921112345614", directory.Offline, ""),
		recipient(directory.Member, "Kim Lee", "", "+4921112345615", directory.Unknown, ""),
		recipient(directory.Group, "Zentrale", "", "+4921112345600", directory.Unknown, ""),
		recipient(directory.Contact, "Claudia Wiegand", "Spedition Wiegand & Söhne", "+496990009640", 0, ""),
		recipient(directory.Private, "Mama", "", "+493012345678", 0, "same_party"),
		recipient(directory.Contact, "Teure Auskunft", "", "+499001234567", 0, "number_blocked"),
		recipient(directory.Recent, "", "", "+4989200300", 0, ""),
	}
	for i := range 5 {
		list[i].User = sipgate.UserID(fmt.Sprint("w", i+1))
	}
	list[0].Favourite, list[1].FoundIn = true, "Support"
	list[6].LastCallAt = now.Add(-time.Hour)
	return list
}

var exampleNumbers = []views.Option{{Value: "+4921112345610", Label: "+49 211 12345610"}, {Value: "anonymous", Label: "Anonymous"}}

// Names returns the names of all examples.
func Names() (names []string) {
	for _, e := range Examples(views.English) {
		names = append(names, e.Name)
	}
	return names
}
