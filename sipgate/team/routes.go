package team

import "maps"

// public marks a route that anybody may ask for: it needs no sign-in, or finds
// out itself who asks.
const public Deed = ""

// routes says what somebody does who asks for a route of the dashboard, named
// by the pattern under which the handlers know it. What the routes of a call
// do to it is decided again when the call is known.
var routes = map[string]Deed{
	"GET /login":             public,
	"POST /login":            public,
	"GET /oauth/callback":    public,
	"GET /a/{file}":          public, // by an unguessable address, for sipgate
	"POST /push/{secret}":    public, // the same
	"GET /healthz":           public,
	"GET /session":           public,
	"GET /static/":           public,
	"GET /gallery":           public, // in the demo only, and invented
	"GET /gallery/{name}":    public,
	"GET /wall/{token}":      public, // by an unguessable address, for a screen on a wall
	"GET /wall/{token}/feed": public,
	"POST /logout":           public, // also for those who may nothing else any more

	"GET /{$}":  DeedBoard,
	"GET /feed": DeedBoard,

	"GET /search":                    DeedCall,
	"POST /calls":                    DeedCall,
	"GET /calls/new":                 DeedCall,
	"GET /starting/{id}":             DeedCall, // one that somebody just started
	"GET /calls/{id}":                DeedSee,
	"GET /calls/{id}/transfer":       DeedTransfer,
	"GET /calls/{id}/keypad":         DeedTones,
	"GET /calls/{id}/announce":       DeedAnnounce,
	"GET /calls/{id}/record":         DeedRecord,
	"POST /calls/{id}/hold":          DeedHold,
	"POST /calls/{id}/muted":         DeedMute,
	"POST /calls/{id}/recording":     DeedRecord,
	"POST /calls/{id}/dtmf":          DeedTones,
	"POST /calls/{id}/transfer":      DeedTransfer,
	"POST /calls/{id}/unask":         DeedUnask,
	"POST /calls/{id}/announcements": DeedAnnounce,
	"POST /calls/{id}/hangup":        DeedHangUp,
	"POST /calls/{id}/undo":          DeedUndo,
	"POST /calls/{id}/notes":         DeedNote,

	"GET /announcements":                  DeedAnnouncements,
	"GET /announcements/{id}/audio":       DeedAnnouncements,
	"GET /announcements/{id}/play-to-me":  DeedCall,
	"POST /announcements/{id}/play-to-me": DeedCall,
	"POST /announcements":                 DeedAnnouncementsWrite,
	"POST /announcements/{id}/rename":     DeedAnnouncementsWrite,
	"POST /announcements/{id}/delete":     DeedAnnouncementsWrite,

	"GET /history":                                     DeedHistory,
	"GET /history.csv":                                 DeedHistory,
	"GET /history/news":                                DeedHistory,
	"GET /history/{id}":                                DeedHistory,
	"POST /history/{id}/note":                          DeedHistoryMark, // whose entry it is, is asked again
	"POST /history/{id}/star":                          DeedHistoryMark,
	"POST /history/{id}/archive":                       DeedHistoryMark,
	"POST /history/{id}/read":                          DeedHistoryMark,
	"GET /history/{id}/recordings/{recording}":         DeedHistory,
	"GET /history/{id}/recordings/{recording}/outline": DeedHistory,

	"GET /figures": DeedFigures,

	"GET /walls":              DeedWalls,
	"POST /walls":             DeedWalls,
	"POST /walls/{id}/revoke": DeedWalls,

	"GET /team":                  DeedTeam,
	"POST /team/{user}/role":     DeedPeople,
	"POST /team/{user}/remove":   DeedPeople,
	"POST /team/{user}/restore":  DeedPeople,
	"POST /team/{user}/sign-out": DeedPeople,

	"GET /audit":     DeedAudit,
	"GET /audit.csv": DeedAudit,
	"GET /status":    DeedStatus,

	"GET /setup":       DeedSettings,
	"POST /setup/done": DeedSettings,

	"POST /status/webhooks": DeedWebhooks,
	"POST /status/platform": DeedStatus,

	"POST /calls/{id}/attention": DeedHold, // any deed on the call: which one is asked again
	"POST /calls/hangup":         DeedHangUp,
	"GET /calls/hangup":          DeedHangUp,

	"GET /settings":           DeedSettingsOwn,
	"POST /settings/wishes":   DeedSettingsOwn,
	"POST /settings/display":  DeedSettingsOwn,
	"POST /settings/ringing":  DeedSettingsOwn,
	"POST /settings/calls":    DeedSettingsOwn,
	"POST /settings/toggle":   DeedSettingsOwn,
	"POST /sessions/{id}/end": DeedSettingsOwn,
	"POST /sessions/end":      DeedSettingsOwn,
}

// Routes returns what somebody does who asks for each route, "" for those that
// are open to anybody.
func Routes() map[string]Deed { return maps.Clone(routes) }

// RouteRole returns the least role that may ask for the route: NoRole for one
// that is open to anybody. It is false if the route has no row: then nobody
// may.
func RouteRole(pattern string) (Role, bool) {
	d, ok := routes[pattern]
	if !ok || d == public {
		return NoRole, ok
	}
	return d.least()
}

// MayRoute decides whether p may ask for the route at all. On which calls is
// for [Person.MayOn].
func (p Person) MayRoute(pattern string) Decision {
	d, ok := routes[pattern]
	if ok && d == public {
		return Decision{OK: true, Through: p.Member}
	}
	if reason := p.standing(); reason != "" {
		return no(reason)
	}
	least, known := d.least()
	switch {
	case !ok || !known:
		return no(ReasonUnknown)
	case p.Role < least:
		return no("role_" + p.Role.String())
	}
	return Decision{OK: true, Through: p.Member}
}
