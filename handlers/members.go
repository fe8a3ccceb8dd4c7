package handlers

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"callboard/sipgate"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// showTeam shows the members of the team.
func (h *handlers) showTeam(w http.ResponseWriter, r *http.Request, a actor) error {
	return h.respondTeam(w, r, a, http.StatusOK, views.AlarmForm{Limits: h.Control.Alarms.Of(a.Account), Saved: r.URL.Query().Get("saved") == "alarms"})
}

// respondTeam shows the team, with the form of its alarm limits.
func (h *handlers) respondTeam(w http.ResponseWriter, r *http.Request, a actor, status int, alarms views.AlarmForm) error {
	board := h.Control.Board(a.Actor)
	online, onCall := board.Members(), callcontrol.MembersOnCalls(board.Snapshot().Calls)
	m := views.TeamModel{Alarms: alarms, Manage: a.May(team.ManageMembers).OK, SetDefault: a.May(team.ManageSettings).OK, EditGreetings: a.May(team.EditGreetings).OK, Default: h.Control.Members.DefaultConsent(a.Account)}
	devices, favourites := h.Control.Rosters.Of(a.Account).Snapshot().Devices, h.Control.Favourites.Of(a.MemberID)
	for _, member := range h.Control.TeamMembers(a.Account) {
		m.Members = append(m.Members, views.TeamMember{Member: member, Self: member.MemberID == a.MemberID,
			Online: slices.Contains(online, switchboard.MemberID(member.User)), OnCall: onCall[member.User], Favourite: favourites[member.User], Telephones: telephones(devices[member.User])})
	}
	return web.Show(w, r, status, views.Team(h.page(r, a), m))
}

// setFavouriteColleague marks a colleague as one of the actor's favourites, or removes
// the mark. Marks are personal and are not audited.
func (h *handlers) setFavouriteColleague(w http.ResponseWriter, r *http.Request, a actor) error {
	form, err := web.Decode[favouriteForm](w, r)
	if err != nil {
		return err
	}
	user := sipgate.UserID(r.PathValue("user"))
	if err := h.Control.SetFavourite(r.Context(), a.Actor, user, form.Value); err != nil {
		return err
	}
	name := cmp.Or(h.Control.MemberName(team.MemberID{Account: a.Account, User: user}), string(user))
	return web.Respond(w, r, web.Response{JSON: map[string]any{"user": user, "favourite": form.Value},
		Fragment: views.FavouriteSwitch(langOf(r, a), r.URL.Path, name, form.Value), Next: "/team"})
}

// telephoneNames returns the names of the telephones of an account that are known.
func (h *handlers) telephoneNames(account string) map[sipgate.DeviceID]string {
	names := map[sipgate.DeviceID]string{}
	for _, devices := range h.Control.Rosters.Of(account).Snapshot().Devices {
		for _, t := range devices {
			names[t.ID] = t.Alias
		}
	}
	return names
}

// telephones returns the names of devices, and what they do.
func telephones(devices []sipgate.Device) (all []views.Telephone) {
	for _, d := range devices {
		all = append(all, views.Telephone{Name: cmp.Or(d.Alias, string(d.ID)), Online: d.Online, DND: d.DND})
	}
	return all
}

// updateMember does something to one member of the actor's own team, recorded in
// the audit.
func (h *handlers) updateMember(params string, do func(ctx context.Context, by, member team.MemberID) error) actorHandler {
	return func(w http.ResponseWriter, r *http.Request, a actor) error {
		m, err := h.memberOf(r, a)
		if err != nil {
			return err
		}
		return h.auditMember(w, r, a, m, params, do)
	}
}

// memberOf returns the member of the actor's own team that the address names,
// who was not removed.
func (h *handlers) memberOf(r *http.Request, a actor) (team.Member, error) {
	return findMember(r, a, h.Control.Members.Get)
}

func findMember(r *http.Request, a actor, find func(team.MemberID) (team.Member, bool)) (team.Member, error) {
	m, ok := find(team.MemberID{Account: a.Account, User: sipgate.UserID(r.PathValue("user"))})
	if !ok {
		return m, team.ErrNoMember
	}
	return m, nil
}

// auditMember does something to a member, records it, and leads to the team.
func (h *handlers) auditMember(w http.ResponseWriter, r *http.Request, a actor, m team.Member, params string, do func(ctx context.Context, by, member team.MemberID) error) error {
	err := h.Control.Audited(r.Context(), a.Actor, team.ManageMembers, params, cmp.Or(m.Name, string(m.User)), func(ctx context.Context) error {
		return do(ctx, a.MemberID, m.MemberID)
	})
	if err != nil {
		return err
	}
	return respondSaved(w, r, "/team")
}

type roleForm struct {
	Role string `form:"role"`
}

func (h *handlers) setRole(w http.ResponseWriter, r *http.Request, a actor) error {
	m, err := h.memberOf(r, a)
	if err != nil {
		return err
	}
	form, err := web.Decode[roleForm](w, r)
	if err != nil {
		return err
	}
	role, err := team.ParseRole(form.Role)
	if err != nil {
		return err
	}
	return h.auditMember(w, r, a, m, "role "+role.String(), func(ctx context.Context, by, member team.MemberID) error {
		return h.Control.Members.SetRole(ctx, by, member, role)
	})
}

func (h *handlers) removeMember(ctx context.Context, by, member team.MemberID) error {
	return h.Control.Members.Remove(ctx, by, member)
}

// setTeamDefault changes what counts for members who have not chosen.
func (h *handlers) setTeamDefault(w http.ResponseWriter, r *http.Request, a actor) error {
	form, err := web.Decode[consentForm](w, r)
	if err != nil {
		return err
	}
	if err := h.Control.SetTeamDefault(r.Context(), a.Actor, team.Consent{SharesCalls: form.SharesCalls, AllowsLeads: form.AllowsLeads}); err != nil {
		return err
	}
	return web.Redirect(w, r, "/team")
}

// restoreMember takes back a member who was removed.
func (h *handlers) restoreMember(w http.ResponseWriter, r *http.Request, a actor) error {
	m, err := findMember(r, a, h.Control.Members.Known)
	if err != nil {
		return err
	}
	return h.auditMember(w, r, a, m, "restore", h.Control.Members.Restore)
}

func (h *handlers) signOutMember(ctx context.Context, _, member team.MemberID) error {
	return h.Control.Sessions.SignOut(ctx, member)
}
