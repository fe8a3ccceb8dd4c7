package gallery

import (
	"slices"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/views"
)

// exampleHistory are entries of every kind: with a recording and a note, a
// voicemail, missed calls, an archived call.
func exampleHistory(now time.Time) []views.HistoryEntry {
	call := func(e views.HistoryEntry) views.HistoryEntry {
		if e.Next = "/history"; e.Number != "" {
			e.CallBack, e.To = "/calls/new?to=%2B4930901820", "+4930901820"
		}
		return e
	}
	return []views.HistoryEntry{
		call(views.HistoryEntry{ID: "h1", Type: "CALL", Direction: "in", Name: "Meier & Söhne GmbH", Number: "+49 30 901820", Local: "Mia Brandt", When: now.Add(-time.Hour), Length: 192 * time.Second,
			Recordings: []views.Recording{{ID: "1"}, {ID: "2"}}, Note: "Wants an offer by Friday.\nBest on the mobile.", Read: true, Starred: true}),
		call(views.HistoryEntry{ID: "h2", Type: "CALL", Direction: "in", Missed: true, Number: "+49 1579 9912345", Local: "+49 211 12345610", When: now.Add(-2 * time.Hour)}),
		call(views.HistoryEntry{ID: "h3", Type: "VOICEMAIL", Direction: "in", Name: "Dr. Anna Lindqvist-Schwarzenberger", Number: "+46 8 500 123 45", Local: "Aylin Kaya", When: now.Add(-3 * time.Hour), Length: 31 * time.Second,
			Recordings: []views.Recording{{ID: "1"}}, Transcription: "Guten Tag, hier ist Anna Lindqvist. Bitte rufen Sie mich wegen der Lieferung zurück."}),
		call(views.HistoryEntry{ID: "h4", Type: "CALL", Direction: "out", Number: "+44 20 7946 0018", Local: "Tom Weber", When: now.Add(-26 * time.Hour), Length: 3723 * time.Second, Read: true}),
		call(views.HistoryEntry{ID: "h5", Type: "CALL", Direction: "out", Missed: true, Name: "Jonas Vogt", Number: "+49 89 200300", Local: "Tom Weber", When: now.Add(-27 * time.Hour), Read: true, Archived: true}),
		call(views.HistoryEntry{ID: "h6", Type: "CALL", Direction: "in", Local: "Mia Brandt", When: now.Add(-28 * time.Hour), Length: 7 * time.Second, Read: true}),
	}
}

// historyExamples shows the history for a lead, for a viewer, without matches,
// and after a search that stopped early. It shows the page of an ended call in
// every state of its history, too.
func historyExamples(p views.Page, now time.Time) []Example {
	all := views.HistoryModel{Total: 42, Older: "/history?offset=25&trail=0", CSV: "/history.csv?", UpdatesURL: "/history/news?after=1", Entries: exampleHistory(now),
		Members: []views.Option{{Value: "w0", Label: "Mia Brandt"}, {Value: "w1", Label: "Tom Weber"}}}
	viewer := views.HistoryModel{Unreadable: 1, Partial: true, CSV: "/history.csv?type=CALL", Newer: "/history", Filter: views.HistoryFilter{Type: "CALL", From: "2026-11-01", Starred: true}}
	for _, e := range exampleHistory(now)[:2] {
		e.MayEdit, e.CallBack, e.To = views.Allowed{Reason: "role_viewer"}, "", ""
		viewer.Entries = append(viewer.Entries, e)
	}
	one, two := all, all
	one.Bar = views.TransferBar{Calls: []views.OwnCall{{ID: "talking", Title: "Sabine Vogt", Number: "+491713920014", Choose: "/history?call=talking"}}}
	two.Bar = views.TransferBar{Selected: "held", Calls: append(slices.Clone(one.Bar.Calls), views.OwnCall{ID: "held", Title: "+49 89 9999 8204", Number: "+498999998204", Held: true, Choose: "/history?call=held"})}
	sought := views.HistoryFilter{Text: "Lindqvist", Unread: true}
	far := views.HistoryModel{Filter: sought, CSV: "/history.csv?q=Lindqvist", Older: "/history?offset=2350&q=Lindqvist", Searched: 2350, Reached: now.AddDate(0, -2, 0), Entries: exampleHistory(now)[2:3]}
	berlin := p // the browsers of tests are elsewhere
	berlin.Zone = time.FixedZone("Europe/Berlin", 3600)
	return []Example{
		{"history", views.History(p, all)},
		{"history-talking", views.History(p, one)},
		{"history-two-calls", views.History(p, two)},
		{"history-viewer", views.History(berlin, viewer)},
		{"history-empty", views.History(p, views.HistoryModel{UpdatesURL: "/history/news?after=1"})},
		{"history-none", views.History(p, views.HistoryModel{Filter: sought})},
		{"history-far", views.History(p, far)},
		{"history-news", views.NewHistoryEntries(p, views.HistoryModel{UpdatesURL: "/history/news?after=2", Entries: exampleHistory(now)[1:2]})},
		{"history-marks", views.EntryActions(p.Lang, exampleHistory(now)[4])},
		{"call-entry", views.CallPage(p, entryCallPage(p.Lang, now))},
		{"call-probably", views.CallPage(p, historyStateCallPage(p.Lang, now, ""))},
		{"call-waiting", views.CallPage(p, historyStateCallPage(p.Lang, now, "waiting"))},
		{"call-none", views.CallPage(p, historyStateCallPage(p.Lang, now, "none"))},
		{"call-unread", views.CallPage(p, historyStateCallPage(p.Lang, now, "failed"))},
	}
}

// entryCallPage is the page of a message that only the history has.
func entryCallPage(lang views.Lang, now time.Time) views.CallPageModel {
	at := now.Add(-3 * time.Hour)
	c := switchboard.Call{ID: "", Phase: switchboard.Ended, Direction: "in", Started: at, Since: at, EndedAt: at,
		Remote: switchboard.Party{Number: "+46850012345", Name: "Dr. Anna Lindqvist-Schwarzenberger"}, Local: switchboard.Party{Name: "Aylin Kaya"}}
	return views.CallPageModel{HistoryOnly: true, Row: exampleFormat.RowFor(c, views.Allowed{}, lang), History: exampleHistory(now)[2:3]}
}

// historyStateCallPage is the page of an ended call in a state of its history.
func historyStateCallPage(lang views.Lang, now time.Time, state string) views.CallPageModel {
	calls := exampleCalls(now)
	m := endedCallPage(calls[len(calls)-1], now, lang)
	m.MayNote, m.History, m.HistoryState = views.Allowed{}, nil, state
	if state == "" {
		m.History = exampleHistory(now)[1:2]
		m.History[0].Probable = true
	}
	return m
}
