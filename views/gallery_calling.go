package views

import (
	"time"

	"callboard/sipgate/switchboard"
)

// galleryAbilities are those of an account on the one platform or the other.
func galleryAbilities(there bool) []Ability {
	return []Ability{{"mute", there}, {"silent_recording", there}, {"call_history", there}, {"groups", there}}
}

// galleryOfCalling are the pictures of starting calls, and of what an account
// cannot do.
func galleryOfCalling(p Page, now time.Time) []Picture {
	lang := p.Lang
	neo := p
	neo.Lacks = map[string]bool{"mute": true, "silent_recording": true, "call_history": true, "groups": true}
	at := func(path string) Page { q := neo; q.Path = path; return q }
	talking := galleryCalls(now)[2]
	status := galleryStatus(now)
	status.Platform = PlatformModel{Name: "neo", By: "groups", FoundAt: now.Add(-5 * time.Minute), Abilities: galleryAbilities(false)}
	phones := []Phone{{"e0", "Mia, desk", "ready", true}, {"e3", "Mia, kitchen", "offline", false}, {"y0", "Mia, mobile", "unfit", false}, {"e4", "Mia, workshop", "dnd", false}}
	asked := NewCallModel{ActionID: "gallery-action-0002", Phones: phones[:1], CallerIDs: galleryNumbers}
	linked := asked
	linked.Phones, linked.Link, linked.Whom = phones, Link{Text: "+49 1579 9912345"}, Whom{Text: "+49 1579 9912345"}
	barred := asked
	barred.Phones, barred.Link, barred.Whom = nil, Link{Text: "0900 123456", Refused: "number_blocked"}, Whom{Text: "0900 123456"}
	starting := func(s switchboard.Stage, row switchboard.RowID, turn int) Picture {
		m := StartingModel{Call: "A1B2", Callee: "+49 1579 9912345", Stage: s, Row: row, Cause: "busy", Turn: turn}
		name := "starting-" + m.name()
		if turn >= mostTurns {
			name += "-silent"
		}
		return Picture{name, StartingSheet(p, m)}
	}
	return []Picture{
		{"new", NewCallSheet(p, asked)},
		{"play-to-me", PlayToMeSheet(p, PlayToMeModel{ActionID: "gallery-action-0003", Sound: galleryAnnouncements(now).Items[0], Phones: phones, Numbers: galleryNumbers[:1]})},
		{"starting-playing", StartingSheet(p, StartingModel{Call: "A1B2", Sound: "Lunch break", Stage: switchboard.StageConnected, Row: "calling", Turn: 2})},
		{"new-link", NewCallSheet(p, linked)},
		{"new-barred", NewCallSheet(p, barred)},
		starting(switchboard.StageUnknown, "", 0), starting(switchboard.StageUnknown, "", mostTurns),
		starting(switchboard.StageCalleeRinging, "calling", 1), starting(switchboard.StageConnected, "calling", 2), starting(switchboard.StageEnded, "calling", 2),
		{"status-neo", StatusPage(at("/status"), status)},
		{"history-neo", History(at("/history"), HistoryModel{})},
		{"record-neo", RecordSheet(neo, galleryFormat.Ref(talking, lang, "gallery-action-0001"))},
		{"row-neo", Row(lang, galleryFormat.RowFor(talking, Permit{Lacks: "mute"}, lang))},
	}
}
