package views

import (
	"time"
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
	return []Picture{
		{"status-neo", StatusPage(at("/status"), status)},
		{"history-neo", History(at("/history"), HistoryModel{})},
		{"record-neo", RecordSheet(neo, galleryFormat.Ref(talking, lang, "gallery-action-0001"))},
		{"row-neo", Row(lang, galleryFormat.RowFor(talking, Permit{Lacks: "mute"}, lang))},
	}
}
