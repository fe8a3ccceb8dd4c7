package handlers

import (
	"net/http"

	"callboard/static"
	"callboard/web"
)

// routes are all addresses of the dashboard. Public ones are few: the sign-in,
// the way back from sipgate, files of the page, and what sipgate itself asks
// for (announcements by an unguessable address, and push events).
func (h *handlers) routes() *http.ServeMux {
	mux := http.NewServeMux()
	public := func(pattern string, f web.Handler) { mux.Handle(pattern, h.errors.Handle(f)) }
	signed := func(pattern string, f visitorHandler) { public(pattern, h.signed(f)) }

	public("GET /login", h.signInPage)
	public("POST /login", h.startLogin)
	public("GET /oauth/callback", h.Login.Callback)
	public("GET /a/{file}", h.published)
	public("POST /push/{secret}", h.push)
	public("GET /healthz", h.healthy)
	public("GET /session", h.session)
	mux.Handle("GET /static/", static.Handler(h.Demo))
	public("GET /gallery", h.gallery) // in the demo
	public("GET /gallery/{name}", h.exhibit)

	public("GET /wall/{token}", h.wall)
	public("GET /wall/{token}/feed", h.wallFeed)

	signed("GET /{$}", h.dashboard)
	public("GET /feed", h.feed)
	signed("POST /logout", h.signOut)

	signed("GET /search", h.search)
	signed("POST /calls", h.withChoices(h.newCallSheet, h.newCall))
	signed("GET /calls/new", h.newCallSheet)
	signed("GET /starting/{id}", h.starting)
	signed("GET /calls/hangup", h.hangUpSheet)
	signed("POST /calls/hangup", h.hangUpSeveral)
	signed("GET /calls/{id}", h.callPage)
	signed("POST /calls/{id}/notes", h.note)
	signed("GET /calls/{id}/transfer", h.sheet(h.transferSheet))
	signed("GET /calls/{id}/keypad", h.sheet(h.keypadSheet))
	signed("GET /calls/{id}/announce", h.sheet(h.announceSheet))
	signed("GET /calls/{id}/record", h.sheet(h.recordSheet))
	signed("POST /calls/{id}/hold", command(h, holdAction))
	signed("POST /calls/{id}/muted", command(h, muteAction))
	signed("POST /calls/{id}/recording", command(h, recordAction))
	signed("POST /calls/{id}/dtmf", command(h, tonesAction))
	signed("POST /calls/{id}/transfer", h.withChoices(h.sheet(h.transferSheet), command(h, h.transferAction)))
	signed("POST /calls/{id}/unask", command(h, cancelConsultationAction))
	signed("POST /calls/{id}/announcements", command(h, h.announceAction))
	signed("POST /calls/{id}/hangup", command(h, hangUpAction))

	signed("GET /announcements", h.announcements)
	signed("POST /announcements", h.upload)
	signed("GET /announcements/{id}/audio", h.audio)
	signed("GET /announcements/{id}/play-to-me", h.playSheet)
	signed("POST /announcements/{id}/play-to-me", h.playToMe)
	signed("POST /announcements/{id}/rename", h.renameAnnouncement)
	signed("POST /announcements/{id}/delete", h.deleteAnnouncement)

	signed("GET /history", h.history)
	signed("GET /history.csv", h.historyCSV)
	public("GET /history/news", h.watching(h.historyNews))
	signed("GET /history/{id}", h.historyEntry)
	signed("POST /history/{id}/note", updateEntry(h, entryNote))
	signed("POST /history/{id}/star", updateEntry(h, entryStar))
	signed("POST /history/{id}/archive", updateEntry(h, entryArchive))
	signed("POST /history/{id}/read", updateEntry(h, entryRead))
	signed("GET /history/{id}/recordings/{recording}", h.recording)
	signed("GET /history/{id}/recordings/{recording}/outline", h.outline)

	signed("POST /calls/{id}/undo", h.undo)
	signed("POST /calls/{id}/attention", h.claim)

	signed("GET /figures", h.figuresPage)

	signed("GET /walls", h.showWallboards)
	signed("POST /walls", h.createWallboard)
	signed("POST /walls/{id}/revoke", h.revokeWallboard)

	signed("GET /team", h.showTeam)
	signed("POST /team/{user}/role", h.setRole)
	signed("POST /team/{user}/remove", h.updateMember("remove", h.removeMember))
	signed("POST /team/{user}/restore", h.updateMember("restore", h.restoreMember))
	signed("POST /team/{user}/sign-out", h.updateMember("sign out", h.signOutMember))
	signed("GET /audit", h.audit)
	signed("GET /audit.csv", h.auditCSV)
	signed("GET /setup", h.setup)
	signed("POST /setup/done", h.setupDone)
	signed("GET /status", h.status)
	signed("POST /status/webhooks", h.setWebhooks)
	signed("POST /status/platform", h.findOutAnew)
	signed("GET /settings", h.settings)
	signed("POST /settings/wishes", h.setConsent)
	signed("POST /settings/display", savePreferences(h, "display", applyDisplay))
	signed("POST /settings/ringing", savePreferences(h, "ringing", applyRinging))
	signed("POST /settings/calls", savePreferences(h, "calls", applyCalls))
	signed("POST /settings/toggle", h.toggle)
	signed("POST /sessions/{id}/end", h.endSession)
	signed("POST /sessions/end", h.endSessions)

	return mux
}
