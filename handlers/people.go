package handlers

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
)

// people shows who is in the team.
func (h *handlers) people(w http.ResponseWriter, r *http.Request, v Visitor) error {
	board := h.Exchange.Board(v.Account)
	here, snap := board.Members(), board.Snapshot()
	m := views.TeamModel{Manage: v.Person.May(team.DeedPeople).OK}
	for _, p := range h.People.List(v.Account) {
		id := switchboard.MemberID(p.User)
		p.Seen = p.Seen.Local()
		m.Members = append(m.Members, views.TeamMember{Person: p, Self: p.Member == v.member(), Online: slices.Contains(here, id),
			OnCall: slices.ContainsFunc(snap.Calls, func(c switchboard.Call) bool {
				return c.Phase == switchboard.Talking && slices.Contains(c.People, id)
			})})
	}
	return show(w, r, http.StatusOK, views.Team(h.about(r, v), m))
}

// aPerson does something to one member of the visitor's own team, on record.
func (h *handlers) aPerson(what string, do func(r *http.Request, by, who team.Member) error) visitorHandler {
	return func(w http.ResponseWriter, r *http.Request, v Visitor) error {
		who := team.Member{Account: v.Account, User: sipgate.UserID(r.PathValue("user"))}
		e := h.entry(r, v, team.DeedPeople, strings.TrimSpace(what+" "+r.PostFormValue("role")))
		p, _ := h.People.Get(who)
		e.Parties = cmp.Or(p.Name, string(who.User))
		if err := h.onRecord(r.Context(), e, func() error { return do(r, v.member(), who) }); err != nil {
			return err
		}
		http.Redirect(w, r, "/team", http.StatusSeeOther)
		return nil
	}
}

func (h *handlers) setRole(r *http.Request, by, who team.Member) error {
	role, err := team.ParseRole(r.PostFormValue("role"))
	if err != nil {
		return err
	}
	return h.People.SetRole(r.Context(), by, who, role)
}

func (h *handlers) removePerson(r *http.Request, by, who team.Member) error {
	return h.People.Remove(r.Context(), by, who)
}

func (h *handlers) restorePerson(r *http.Request, by, who team.Member) error {
	return h.People.Restore(r.Context(), by, who)
}

func (h *handlers) signOutPerson(r *http.Request, _, who team.Member) error {
	return h.Sessions.EndAll(r.Context(), Visitor{Account: who.Account, User: who.User}.Subject())
}
