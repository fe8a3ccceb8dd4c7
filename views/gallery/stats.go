package gallery

import (
	"errors"
	"time"

	"github.com/a-h/templ"

	"callboard/sipgate/stats"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
)

// statsExamples shows the stats page and the wallboards.
func statsExamples(lang views.Lang) []Example {
	zone := time.FixedZone("CET", 3600)
	now := time.Date(2026, 11, 23, 14, 3, 20, 0, zone)
	lead := views.Page{Lang: lang, MemberName: "Mia Brandt", Path: "/figures", Now: now, MemberID: "w0", MayOverride: true,
		May: views.NamesOf("announcements", "team", "figures", "audit", "status", "walls", "settings")}
	agent := views.Page{Lang: lang, MemberName: "Tom Weber", Path: "/figures", Now: now, MemberID: "w1", May: views.NamesOf("announcements", "team", "figures", "settings")}
	walls := lead
	walls.Path = "/walls"

	day := exampleStats(stats.Day(now), "today", now)
	day.Ringing, day.Connected, day.WaitCount, day.LongestWait, day.MayManageWallboards = 1, 3, 41, 94*time.Second, true
	day.ShowMembers, day.Members, day.Unassigned, day.OwnersPending = true, exampleStatsMembers, 2, true
	plain := day
	plain.ShowMembers, plain.MayManageWallboards = false, false
	week := exampleStats(stats.Days(now, 7), "week", now)
	week.Fetched, week.Available, week.Loading = 1000, 1340, true
	week.ShowMembers, week.Members = true, exampleStatsMembers
	failed := exampleStats(stats.Day(now), "today", now)
	failed.Reason, failed.Err = "throttled", errors.New("throttled")
	none := views.StatsModel{Span: "yesterday", ShowMembers: true, Report: stats.Report{Known: true, AsOf: now, Summary: stats.Count(stats.Day(now.AddDate(0, 0, -1)), nil)}}
	unread := views.StatsModel{Span: "today", WaitCount: 3, Report: stats.Report{Loading: true, Summary: stats.Count(stats.Day(now), nil)}}

	neo := none
	neo.Span, neo.Neo, neo.WaitCount, neo.LongestWait = "today", true, 12, 31*time.Second

	wall := exampleWallboard(now, lang)
	partly := wall
	partly.List.Unreadable = 2
	names := exampleWallboard(now, lang)
	full := views.NewWallboard(append(exampleCalls(now), sharedCalls(now)...), masked, true, lang)
	names.Alarms = team.AlarmLimits{Ringing: team.AlarmLimit{Amber: 4, Red: 6}, Talking: team.AlarmLimit{Amber: 3600}} // some are late
	names.Calls, names.Ringing, names.Connected = full.Calls, full.Ringing, full.Connected
	quiet := exampleWallboard(now, lang)
	quiet.Calls = nil
	stale := exampleWallboard(now, lang)
	stale.List = views.StatusModel{ListedAt: now.Add(-95 * time.Second), Now: now, Problem: "throttled", SignedIn: 2}
	stale.Today, stale.WaitCount = stats.Report{}, 0
	return []Example{
		{"figures", views.Stats(lead, day)},
		{"figures-agent", views.Stats(agent, plain)},
		{"figures-week", views.Stats(lead, week)},
		{"figures-failed", views.Stats(agent, failed)},
		{"figures-empty", views.Stats(lead, none)},
		{"figures-neo", views.Stats(agent, neo)},
		{"figures-unread", views.Stats(agent, unread)},
		{"walls", views.Wallboards(walls, exampleWallboards(now))},
		{"walls-made", views.Wallboards(walls, views.WallboardsModel{Wallboards: exampleWallboards(now).Wallboards[:1], Created: "Küche", Link: "https://calls.example/wall/q83XJb0c1vYz5NnTt7uKkP2mW9rLhDgEaSfQoIxVwZs?lang=de"})},
		{"walls-empty", views.Wallboards(walls, views.WallboardsModel{})},
		{"wall", views.Wallboard(lang, wall)},
		{"wall-names", views.Wallboard(lang, names)},
		{"wall-none", views.Wallboard(lang, quiet)},
		{"wall-unread", views.Wallboard(lang, partly)},
		{"wall-stale", views.Wallboard(lang, stale)},
		{"wall-nothing", views.WallboardNotFound(lang)},
	}
}

var exampleStatsMembers = []views.StatsMember{
	{Name: "Aylin Kaya", MemberCounts: stats.MemberCounts{Counts: stats.Counts{14, 5, 1, 2, 0}, Talk: 81 * time.Minute}},
	{Name: "Dr. Anna Lindqvist-Schwarzenberger", MemberCounts: stats.MemberCounts{Counts: stats.Counts{0, 7, 0, 1, 0}, Talk: 42 * time.Minute}},
	{Name: "Mia Brandt", MemberCounts: stats.MemberCounts{Counts: stats.Counts{11, 3, 3, 0, 0}, Talk: 137 * time.Minute}},
	{Name: "Tom Weber", MemberCounts: stats.MemberCounts{Counts: stats.Counts{2, 0, 7, 0, 0}, Talk: 9 * time.Minute}},
}

// exampleStats is a day with a busy morning and afternoon, or a week.
func exampleStats(span stats.Span, name string, now time.Time) views.StatsModel {
	f := stats.Count(span, nil)
	kinds := []stats.Kind{stats.In, stats.Out, stats.In, stats.Missed, stats.Out, stats.In, stats.Unreached, stats.In}
	for step := range f.Steps {
		n := []int{0, 0, 0, 0, 0, 0, 1, 4, 9, 14, 11, 12, 5, 7, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}[min(step, 24)]
		if span.Daily() {
			n = []int{62, 71, 55, 68, 3, 0, 41}[step]
		}
		for i := range n {
			kind := kinds[(step*3+i*5)%len(kinds)]
			if step == 9 && i == 3 {
				kind = stats.Unknown
			}
			f.Steps[step][kind]++
			f.Total[kind]++
			f.Talk += time.Duration(40+i*17%300) * time.Second
		}
	}
	n := f.Total.Sum()
	return views.StatsModel{Span: name, Report: stats.Report{Known: true, AsOf: now.Add(-12 * time.Second), Fetched: n, Available: n, Summary: f}}
}

func exampleWallboards(now time.Time) views.WallboardsModel {
	return views.WallboardsModel{Wallboards: []team.Wallboard{
		{ID: "A1", Name: "Küche", ByName: "Mia Brandt", Created: now.Add(-2 * time.Minute)},
		{ID: "A2", Name: "Großraumbüro, über dem Kopierer", ByName: "Dr. Anna Lindqvist-Schwarzenberger", Created: now.Add(-900 * time.Hour), LastUsed: now.Add(-3 * time.Minute), Screens: 2, Names: true},
	}}
}

func exampleWallboard(now time.Time, lang views.Lang) views.WallboardModel {
	var calls []switchboard.Call
	for _, c := range exampleCalls(now) {
		switch c.ID {
		case "ringing", "dialling", "talking", "held", "foreign", "ended":
			calls = append(calls, c)
		}
	}
	m := views.NewWallboard(calls, masked, false, lang)
	m.Name, m.Feed, m.Now = "Großraumbüro", "/wall/gallery/feed?lang="+lang.String(), now
	m.Alarms = team.DefaultAlarmLimits
	m.List = views.StatusModel{ListedAt: now.Add(-time.Second), Now: now, SignedIn: 3}
	m.Today, m.WaitCount, m.LongestWait = exampleStats(stats.Day(now), "today", now).Report, 41, 94*time.Second
	return m
}

// masked stands in for the masking of numbers.
func masked(number string) string {
	if len(number) < 8 {
		return ""
	}
	return number[:3] + " " + number[3:5] + " •••• " + number[len(number)-2:]
}

// boardWithToday is the board of a reader who may see everything, with the figures
// of today, which script fetches.
func boardWithToday(p views.Page, m views.BoardModel) templ.Component {
	p.May = views.NamesOf("announcements", "team", "figures", "audit", "status", "walls", "settings")
	m.CallBacks = exampleCallBacks(p.Now)
	today := views.TodayModel{LongestWait: 72 * time.Second,
		Report: stats.Report{Known: true, Fetched: 56, AsOf: p.Now, Summary: stats.Summary{Total: stats.Counts{stats.In: 37, stats.Missed: 13, stats.Out: 6}}}}
	return insertBefore(views.Board(p, m), `</a></div> <div id="live"`, views.TodayLine(p.Lang, today))
}
