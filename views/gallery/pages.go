package gallery

import (
	"time"

	"callboard/sipgate/journal"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
)

func exampleSettings(now time.Time) views.SettingsModel {
	return views.SettingsModel{Consent: team.Consent{SharesCalls: true}, Stated: true, Preferences: team.DefaultPreferences(), MayCall: true, Devices: []views.Option{{Value: "e0", Label: "Mia, desk"}, {Value: "e3", Label: "Mia, mobile"}}, Numbers: exampleNumbers[:1], Sessions: []views.Session{
		{ID: "s1", Current: true, Started: now.Add(-3 * time.Hour), LastSeen: now, Address: "192.0.2.14", Browser: "Firefox, Linux"},
		{ID: "s2", Started: now.Add(-50 * time.Hour), LastSeen: now.Add(-9 * time.Hour), Address: "2001:db8::17", Browser: "Safari, iPhone"},
		{ID: "s3", Started: now.Add(-90 * time.Hour)},
	}}
}

// invalidSettings are settings of a member who chose no days for quiet hours and
// whose preferred phone no longer exists.
func invalidSettings(now time.Time) views.SettingsModel {
	m := exampleSettings(now)
	m.Preferences.Quiet = team.QuietHours{On: true, From: 18*60 + 30, To: 7 * 60}
	m.Preferences.Device, m.Section, m.Field = "e9", "ringing", "quiet_days"
	return m
}

var exampleWebhookURLs = views.WebhookURLs{
	Incoming: "https://calls.example/push/mK3v9Qx2Lr8Tn5Wb7Yc1Zd4Fg6Hj0Ps2",
	Outgoing: "https://calls.example/push/mK3v9Qx2Lr8Tn5Wb7Yc1Zd4Fg6Hj0Ps2",
}

// exampleStatus is an installation without webhooks.
func exampleStatus(now time.Time) views.StatusPageModel {
	m := views.StatusPageModel{
		Platform:   views.PlatformModel{Name: "classic", Evidence: "token", DetectedAt: now.Add(-30 * time.Hour), Capabilities: exampleCapabilities(true)},
		Webhooks:   views.WebhookModel{Ours: exampleWebhookURLs, MayManage: true},
		List:       views.StatusModel{ListedAt: now.Add(-time.Second), Now: now, SignedIn: 3},
		AuthFailed: []views.FailedMember{{Name: "Tom Weber", Problem: "unauthorized"}}, Address: views.PublicAddress{URL: "http://localhost:8080", Check: "local"},
		Unreadable: map[string]int{"history": 1, "contacts": 2},
		Versions:   []views.Option{{Value: "v0.2.0", Label: "Callboard"}, {Value: "go1.26.0", Label: "Go"}},
		Server:     &views.ServerModel{Size: 12_400_000, Free: 41_300_000_000, Backup: true, BackedUp: now.Add(-9 * time.Hour), Certificate: now.Add(30 * 24 * time.Hour), Reader: "203.0.113.9", LogLevel: "info"},
	}
	for _, name := range []string{"openid", "rtcm:read", "rtcm:write", "sessions:calls:write", "history:read", "contacts:read", "settings:sipgateio:read", "numbers:read"} {
		m.Scopes = append(m.Scopes, views.Scope{Name: name, Granted: name != "settings:sipgateio:read" && name != "contacts:read"})
	}
	return m
}

// foreignWebhooksStatus is an installation where another program receives the
// webhooks.
func foreignWebhooksStatus(now time.Time) views.StatusPageModel {
	m := exampleStatus(now)
	m.Server = &views.ServerModel{Size: 12_400_000, Free: -1, Reader: "10.0.0.5", LogLevel: "debug", Proxy: []views.ProxyFinding{
		{Fault: "host", Address: "10.0.0.5", Settings: []views.Option{{Label: "nginx", Value: "proxy_set_header Host $http_host;"}, {Label: "Apache", Value: "ProxyPreserveHost On"}}},
		{Fault: "untrusted", Address: "10.0.0.5", Settings: []views.Option{{Label: "Callboard", Value: "--trusted-proxies=loopback,10.0.0.5"}}},
		{Fault: "upgrade", Address: "10.0.0.5", Settings: []views.Option{{Label: "nginx", Value: `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";`}, {Label: "Apache", Value: "ProxyPass … upgrade=websocket"}}}}}
	m.Webhooks.Current = views.WebhookURLs{Incoming: "https://crm.example/hooks/sipgate?key=s3cret"}
	m.Address, m.AuthFailed = views.PublicAddress{URL: "https://calls.example", Check: "ok"}, nil
	return m
}

// webhooksSetStatus is an installation that receives the webhooks.
func webhooksSetStatus(now time.Time) views.StatusPageModel {
	m := foreignWebhooksStatus(now)
	m.Webhooks = views.WebhookModel{Current: exampleWebhookURLs, Ours: exampleWebhookURLs, Previous: m.Webhooks.Current, Set: true, MayManage: true,
		LastEvent: now.Add(-7 * time.Second), Refused: map[string]int{"hook_signature": 12, "hook_rate": 1, "hook_new": 2}}
	m.Address.Reached = true
	nodes := []views.Node{
		{ID: "KX3QZ7M2RT5VWB6Y", Version: "v0.3.0", State: "serving", Started: now.Add(-20 * time.Minute), Teams: 71},
		{ID: "AQ4LN2E7HC5JSD6P", Version: "v0.2.0", State: "draining", Started: now.Add(-50 * time.Hour), Teams: 1, Here: true},
		{ID: "ZT5GU3W6FK2XOM7I", Version: "v0.2.0", State: "gone", Started: now.Add(-49 * time.Hour), Teams: 68}}
	m.Server = &views.ServerModel{Failure: "storage_full", Backup: true, BackedUp: now.Add(-50 * time.Hour), BackupFailed: true, Certificate: now.Add(3 * 24 * time.Hour), Size: 231_000_000, Free: 400_000_000, Reader: "203.0.113.9", LogLevel: "info", Nodes: nodes, Problems: []views.LogProblem{
		{Message: "request failed", Count: 14, At: now.Add(-40 * time.Second)}, {Message: "list calls", Count: 1, At: now.Add(-3 * time.Hour)}}}
	for i := range m.Scopes {
		m.Scopes[i].Granted = true
	}
	return m
}

func exampleCallPage(c switchboard.Call, now time.Time, lang views.Lang) views.CallPageModel {
	ago := func(s int) time.Time { return now.Add(-time.Duration(s) * time.Second) }
	return views.CallPageModel{
		ID: c.ID, Row: exampleFormat.RowFor(c, views.Allowed{}, lang), Live: true, ActionID: "gallery-action-0004",
		Events: []views.CallEvent{
			{At: ago(212), Approximate: false, Kind: "rang", MemberName: "Mia Brandt, Tom Weber", Detail: ""},
			{At: ago(192), Approximate: false, Kind: "answered", MemberName: "Mia Brandt", Detail: ""},
			{At: ago(150), Approximate: false, Kind: "held", MemberName: "Mia Brandt", Detail: ""},
			{At: ago(121), Approximate: true, Kind: "resumed", MemberName: "", Detail: ""},
			{At: ago(110), Approximate: false, Kind: "recording", MemberName: "Mia Brandt", Detail: ""},
			{At: ago(80), Approximate: false, Kind: "announced", MemberName: "Mia Brandt", Detail: "Lunch break"},
			{At: ago(60), Approximate: false, Kind: "failed", MemberName: "Tom Weber", Detail: "transfer"},
			{At: ago(45), Approximate: false, Kind: "cancelled", MemberName: "Tom Weber", Detail: "hangup"},
			{At: ago(30), Approximate: false, Kind: string(journal.Noted), MemberName: "Mia Brandt", Detail: "Wants an offer by Friday.\nCall back on the mobile."},
		},
	}
}

func endedCallPage(c switchboard.Call, now time.Time, lang views.Lang) views.CallPageModel {
	m := exampleCallPage(c, now, lang)
	m.Live, m.MayNote = false, views.Allowed{Reason: "role_" + team.Viewer.String()}
	m.History = []views.HistoryEntry{exampleHistory(now)[0]}
	m.Events = append(m.Events,
		exampleFormat.Event(now.Add(-20*time.Second), false, "tones", "Mia Brandt", "7"),
		exampleFormat.Event(now.Add(-15*time.Second), false, "transferred", "Mia Brandt", "+4989200300"),
		exampleFormat.Event(now.Add(-14*time.Second), false, "moved", "", "Tom Weber"),
		exampleFormat.Event(now.Add(-5*time.Second), false, "recorded", "", ""),
		exampleFormat.Event(now.Add(-4*time.Second), false, "ended", "Tom Weber", "normalClearing"),
	)
	return m
}
