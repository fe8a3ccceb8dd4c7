package gallery

import (
	"time"

	"callboard/sipgate/announcement"
	"callboard/views"
)

// searchExamples are answers to what is typed into the search field.
func searchExamples(lang views.Lang, now time.Time) []Example {
	calls, people := exampleCalls(now), exampleRecipients(now)
	found := func(i int, byParty bool) views.FoundCall { return exampleFormat.NewFoundCall(calls[i], byParty, lang) }
	all := views.FindModel{
		Text: "an", MayCall: true, MaySeeHistory: true, ActionID: "gallery-action-0003",
		People:        views.SearchModel{Recipients: people, Query: views.Query{Text: "an"}},
		Calls:         []views.FoundCall{found(2, true), found(0, false)},
		History:       []views.FoundEntry{exampleFormat.NewFoundEntry(views.HistoryEntry{ID: "42", Name: "Claudia Wiegand", Number: "+49 69 90009640", When: now.Add(-time.Hour), Missed: true}, now, lang)},
		Announcements: []announcement.Announcement{{ID: "AB12", Label: "Ansage außerhalb der Öffnungszeiten", Length: 12 * time.Second}},
	}
	talking := views.FindModel{Text: "tom", MayCall: true, MaySeeHistory: true, ActionID: "gallery-action-0004", Own: exampleFormat.Ref(calls[2], lang, ""),
		People: views.SearchModel{Recipients: people[:1], Query: views.Query{Text: "tom"}}}
	number := views.FindModel{Text: "0211 1234567", MayCall: true, MaySeeHistory: true, ActionID: "gallery-action-0005",
		People: views.SearchModel{Query: views.Query{Text: "0211 1234567", Number: "+492111234567", Shown: "+49 211 1234567"}}}
	viewer := views.FindModel{Text: "an", MaySeeHistory: true, Calls: []views.FoundCall{found(2, true)}}
	return []Example{
		{"search", within(openSearch(), views.Found(lang, all))},
		{"search-talking", within(openSearch(), views.Found(lang, talking))},
		{"search-number", within(openSearch(), views.Found(lang, number))},
		{"search-viewer", within(openSearch(), views.Found(lang, viewer))},
		{"search-nothing", within(openSearch(), views.Found(lang, views.FindModel{MayCall: true, ActionID: "gallery-action-0006", People: views.SearchModel{TeamUnread: true}}))},
	}
}
