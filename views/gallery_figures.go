package views

import (
	"errors"
	"time"

	"callboard/sipgate/stats"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// galleryOfFigures shows the page of figures and what hangs on walls.
func galleryOfFigures(lang Lang) []Picture {
	zone := time.FixedZone("CET", 3600)
	now := time.Date(2026, 11, 23, 14, 3, 20, 0, zone)
	lead := Page{Lang: lang, Member: "Mia Brandt", Path: "/figures", Now: now, ID: "w0", Lead: true,
		May: map[string]bool{"team": true, "figures": true, "audit": true, "status": true, "walls": true, "settings": true}}
	agent := Page{Lang: lang, Member: "Tom Weber", Path: "/figures", Now: now, ID: "w1", May: map[string]bool{"team": true, "figures": true, "settings": true}}
	walls := lead
	walls.Path = "/walls"

	day := galleryFigures(stats.Day(now), "today", now)
	day.Ringing, day.Talking, day.Waited, day.Longest, day.Walls = 1, 3, 41, 94*time.Second, true
	day.People, day.Members, day.Unowned, day.Asking = true, galleryMembers, 2, true
	plain := day
	plain.People, plain.Walls = false, false
	week := galleryFigures(stats.Days(now, 7), "week", now)
	week.Fetched, week.Available, week.Loading = 1000, 1340, true
	week.People, week.Members = true, galleryMembers
	failed := galleryFigures(stats.Day(now), "today", now)
	failed.Reason, failed.Err = "throttled", errors.New("throttled")
	none := FiguresModel{Span: "yesterday", People: true, Report: stats.Report{Known: true, AsOf: now, Summary: stats.Count(stats.Day(now.AddDate(0, 0, -1)), nil)}}
	unread := FiguresModel{Span: "today", Waited: 3, Report: stats.Report{Loading: true, Summary: stats.Count(stats.Day(now), nil)}}

	neo := none
	neo.Span, neo.Neo, neo.Waited, neo.Longest = "today", true, 12, 31*time.Second

	wall := galleryWall(now, lang)
	names := galleryWall(now, lang)
	full := NewWall(append(galleryCalls(now), galleryShared(now)...), masked, true, lang)
	names.Calls, names.Ringing, names.Engaged = full.Calls, full.Ringing, full.Engaged
	quiet := galleryWall(now, lang)
	quiet.Calls = nil
	stale := galleryWall(now, lang)
	stale.List = StatusModel{ListedAt: now.Add(-95 * time.Second), Now: now, Problem: "throttled", Members: 2}
	stale.Today, stale.Waited = stats.Report{}, 0
	return []Picture{
		{"figures", Figures(lead, day)},
		{"figures-agent", Figures(agent, plain)},
		{"figures-week", Figures(lead, week)},
		{"figures-failed", Figures(agent, failed)},
		{"figures-empty", Figures(lead, none)},
		{"figures-neo", Figures(agent, neo)},
		{"figures-unread", Figures(agent, unread)},
		{"walls", Walls(walls, galleryWalls(now))},
		{"walls-made", Walls(walls, WallsModel{Walls: galleryWalls(now).Walls[:1], Made: "Küche", Link: "https://calls.example/wall/q83XJb0c1vYz5NnTt7uKkP2mW9rLhDgEaSfQoIxVwZs?lang=de"})},
		{"walls-empty", Walls(walls, WallsModel{})},
		{"wall", Wall(lang, wall)},
		{"wall-names", Wall(lang, names)},
		{"wall-none", Wall(lang, quiet)},
		{"wall-stale", Wall(lang, stale)},
		{"wall-nothing", WallNothing(lang)},
	}
}

var galleryMembers = []FiguresMember{
	{"Aylin Kaya", stats.MemberCounts{Counts: stats.Counts{14, 5, 1, 2, 0}, Talk: 81 * time.Minute}},
	{"Dr. Anna Lindqvist-Schwarzenberger", stats.MemberCounts{Counts: stats.Counts{0, 7, 0, 1, 0}, Talk: 42 * time.Minute}},
	{"Mia Brandt", stats.MemberCounts{Counts: stats.Counts{11, 3, 3, 0, 0}, Talk: 137 * time.Minute}},
	{"Tom Weber", stats.MemberCounts{Counts: stats.Counts{2, 0, 7, 0, 0}, Talk: 9 * time.Minute}},
}

// galleryFigures invents a history with a morning and an afternoon.
func galleryFigures(span stats.Span, name string, now time.Time) FiguresModel {
	f := stats.Count(span, nil)
	mix := []stats.Kind{stats.In, stats.Out, stats.In, stats.Missed, stats.Out, stats.In, stats.Unreached, stats.In}
	for step := range f.Steps {
		n := []int{0, 0, 0, 0, 0, 0, 1, 4, 9, 14, 11, 12, 5, 7, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}[min(step, 24)]
		if span.Daily() {
			n = []int{62, 71, 55, 68, 3, 0, 41}[step]
		}
		for i := range n {
			kind := mix[(step*3+i*5)%len(mix)]
			if step == 9 && i == 3 {
				kind = stats.Unknown
			}
			f.Steps[step][kind]++
			f.Total[kind]++
			f.Talk += time.Duration(40+i*17%300) * time.Second
		}
	}
	n := f.Total.Sum()
	return FiguresModel{Span: name, Report: stats.Report{Known: true, AsOf: now.Add(-12 * time.Second), Fetched: n, Available: n, Summary: f}}
}

func galleryWalls(now time.Time) WallsModel {
	return WallsModel{Walls: []team.Wallboard{
		{ID: "A1", Name: "Küche", ByName: "Mia Brandt", Created: now.Add(-2 * time.Minute)},
		{ID: "A2", Name: "Großraumbüro, über dem Kopierer", ByName: "Dr. Anna Lindqvist-Schwarzenberger", Created: now.Add(-900 * time.Hour), LastUsed: now.Add(-3 * time.Minute), Screens: 2, Names: true},
	}}
}

func galleryWall(now time.Time, lang Lang) WallModel {
	var calls []switchboard.Call
	for _, c := range galleryCalls(now) {
		switch c.ID {
		case "ringing", "dialling", "talking", "held", "foreign", "ended":
			calls = append(calls, c)
		}
	}
	m := NewWall(calls, masked, false, lang)
	m.Name, m.Feed, m.Now = "Großraumbüro", "/wall/gallery/feed?lang="+lang.String(), now
	m.List = StatusModel{ListedAt: now.Add(-time.Second), Now: now, Members: 3}
	m.Today, m.Waited, m.Longest = galleryFigures(stats.Day(now), "today", now).Report, 41, 94*time.Second
	return m
}

// masked stands in for the real rules of what is shown of a number.
func masked(number string) string {
	if len(number) < 8 {
		return ""
	}
	return number[:3] + " " + number[3:5] + " •••• " + number[len(number)-2:]
}
