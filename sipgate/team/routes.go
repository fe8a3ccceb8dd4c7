package team

import "maps"

// public marks a route that anybody may ask for: it needs no sign-in, or finds
// out itself who asks.
const public Permission = ""

// routes says what somebody does who asks for a route of the dashboard, named
// by the pattern under which the handlers know it. What the routes of a call
// do to it is decided again when the call is known.
var routes = map[string]Permission{
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

	"GET /{$}":  ViewBoard,
	"GET /feed": ViewBoard,

	"GET /search":                    StartCall,
	"POST /calls":                    StartCall,
	"GET /calls/new":                 StartCall,
	"GET /starting/{id}":             StartCall, // one that somebody just started
	"GET /calls/{id}":                SeeCall,
	"GET /calls/{id}/transfer":       Transfer,
	"GET /calls/{id}/keypad":         SendTones,
	"GET /calls/{id}/announce":       PlayAnnouncement,
	"GET /calls/{id}/record":         Record,
	"POST /calls/{id}/hold":          Hold,
	"POST /calls/{id}/muted":         Mute,
	"POST /calls/{id}/recording":     Record,
	"POST /calls/{id}/dtmf":          SendTones,
	"POST /calls/{id}/transfer":      Transfer,
	"POST /calls/{id}/unask":         CancelConsultation,
	"POST /calls/{id}/announcements": PlayAnnouncement,
	"POST /calls/{id}/hangup":        HangUp,
	"POST /calls/{id}/undo":          UndoHangUp,
	"POST /calls/{id}/notes":         WriteNote,

	"GET /announcements":                  ViewAnnouncements,
	"GET /announcements/{id}/audio":       ViewAnnouncements,
	"GET /announcements/{id}/play-to-me":  StartCall,
	"POST /announcements/{id}/play-to-me": StartCall,
	"POST /announcements":                 ManageAnnouncements,
	"POST /announcements/{id}/rename":     ManageAnnouncements,
	"POST /announcements/{id}/delete":     ManageAnnouncements,

	"GET /history":                                     ViewOwnHistory,
	"GET /history.csv":                                 ViewOwnHistory,
	"GET /history/news":                                ViewOwnHistory,
	"GET /history/{id}":                                ViewOwnHistory,
	"POST /history/{id}/note":                          EditOwnHistory, // whose entry it is, is asked again
	"POST /history/{id}/star":                          EditOwnHistory,
	"POST /history/{id}/archive":                       EditOwnHistory,
	"POST /history/{id}/read":                          EditOwnHistory,
	"GET /history/{id}/recordings/{recording}":         ViewOwnHistory,
	"GET /history/{id}/recordings/{recording}/outline": ViewOwnHistory,

	"GET /figures": ViewStats,

	"GET /walls":              ManageWallboards,
	"POST /walls":             ManageWallboards,
	"POST /walls/{id}/revoke": ManageWallboards,

	"GET /team":                  ViewTeam,
	"POST /team/{user}/role":     ManageMembers,
	"POST /team/{user}/remove":   ManageMembers,
	"POST /team/{user}/restore":  ManageMembers,
	"POST /team/{user}/sign-out": ManageMembers,

	"GET /audit":     ViewAudit,
	"GET /audit.csv": ViewAudit,
	"GET /status":    ViewStatus,

	"GET /setup":       ManageSettings,
	"POST /setup/done": ManageSettings,

	"POST /status/webhooks": ManageWebhooks,
	"POST /status/platform": ViewStatus,

	"POST /calls/{id}/attention": Hold, // any deed on the call: which one is asked again
	"POST /calls/hangup":         HangUp,
	"GET /calls/hangup":          HangUp,

	"GET /settings":           EditOwnSettings,
	"POST /settings/wishes":   EditOwnSettings,
	"POST /settings/display":  EditOwnSettings,
	"POST /settings/ringing":  EditOwnSettings,
	"POST /settings/calls":    EditOwnSettings,
	"POST /settings/toggle":   EditOwnSettings,
	"POST /sessions/{id}/end": EditOwnSettings,
	"POST /sessions/end":      EditOwnSettings,
}

// Routes returns what somebody does who asks for each route, "" for those that
// are open to anybody.
func Routes() map[string]Permission { return maps.Clone(routes) }

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
func (p Member) MayRoute(pattern string) Decision {
	d, ok := routes[pattern]
	if ok && d == public {
		return Decision{OK: true, Via: p.MemberID}
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
	return Decision{OK: true, Via: p.MemberID}
}
