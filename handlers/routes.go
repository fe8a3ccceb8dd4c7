package handlers

import (
	"net/http"

	"callboard/sipgate/team"
	"callboard/static"
	"callboard/web"
)

// A Route is an address of the dashboard and the permission that it needs.
type Route struct {
	Pattern string

	// Permission is what a member's role must allow. On a call, and for past
	// calls, it is decided again for that call. It is empty for public routes,
	// which need no session or decide themselves.
	Permission team.Permission

	team    teamOf // of a request; nil for what any node can serve
	handler web.Handler
}

// uploadPattern is that of the route that takes files.
const uploadPattern = "POST /announcements"

// Routes returns all routes.
func Routes() []Route {
	return (&handlers{Deps: Deps{Login: new(web.Login)}}).routes()
}

// mux serves the routes.
func (h *handlers) mux() *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range h.routes() {
		mux.Handle(r.Pattern, h.errors.Handle(h.atHome(r)))
	}
	mux.Handle("GET /static/", static.Handler(h.Demo))
	return mux
}

// routes returns all routes but those of static files. Public ones are few: the
// sign-in, the way back from sipgate, what sipgate itself requests
// (announcements at unguessable addresses, push events), screens on a wall.
func (h *handlers) routes() (all []Route) {
	public := func(pattern string, of teamOf, f web.Handler) { all = append(all, Route{pattern, "", of, f}) }
	signed := func(pattern string, p team.Permission, f actorHandler) {
		all = append(all, Route{pattern, p, h.sessionTeam, h.signed(p, f)})
	}
	watching := func(pattern string, p team.Permission, f actorHandler) {
		all = append(all, Route{pattern, p, h.sessionTeam, h.watching(p, f)})
	}

	public("GET /login", anywhere, h.showSignIn)
	public("POST /login", anywhere, h.startLogin)
	public("GET "+callbackPath, anywhere, h.returnFromLogin)
	public("GET /a/{file}", h.publishedTeam, h.servePublished)
	public("POST /push/{secret}", h.pushTeam, h.push)
	public("GET /healthz", anywhere, h.healthy)
	public("GET /readyz", anywhere, h.ready)
	public("GET /session", h.sessionTeam, h.session)
	public("GET /gallery", anywhere, h.showGallery) // in the demo
	public("GET /gallery/{name}", anywhere, h.showExample)
	public("GET /wall/{token}", h.wallboardTeam, h.showWallboard)
	public("GET /wall/{token}/feed", h.wallboardTeam, h.connectWallboard)
	public("GET /wall/{token}/poll", h.wallboardTeam, h.pollWallboard)

	signed("GET /{$}", team.ViewBoard, h.showBoard)
	watching("GET /feed", team.ViewBoard, h.connectFeed)
	watching("GET /calls/{id}/feed", team.ViewBoard, h.connectCallFeed)
	watching("GET /feed/poll", team.ViewBoard, h.pollFeed)
	watching("GET /missed", team.ViewBoard, h.showMissed)
	public("POST /logout", h.sessionTeam, h.withSession(h.signOut)) // also for members who may do nothing any more

	signed("GET /find", team.ViewBoard, h.find) // whom to call for those only who may
	signed("GET /search", team.StartCall, h.search)
	signed("POST /calls", team.StartCall, h.offerAmbiguous(h.newCallDialog, h.startCall))
	signed("GET /calls/new", team.StartCall, h.newCallDialog)
	signed("GET /starting/{id}", team.StartCall, h.showProgress)
	signed("GET /calls/hangup", team.HangUp, h.hangUpDialog)
	signed("POST /calls/hangup", team.HangUp, h.hangUpSeveral)
	signed("GET /calls/{id}", team.SeeCall, h.showCall)
	signed("GET /calls/{id}/card", team.SeeCall, h.showCallerCard)
	signed("POST /calls/{id}/notes", team.WriteNote, h.addNote)
	signed("GET /calls/{id}/transfer", team.Transfer, h.callDialog(team.Transfer, h.transferDialog))
	signed("GET /calls/{id}/keypad", team.SendTones, h.callDialog(team.SendTones, h.keypadDialog))
	signed("GET /calls/{id}/announce", team.PlayAnnouncement, h.callDialog(team.PlayAnnouncement, h.announceDialog))
	signed("GET /calls/{id}/record", team.Record, h.callDialog(team.Record, h.recordDialog))
	signed("POST /calls/{id}/hold", team.Hold, command(h, holdAction))
	signed("POST /calls/{id}/muted", team.Mute, command(h, muteAction))
	signed("POST /calls/{id}/recording", team.Record, command(h, h.recordAction))
	signed("POST /calls/{id}/dtmf", team.SendTones, command(h, tonesAction))
	signed("POST /calls/{id}/transfer", team.Transfer, h.offerAmbiguous(h.callDialog(team.Transfer, h.transferDialog), command(h, h.transferAction)))
	signed("POST /calls/{id}/cancel-consultation", team.CancelConsultation, command(h, cancelConsultationAction))
	signed("POST /calls/{id}/announcements", team.PlayAnnouncement, command(h, h.announceAction))
	signed("POST /calls/{id}/hangup", team.HangUp, command(h, hangUpAction))
	signed("POST /calls/{id}/undo", team.UndoHangUp, h.undo)
	signed("POST /calls/{id}/claim", team.Hold, h.claim) // which verb is decided again

	signed("GET /announcements", team.ViewAnnouncements, h.showAnnouncements)
	signed(uploadPattern, team.ManageAnnouncements, h.upload)
	signed("GET /announcements/{id}/audio", team.ViewAnnouncements, h.serveAudio)
	signed("GET /announcements/{id}/play-to-me", team.StartCall, h.playDialog)
	signed("POST /announcements/{id}/play-to-me", team.StartCall, h.playToDevice)
	signed("POST /announcements/{id}/favourite", team.ViewAnnouncements, h.setFavourite)
	signed("POST /announcements/{id}/rename", team.ManageAnnouncements, h.renameAnnouncement)
	signed("POST /announcements/{id}/delete", team.ManageAnnouncements, h.deleteAnnouncement)

	signed("GET /history", team.ViewOwnHistory, h.showHistory)
	signed("GET /history.csv", team.ViewOwnHistory, h.historyCSV)
	watching("GET /history/news", team.ViewOwnHistory, h.historyUpdates)
	signed("GET /history/{id}", team.ViewOwnHistory, h.showEntry)
	signed("POST /history/{id}/note", team.EditOwnHistory, updateEntry(h, entryNote))
	signed("POST /history/{id}/star", team.EditOwnHistory, updateEntry(h, entryStar))
	signed("POST /history/{id}/archive", team.EditOwnHistory, updateEntry(h, entryArchive))
	signed("POST /history/{id}/read", team.EditOwnHistory, updateEntry(h, entryRead))
	signed("GET /history/{id}/recordings/{recording}", team.ViewOwnHistory, h.serveRecording)
	signed("GET /history/{id}/recordings/{recording}/outline", team.ViewOwnHistory, h.serveWaveform)

	signed("GET /figures", team.ViewStats, h.showStats)
	watching("GET /figures/today", team.ViewStats, h.showToday)
	signed("GET /walls", team.ManageWallboards, h.showWallboards)
	signed("POST /walls", team.ManageWallboards, h.createWallboard)
	signed("POST /walls/{id}/revoke", team.ManageWallboards, h.revokeWallboard)

	signed("GET /team", team.ViewTeam, h.showTeam)
	signed("POST /team/{user}/favourite", team.EditOwnSettings, h.setFavouriteColleague)
	signed("POST /team/{user}/role", team.ManageMembers, h.setRole)
	signed("POST /team/{user}/remove", team.ManageMembers, h.updateMember("remove", h.removeMember))
	signed("POST /team/{user}/restore", team.ManageMembers, h.restoreMember)
	signed("POST /team/{user}/sign-out", team.ManageMembers, h.updateMember("sign out", h.signOutMember))
	signed("POST /team/default", team.ManageSettings, h.setTeamDefault)
	signed("POST /team/alarms", team.ManageSettings, h.setAlarmLimits)
	signed("GET /greetings", team.EditGreetings, h.showGreetings)
	signed("POST /greetings", team.EditGreetings, h.setGreeting)
	signed("GET /audit", team.ViewAudit, h.showAudit)
	signed("GET /audit.csv", team.ViewAudit, h.auditCSV)
	signed("GET /setup", team.ManageSettings, h.showSetup)
	signed("POST /setup/done", team.ManageSettings, h.finishSetup)
	signed("POST /setup/roles", team.ManageSettings, h.keepRoles)
	signed("GET /status", team.ViewStatus, h.showStatus)
	signed("POST /status/webhooks", team.ManageWebhooks, h.setWebhooks)
	signed("POST /status/log-level", team.ManageSettings, h.setLogLevel)
	signed("GET /relay", team.ManageRelay, h.showRelay)
	signed("POST /relay", team.ManageRelay, h.addRelay)
	signed("POST /relay/{id}/remove", team.ManageRelay, h.removeRelay)
	signed("POST /relay/answers", team.ManageRelay, h.setRelayAnswers)
	signed("POST /status/platform", team.ViewStatus, h.detectPlatform)
	signed("GET /settings", team.EditOwnSettings, h.showSettings)
	signed("POST /settings/wishes", team.EditOwnSettings, h.setConsent)
	signed("POST /settings/display", team.EditOwnSettings, savePreferences(h, "display", applyDisplay))
	signed("POST /settings/ringing", team.EditOwnSettings, savePreferences(h, "ringing", applyRinging))
	signed("POST /settings/calls", team.EditOwnSettings, savePreferences(h, "calls", applyCalls))
	signed("POST /settings/toggle", team.EditOwnSettings, h.toggle)
	signed("GET /menu", team.EditOwnSettings, h.userMenu)
	signed("GET /shortcuts", team.EditOwnSettings, h.shortcuts)
	signed("POST /sessions/{id}/end", team.EditOwnSettings, h.endSession)
	signed("POST /sessions/end", team.EditOwnSettings, h.endSessions)
	return all
}
