package gallery

import (
	"time"

	"callboard/sipgate/switchboard"
	"callboard/views"
)

// exampleCapabilities are those of an account on classic (supported) or neo.
func exampleCapabilities(supported bool) []views.Capability {
	return []views.Capability{{Name: "mute", Supported: supported}, {Name: "silent_recording", Supported: true, Assumed: !supported}, {Name: "call_history", Supported: supported}, {Name: "call_list", Supported: supported}, {Name: "groups", Supported: supported}}
}

// originateExamples shows how calls are started, and the views of an account
// on neo.
func originateExamples(p views.Page, now time.Time) []Example {
	lang := p.Lang
	neo := p
	neo.Unsupported = views.NamesOf("mute", "silent_recording", "call_history", "groups")
	at := func(path string) views.Page { q := neo; q.Path = path; return q }
	talking := exampleCalls(now)[2]
	status := exampleStatus(now)
	status.Platform = views.PlatformModel{Name: "neo", Evidence: "groups", DetectedAt: now.Add(-5 * time.Minute), Capabilities: exampleCapabilities(false)}
	status.Webhooks = views.WebhookModel{Ours: exampleWebhookURLs, MayManage: true, ByHand: true, LastEvent: now.Add(-40 * time.Second),
		Channels: []views.ChannelWebhook{{Name: "Mia Brandt"}, {Name: "Office", LastEvent: now.Add(-40 * time.Second)}}}
	phones := []views.Phone{{ID: "e0", Name: "Mia, desk", State: "ready", Selected: true}, {ID: "e3", Name: "Mia, kitchen", State: "offline", Selected: false}, {ID: "y0", Name: "Mia, mobile", State: "unfit", Selected: false}, {ID: "e4", Name: "Mia, workshop", State: "dnd", Selected: false}, {ID: "e5", Name: "Mia, spare", State: "nochannel", Selected: false}}
	plain := views.NewCallModel{ActionID: "gallery-action-0002", Phones: phones[:1], CallerIDs: exampleNumbers}
	linked := plain
	linked.Phones, linked.TelLink, linked.Recipient = phones, views.TelLink{Text: "+49 1579 9912345"}, views.RecipientPicker{Text: "+49 1579 9912345"}
	barred := plain
	barred.Phones, barred.TelLink, barred.Recipient = nil, views.TelLink{Text: "0900 123456", Refused: "number_blocked"}, views.RecipientPicker{Text: "0900 123456"}
	progress := func(name string, s switchboard.Stage, row switchboard.RowID, polls int) Example {
		m := views.OriginateModel{Call: "A1B2", Callee: "+49 1579 9912345", Stage: s, Row: row, Cause: "busy", Polls: polls}
		return Example{name, views.OriginateDialog(p, m)}
	}
	return []Example{
		{"new", views.NewCallDialog(p, plain)},
		{"play-to-me", views.PlayToMeDialog(p, views.PlayToMeModel{ActionID: "gallery-action-0003", Announcement: exampleAnnouncements(now).Items[0], Phones: phones, Numbers: exampleNumbers[:1]})},
		{"starting-playing", views.OriginateDialog(p, views.OriginateModel{Call: "A1B2", Announcement: "Lunch break", Stage: switchboard.StageConnected, Row: "calling", Polls: 2})},
		{"new-link", views.NewCallDialog(p, linked)},
		{"new-barred", views.NewCallDialog(p, barred)},
		progress("starting-unknown", switchboard.StageUnknown, "", 0),
		progress("starting-unknown-silent", switchboard.StageUnknown, "", views.MaxPolls),
		{"starting-did-not-ring", views.OriginateDialog(p, views.OriginateModel{Call: "A1B2", Callee: "+49 1579 9912345", Polls: 1, Started: now, Waited: views.RingTimeout, Heard: true})},
		progress("starting-calling", switchboard.StageCalleeRinging, "calling", 1),
		progress("starting-talking", switchboard.StageConnected, "calling", 2),
		progress("starting-over", switchboard.StageEnded, "calling", 2),
		{"status-neo", views.StatusPage(at("/status"), status)},
		{"setup-neo", views.Setup(at("/setup"), views.SetupModel{Account: "2556404", Address: exampleSetup(now).Address, Members: 4, Webhooks: status.Webhooks})},
		{"history-neo", views.History(at("/history"), views.HistoryModel{Private: 2})},
		{"record-neo", views.RecordDialog(neo, exampleFormat.Ref(talking, lang, "gallery-action-0001"))},
		{"row-neo", views.Row(lang, exampleFormat.RowFor(talking, views.Allowed{Unsupported: "mute"}, lang))},
	}
}
