package handlers

import (
	"cmp"
	"net/http"
	"slices"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
)

// people shows who is in the team.
func (h *handlers) people(w http.ResponseWriter, r *http.Request, v Visitor) error {
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
	return show(w, r, http.StatusOK, views.Team(h.about(r, v), m))
}

// aPerson does something to one member of the visitor's own team, on record.
func (h *handlers) aPerson(what string, do func(r *http.Request, by, who team.MemberID) error) visitorHandler {
	return func(w http.ResponseWriter, r *http.Request, v Visitor) error {
		p, err := h.personOf(r, v)
		if err != nil {
			return err
		}
		return h.onPerson(w, r, v, p, what, func() error { return do(r, v.member(), p.MemberID) })
	}
}

// personOf finds the member of the visitor's own team that the address names.
func (h *handlers) personOf(r *http.Request, v Visitor) (team.Member, error) {
	p, known := h.People.Get(team.MemberID{Account: v.Account, User: sipgate.UserID(r.PathValue("user"))})
	if !known {
		return p, team.ErrNoMember
	}
	return p, nil
}

// onPerson puts on record what is done to somebody, and shows the team.
func (h *handlers) onPerson(w http.ResponseWriter, r *http.Request, v Visitor, p team.Member, what string, do func() error) error {
	e := h.entry(r, v, team.ManageMembers, what)
	e.Parties = cmp.Or(p.Name, string(p.User))
	if err := h.onRecord(r.Context(), e, do); err != nil {
		return err
	}
	http.Redirect(w, r, "/team", http.StatusSeeOther)
	return nil
}

func (h *handlers) setRole(w http.ResponseWriter, r *http.Request, v Visitor) error {
	p, err := h.personOf(r, v)
	if err != nil {
		return err
	}
	in, err := read(w, r, "role")
	if err != nil {
		return err
	}
	role, err := team.ParseRole(in.Text("role"))
	if in.err != nil {
		return in.err
	}
	if err != nil {
		return err
	}
	return h.onPerson(w, r, v, p, "role "+role.String(), func() error {
		return h.People.SetRole(r.Context(), v.member(), p.MemberID, role)
	})
}

func (h *handlers) removePerson(r *http.Request, by, who team.MemberID) error {
	return h.People.Remove(r.Context(), by, who)
}

func (h *handlers) restorePerson(r *http.Request, by, who team.MemberID) error {
	return h.People.Restore(r.Context(), by, who)
}

func (h *handlers) signOutPerson(r *http.Request, _, who team.MemberID) error {
	return h.Sessions.EndAll(r.Context(), Visitor{Account: who.Account, User: who.User}.Subject())
}
