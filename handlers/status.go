package handlers

import (
	"context"
	"net/http"
	"runtime/debug"
	"strings"

	"callboard/sipgate"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// status shows what works, what does not, and why.
func (h *handlers) status(w http.ResponseWriter, r *http.Request, v Visitor) error {
	snap := h.Exchange.Board(v.Account).Snapshot()
	m := views.StatusPageModel{List: statusOf(snap.Health), PublicURL: h.PublicURL.String(),
		Local: h.PublicURL.Scheme == "http", Versions: versions()}
	for _, s := range sipgate.Scopes {
		m.Scopes = append(m.Scopes, views.Scope{Name: s, Granted: v.may(s)})
	}
	m.List.Members = h.personsOf(v.Account)
	for _, id := range snap.Health.AuthFailed {
		p, _ := h.People.Get(team.MemberID{Account: v.Account, User: sipgate.UserID(id)})
		if id == serviceID {
			p.Name = serviceName
		}
		m.SetAside = append(m.SetAside, views.SetAside{Name: p.Name, Problem: views.Reason(int(sipgate.Unauthorized))})
	}
	m.Platform = h.platformModel(r.Context(), v)
	var err error
	if m.Webhooks, err = h.webhooks(r.Context(), v); err != nil {
		return err
	}
	return web.Show(w, r, http.StatusOK, views.StatusPage(h.about(r, v), m))
}

// webhooks tells where sipgate sends push events, and where it would. Our own
// address is shown only to who may set it.
func (h *handlers) webhooks(ctx context.Context, v Visitor) (views.WebhookModel, error) {
	health := h.receiver.Health(v.Account)
	m := views.WebhookModel{May: v.Person.May(team.ManageWebhooks).OK, LastEvent: health.LastEvent.Local(), Refused: health.Refused}
	if health.LastEvent.IsZero() {
		m.LastEvent = health.LastEvent
	}
	ours := PushURL(h.PublicURL, h.Key, v.Account)
	if m.May {
		m.Ours = views.Webhooks{Incoming: ours, Outgoing: ours}
	}
	before, kept, err := h.Hooks.Previous(ctx, v.Account)
	if err != nil {
		return m, err
	}
	if kept {
		m.Before = views.Webhooks(before)
	}
	now, err := h.clientOf(v).PushSettings(ctx)
	if err != nil {
		m.Problem = problem(err)
		return m, nil
	}
	m.Now = views.Webhooks{Incoming: now.IncomingURL, Outgoing: now.OutgoingURL}
	m.Set = now.IncomingURL == ours && now.OutgoingURL == ours
	return m, nil
}

type webhooksForm struct {
	Do string `form:"do"` // "set" or "remove"
}

// setWebhooks makes sipgate send push events here, or again to where it sent
// them before. It reads all settings and writes them back, so that nothing else
// changes.
func (h *handlers) setWebhooks(w http.ResponseWriter, r *http.Request, v Visitor) error {
	form, err := web.Decode[webhooksForm](w, r)
	if err != nil {
		return err
	}
	if form.Do != "set" && form.Do != "remove" {
		return web.BadParam("do")
	}
	ctx := context.WithoutCancel(r.Context())
	err = h.onRecord(ctx, h.entry(r, v, team.ManageWebhooks, form.Do), func() error { return h.switchWebhooks(ctx, v, form.Do == "set") })
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/status")
}

func (h *handlers) switchWebhooks(ctx context.Context, v Visitor, on bool) error {
	client, ours := h.clientOf(v), PushURL(h.PublicURL, h.Key, v.Account)
	s, err := client.PushSettings(ctx)
	if err != nil {
		return err
	}
	if on {
		if s.IncomingURL != ours || s.OutgoingURL != ours {
			if err := h.Hooks.Save(ctx, v.Account, team.WebhookURLs{Incoming: s.IncomingURL, Outgoing: s.OutgoingURL}); err != nil {
				return err
			}
		}
		s.IncomingURL, s.OutgoingURL = ours, ours
		return client.SetPushSettings(ctx, s)
	}
	before, _, err := h.Hooks.Previous(ctx, v.Account)
	if err != nil {
		return err
	}
	s.IncomingURL, s.OutgoingURL = before.Incoming, before.Outgoing
	if err := client.SetPushSettings(ctx, s); err != nil {
		return err
	}
	return h.Hooks.Forget(ctx, v.Account)
}

func versions() []views.Choice {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	return []views.Choice{{Label: "Callboard", Value: info.Main.Version}, {Label: "Go", Value: strings.TrimPrefix(info.GoVersion, "go")}}
}
