package views

import (
	"time"

	"callboard/sipgate/switchboard"
)

// galleryPast are entries of every kind: with a recording and a note, a
// voicemail, missed ones, one that was archived.
func galleryPast(now time.Time) []HistoryEntry {
	mobile := []Choice{{"/calls/talking/transfer?to=%2B4915799912345", "Meier & Söhne GmbH"}}
	call := func(e HistoryEntry) HistoryEntry {
		if e.Next = "/history"; e.Number != "" {
			e.CallBack = "/calls/new?to=%2B4930901820"
		}
		return e
	}
	return []HistoryEntry{
		call(HistoryEntry{ID: "h1", Type: "CALL", Direction: "in", Name: "Meier & Söhne GmbH", Number: "+49 30 901820", Inside: "Mia Brandt", When: now.Add(-time.Hour), Length: 192 * time.Second,
			Recordings: []Recording{{ID: "1"}, {ID: "2"}}, Note: "Wants an offer by Friday.\nBest on the mobile.", Read: true, Starred: true}),
		call(HistoryEntry{ID: "h2", Type: "CALL", Direction: "in", Missed: true, Number: "+49 1579 9912345", Inside: "+49 211 12345610", When: now.Add(-2 * time.Hour), Transfers: mobile}),
		call(HistoryEntry{ID: "h3", Type: "VOICEMAIL", Direction: "in", Name: "Dr. Anna Lindqvist-Schwarzenberger", Number: "+46 8 500 123 45", Inside: "Aylin Kaya", When: now.Add(-3 * time.Hour), Length: 31 * time.Second,
			Recordings: []Recording{{ID: "1"}}, Transcription: "Guten Tag, hier ist Anna Lindqvist. Bitte rufen Sie mich wegen der Lieferung zurück."}),
		call(HistoryEntry{ID: "h4", Type: "CALL", Direction: "out", Number: "+44 20 7946 0018", Inside: "Tom Weber", When: now.Add(-26 * time.Hour), Length: 3723 * time.Second, Read: true}),
		call(HistoryEntry{ID: "h5", Type: "CALL", Direction: "out", Missed: true, Name: "Jonas Vogt", Number: "+49 89 200300", Inside: "Tom Weber", When: now.Add(-27 * time.Hour), Read: true, Archived: true}),
		call(HistoryEntry{ID: "h6", Type: "CALL", Direction: "in", Inside: "Mia Brandt", When: now.Add(-28 * time.Hour), Length: 7 * time.Second, Read: true}),
	}
}

// galleryOfHistory shows the history as a lead sees it, as a viewer does, in
// vain, and far from its end.
func galleryOfHistory(p Page, now time.Time) []Picture {
	all := HistoryModel{Total: 42, Older: "/history?offset=25&trail=0", CSV: "/history.csv?", News: "/history/news?after=1", Entries: galleryPast(now),
		Members: []Choice{{"w0", "Mia Brandt"}, {"w1", "Tom Weber"}}}
	viewer := HistoryModel{CSV: "/history.csv?type=CALL", Newer: "/history", Filter: HistoryFilter{Type: "CALL", From: "2026-11-01", Starred: true}}
	for _, e := range galleryPast(now)[:2] {
		e.MayMark, e.CallBack, e.Transfers = Permit{Reason: "role_viewer"}, "", nil
		viewer.Entries = append(viewer.Entries, e)
	}
	sought := HistoryFilter{Text: "Lindqvist", Unread: true}
	far := HistoryModel{Filter: sought, CSV: "/history.csv?q=Lindqvist", Older: "/history?offset=2350&q=Lindqvist", Searched: 2350, Reached: now.AddDate(0, -2, 0), Entries: galleryPast(now)[2:3]}
	return []Picture{
		{"history", History(p, all)},
		{"history-viewer", History(p, viewer)},
		{"history-empty", History(p, HistoryModel{News: "/history/news?after=1"})},
		{"history-none", History(p, HistoryModel{Filter: sought})},
		{"history-far", History(p, far)},
		{"history-news", HistoryNews(p, HistoryModel{News: "/history/news?after=2", Entries: galleryPast(now)[1:2]})},
		{"history-marks", Marks(p.Lang, galleryPast(now)[4])},
		{"call-entry", CallPage(p, galleryEntryPage(p.Lang, now))},
		{"call-probably", CallPage(p, galleryPastState(p.Lang, now, ""))},
		{"call-waiting", CallPage(p, galleryPastState(p.Lang, now, "waiting"))},
		{"call-none", CallPage(p, galleryPastState(p.Lang, now, "none"))},
		{"call-unread", CallPage(p, galleryPastState(p.Lang, now, "failed"))},
	}
}

// galleryEntryPage is the page of a message that the journal knows nothing of.
func galleryEntryPage(lang Lang, now time.Time) CallPageModel {
	at := now.Add(-3 * time.Hour)
	c := switchboard.Call{ID: "", Phase: switchboard.Ended, Direction: "in", Started: at, Since: at, EndedAt: at,
		Remote: switchboard.Party{Number: "+46850012345", Name: "Dr. Anna Lindqvist-Schwarzenberger"}, Local: switchboard.Party{Name: "Aylin Kaya"}}
	return CallPageModel{Alone: true, Row: galleryFormat.RowFor(c, Permit{}, lang), Past: galleryPast(now)[2:3]}
}

// galleryPastState is the page of a call that is over, in a certain state.
func galleryPastState(lang Lang, now time.Time, state string) CallPageModel {
	calls := galleryCalls(now)
	m := galleryPastCall(calls[len(calls)-1], now, lang)
	m.MayNote, m.Past, m.PastState = Permit{}, nil, state
	if state == "" {
		m.Past = galleryPast(now)[1:2]
		m.Past[0].Probably = true
	}
	return m
}
