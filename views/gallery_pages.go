package views

import (
	"time"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

func gallerySettings(now time.Time) SettingsModel {
	return SettingsModel{Shares: true, Choices: team.DefaultPreferences(), Calls: true, Devices: []Choice{{"e0", "Mia, desk"}, {"e3", "Mia, mobile"}}, Numbers: galleryNumbers[:1], Sessions: []SessionRow{
		{ID: "s1", Current: true, Begun: now.Add(-3 * time.Hour), Seen: now, Address: "192.0.2.14", Browser: "Firefox, Linux"},
		{ID: "s2", Begun: now.Add(-50 * time.Hour), Seen: now.Add(-9 * time.Hour), Address: "2001:db8::17", Browser: "Safari, iPhone"},
		{ID: "s3", Begun: now.Add(-90 * time.Hour)},
	}}
}

// galleryMistake is what was typed where a quiet night has no days, by somebody
// whose telephone of before is gone.
func galleryMistake(now time.Time) SettingsModel {
	m := gallerySettings(now)
	m.Choices.Quiet = team.QuietHours{On: true, From: 18*60 + 30, To: 7 * 60}
	m.Choices.Device, m.Section, m.Field = "e9", "ringing", "quiet_days"
	return m
}

var galleryOurs = Webhooks{
	Incoming: "https://calls.example/push/mK3v9Qx2Lr8Tn5Wb7Yc1Zd4Fg6Hj0Ps2",
	Outgoing: "https://calls.example/push/mK3v9Qx2Lr8Tn5Wb7Yc1Zd4Fg6Hj0Ps2",
}

// galleryStatus is an installation without webhooks.
func galleryStatus(now time.Time) StatusPageModel {
	m := StatusPageModel{
		Platform: PlatformModel{Name: "classic", By: "token", FoundAt: now.Add(-30 * time.Hour), Abilities: galleryAbilities(true)},
		Webhooks: WebhookModel{Ours: galleryOurs, May: true},
		List:     StatusModel{ListedAt: now.Add(-time.Second), Now: now, Members: 3},
		SetAside: []SetAside{{"Tom Weber", "unauthorized"}}, PublicURL: "http://localhost:8080", Local: true,
		Versions: []Choice{{"v0.2.0", "Callboard"}, {"go1.26.0", "Go"}, {"SQLite 3.51.0", "Database"}},
	}
	for _, name := range []string{"openid", "rtcm:read", "rtcm:write", "sessions:calls:write", "history:read", "contacts:read", "settings:sipgateio:read", "numbers:read"} {
		m.Scopes = append(m.Scopes, Scope{name, name != "settings:sipgateio:read" && name != "contacts:read"})
	}
	return m
}

// galleryForeign is one where another program has the webhooks.
func galleryForeign(now time.Time) StatusPageModel {
	m := galleryStatus(now)
	m.Webhooks.Now = Webhooks{Incoming: "https://crm.example/hooks/sipgate?key=s3cret"}
	m.Local, m.PublicURL, m.SetAside = false, "https://calls.example", nil
	return m
}

// gallerySet is one that has them, seen by somebody who may not change them.
func gallerySet(now time.Time) StatusPageModel {
	m := galleryForeign(now)
	m.Webhooks = WebhookModel{Now: galleryOurs, Ours: galleryOurs, Before: m.Webhooks.Now, Set: true, May: true,
		LastEvent: now.Add(-7 * time.Second), Refused: map[string]int{"hook_signature": 12, "hook_rate": 1, "hook_new": 2}}
	m.Fetched = now.Add(-time.Hour)
	for i := range m.Scopes {
		m.Scopes[i].Granted = true
	}
	return m
}

func galleryCallPage(c switchboard.Call, now time.Time, lang Lang) CallPageModel {
	ago := func(s int) time.Time { return now.Add(-time.Duration(s) * time.Second) }
	return CallPageModel{
		ID: c.ID, Row: galleryFormat.RowFor(c, Permit{}, lang), Live: true, ActionID: "gallery-action-0004",
		Events: []CallEvent{
			{ago(212), false, "rang", "Mia Brandt, Tom Weber", ""},
			{ago(192), false, "answered", "Mia Brandt", ""},
			{ago(150), false, "held", "Mia Brandt", ""},
			{ago(121), true, "resumed", "", ""},
			{ago(110), false, "recording", "Mia Brandt", ""},
			{ago(80), false, "announced", "Mia Brandt", "Lunch break"},
			{ago(60), false, "failed", "Tom Weber", "transfer"},
			{ago(45), false, "cancelled", "Tom Weber", "hangup"},
			{ago(30), false, noted, "Mia Brandt", "Wants an offer by Friday.\nCall back on the mobile."},
		},
	}
}

func galleryPastCall(c switchboard.Call, now time.Time, lang Lang) CallPageModel {
	m := galleryCallPage(c, now, lang)
	m.Live, m.MayNote = false, Permit{Reason: "role_" + team.Viewer.String()}
	m.Past = []HistoryEntry{galleryPast(now)[0]}
	m.Events = append(m.Events,
		galleryFormat.Event(now.Add(-20*time.Second), false, "tones", "Mia Brandt", "7"),
		galleryFormat.Event(now.Add(-15*time.Second), false, "transferred", "Mia Brandt", "+4989200300"),
		galleryFormat.Event(now.Add(-14*time.Second), false, "moved", "", "Tom Weber"),
		galleryFormat.Event(now.Add(-5*time.Second), false, "recorded", "", ""),
		galleryFormat.Event(now.Add(-4*time.Second), false, "ended", "Tom Weber", "normalClearing"),
	)
	return m
}
