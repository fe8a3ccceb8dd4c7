package handlers

import (
	"cmp"
	"net/http"
	"slices"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// showTeam shows the members of the team.
func (h *handlers) showTeam(w http.ResponseWriter, r *http.Request, v Visitor) error {
	board := h.Exchange.Board(v.Account)
	here, snap := board.Members(), board.Snapshot()
	m := views.TeamModel{Manage: v.Person.May(team.ManageMembers).OK}
	for _, p := range h.People.List(v.Account) {
		id := switchboard.MemberID(p.User)
		p.LastActive = p.LastActive.Local()
		m.Members = append(m.Members, views.TeamMember{Member: p, Self: p.MemberID == v.member(), Online: slices.Contains(here, id),
			OnCall: slices.ContainsFunc(snap.Calls, func(c switchboard.Call) bool {
				return c.Phase == switchboard.Connected && slices.Contains(c.MemberIDs, id)
			})})
	}
	return web.Show(w, r, http.StatusOK, views.Team(h.about(r, v), m))
}

// updateMember does something to one member of the visitor's own team, and
// audits it.
func (h *handlers) updateMember(what string, do func(r *http.Request, by, member team.MemberID) error) visitorHandler {
	return func(w http.ResponseWriter, r *http.Request, v Visitor) error {
		m, err := h.memberOf(r, v)
		if err != nil {
			return err
		}
		return h.auditMember(w, r, v, m, what, func() error { return do(r, v.member(), m.MemberID) })
	}
}

// memberOf returns the member of the visitor's own team that the address names.
func (h *handlers) memberOf(r *http.Request, v Visitor) (team.Member, error) {
	m, ok := h.People.Get(team.MemberID{Account: v.Account, User: sipgate.UserID(r.PathValue("user"))})
	if !ok {
		return m, team.ErrNoMember
	}
	return m, nil
}

// auditMember does something to the member m, audits it, and leads to the team.
func (h *handlers) auditMember(w http.ResponseWriter, r *http.Request, v Visitor, m team.Member, what string, do func() error) error {
	e := h.entry(r, v, team.ManageMembers, what)
	e.Parties = cmp.Or(m.Name, string(m.User))
	if err := h.onRecord(r.Context(), e, do); err != nil {
		return err
	}
	return web.Redirect(w, r, "/team")
}

type roleForm struct {
	Role string `form:"role"`
}

func (h *handlers) setRole(w http.ResponseWriter, r *http.Request, v Visitor) error {
	m, err := h.memberOf(r, v)
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
	return h.auditMember(w, r, v, m, "role "+role.String(), func() error {
		return h.People.SetRole(r.Context(), v.member(), m.MemberID, role)
	})
}

func (h *handlers) removeMember(r *http.Request, by, member team.MemberID) error {
	return h.People.Remove(r.Context(), by, member)
}

func (h *handlers) restoreMember(r *http.Request, by, member team.MemberID) error {
	return h.People.Restore(r.Context(), by, member)
}

func (h *handlers) signOutMember(r *http.Request, _, member team.MemberID) error {
	return h.Sessions.EndAll(r.Context(), Visitor{Account: member.Account, User: member.User}.Subject())
}
