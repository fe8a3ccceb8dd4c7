package handlers

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// showStatus shows what works, what does not, and why.
func (h *handlers) showStatus(w http.ResponseWriter, r *http.Request, a actor) error {
	snap := h.Control.Board(a.Actor).Snapshot()
	m := views.StatusPageModel{List: views.NewStatus(snap.Health, time.Now()), Address: h.publicAddress(r, a),
		Versions: versions(), ClientRefused: h.Control.Grants.ClientRefused()}
	for _, s := range sipgate.Scopes {
		m.Scopes = append(m.Scopes, views.Scope{Name: s, Granted: a.SignIn.Granted(s)})
	}
	m.Unreadable = h.Control.Unreadable.Of(a.Account)
	m.Unreadable["calls"] = snap.Health.Unreadable
	m.Polling, m.LastPoll = h.polling.Count(a.Account)
	m.List.SignedIn = h.Control.MemberCount(a.Account)
	problems, err := h.Control.SignInProblems(r.Context(), a.Actor)
	if err != nil {
		return err
	}
	for _, p := range problems {
		key := views.Reason(sipgate.Unauthorized)
		if p.Unsaved {
			key = "unsaved"
		}
		m.AuthFailed = append(m.AuthFailed, views.FailedMember{Name: p.Name, Problem: key})
	}
	m.Platform = h.platformModel(r, a)
	if a.May(team.ManageSettings).OK {
		m.Server = h.serverModel(r)
	}
	if m.Webhooks, err = h.webhooks(r, a); err != nil {
		return err
	}
	return web.Show(w, r, http.StatusOK, views.StatusPage(h.page(r, a), m))
}

// maxProblems is how many problems of the log the page shows.
const maxProblems = 10

// serverModel returns how the program does on its server.
func (h *handlers) serverModel(r *http.Request) *views.ServerModel {
	size, free, err := h.Space(r.Context())
	m := &views.ServerModel{Size: size, Free: free, Postgres: h.Postgres}
	if err != nil {
		m.Failure = cmp.Or(h.Unavailable(err), web.CodeBusy)
	}
	made, on, err := h.Backup()
	m.Backup, m.BackedUp, m.BackupFailed = on, made, err != nil
	m.Certificate = h.Certificate()
	m.Reader, m.LogLevel = web.ClientIP(r).String(), strings.ToLower(h.LogLevel.Level().String())
	for _, f := range h.proxy.Findings() {
		finding := views.ProxyFinding{Fault: string(f.Fault), Address: f.Proxy.String()}
		for _, s := range f.Settings {
			finding.Settings = append(finding.Settings, views.Option{Label: s.Program, Value: s.Line})
		}
		m.Proxy = append(m.Proxy, finding)
	}
	nodes, err := h.NodeList(r.Context())
	if err != nil {
		m.Failure = cmp.Or(m.Failure, h.Unavailable(err), web.CodeBusy)
	}
	for _, n := range nodes { // the page is made at the team's home
		m.Nodes = append(m.Nodes, views.Node(n))
	}
	problems := h.Problems()
	for _, p := range problems[:min(len(problems), maxProblems)] {
		m.Problems = append(m.Problems, views.LogProblem{Message: p.Message, Count: p.Count, At: p.At})
	}
	return m
}

// platformModel returns what the account can do.
func (h *handlers) platformModel(r *http.Request, a actor) views.PlatformModel {
	c := h.Control.CapabilitiesOf(r.Context(), a.Actor)
	m := views.PlatformModel{Name: string(c.Platform), Evidence: c.Evidence, DetectedAt: c.DetectedAt}
	abilities := slices.Clone(team.Abilities)
	for _, missing := range c.Refused { // what every account has as a rule is named only then
		if !slices.Contains(abilities, missing) {
			abilities = append(abilities, missing)
		}
	}
	for _, ability := range abilities {
		m.Capabilities = append(m.Capabilities, views.Capability{Name: string(ability), Supported: h.Control.Can(a.Account, ability), Assumed: h.Control.Assumed(a.Account, ability)})
	}
	return m
}

// detectPlatform detects again what the account can do.
func (h *handlers) detectPlatform(w http.ResponseWriter, r *http.Request, a actor) error {
	if err := h.Control.DetectCapabilities(r.Context(), a.Actor); err != nil {
		return err
	}
	return web.Redirect(w, r, "/status#platform")
}

type logLevelForm struct {
	Level string `form:"level,required"`
}

// setLogLevel changes how much is logged until the program ends.
func (h *handlers) setLogLevel(w http.ResponseWriter, r *http.Request, a actor) error {
	form, err := web.Decode[logLevelForm](w, r)
	if err != nil {
		return err
	}
	if !slices.Contains(views.LogLevels, form.Level) {
		return web.BadParam("level")
	}
	err = h.Control.Audited(r.Context(), a.Actor, team.ManageSettings, "log "+form.Level, "", func(context.Context) error {
		web.SetLogLevel(h.Log, h.LogLevel, form.Level)
		return nil
	})
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/status#st-server")
}

// webhooks returns where sipgate sends push events, and where it would. Our own
// address is secret and shown only to members who may set it.
func (h *handlers) webhooks(r *http.Request, a actor) (views.WebhookModel, error) {
	health := h.Receiver.Health(a.Account)
	m := views.WebhookModel{MayManage: a.May(team.ManageWebhooks).OK, LastEvent: h.Control.LastEvents(a.Account)[""], Refused: health.Refused}
	hooks, err := h.Control.WebhooksOf(r.Context(), a.Actor)
	if err != nil {
		return m, err
	}
	if m.MayManage {
		m.Ours = views.WebhookURLs{Incoming: hooks.Ours, Outgoing: hooks.Ours}
	}
	if m.ByHand = hooks.ByHand; m.ByHand {
		m.Channels = h.channelWebhooks(a.Account, hooks)
		return m, nil
	}
	m.Previous, m.Current, m.Set = views.WebhookURLs(hooks.Previous), views.WebhookURLs(hooks.Now), hooks.Set()
	if hooks.ReadErr != nil {
		m.Problem = problem(hooks.ReadErr)
	}
	return m, nil
}

// channelWebhooks returns of which channels events have come.
func (h *handlers) channelWebhooks(account string, hooks callcontrol.Webhooks) (all []views.ChannelWebhook) {
	last := h.Control.LastEvents(account)
	for _, c := range hooks.Channels {
		all = append(all, views.ChannelWebhook{Name: c.Name, LastEvent: last[c.ID]})
	}
	return all
}

type webhooksForm struct {
	Do string `form:"do"` // "set" or "remove"
}

// setWebhooks makes sipgate send push events here, or again to where it sent
// them before.
func (h *handlers) setWebhooks(w http.ResponseWriter, r *http.Request, a actor) error {
	form, err := web.Decode[webhooksForm](w, r)
	if err != nil {
		return err
	}
	if form.Do != "set" && form.Do != "remove" {
		return web.BadParam("do")
	}
	if err := h.Control.SetWebhooks(r.Context(), a.Actor, form.Do == "set"); err != nil {
		return err
	}
	return web.Redirect(w, r, "/status")
}

// versions are those that a report of a fault should name.
func versions() []views.Option {
	b := web.ReadBuild()
	callboard := b.Version
	if b.Commit != "" {
		callboard += " (" + b.Commit + ")"
	}
	return []views.Option{{Label: "Callboard", Value: callboard}, {Label: "Go", Value: b.Go}}
}
