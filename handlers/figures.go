package handlers

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/stats"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// figuresPatience is how long the page of figures waits for sipgate, before it
// says that they are being read.
const figuresPatience = 4 * time.Second

// figuresPage shows how many calls there were, and to leads, whose.
func (h *handlers) figuresPage(w http.ResponseWriter, r *http.Request, v Visitor) error {
	name := cmp.Or(r.URL.Query().Get("span"), views.FigureSpans[0])
	span, ok := spanOf(name, time.Now())
	if !ok {
		return web.BadParam("span")
	}
	ctx, cancel := context.WithTimeout(r.Context(), figuresPatience)
	defer cancel()
	m := views.FiguresModel{Span: name, Report: h.figures.Read(ctx, v.Account, span, h.historians(v.Account)),
		People: v.Person.May(team.ViewMemberStats).OK, Walls: v.Person.May(team.ManageWallboards).OK}
	m.AsOf = m.AsOf.Local()
	m.Neo = !h.Platforms.Get(v.Account).Can(team.AbilityCallHistory)
	if m.Err != nil {
		m.Reason = problem(m.Err)
	}
	waits, err := h.Journal.WaitTimes(r.Context(), v.Account, span.From())
	if err != nil {
		return err
	}
	m.Waited, m.Longest = waits.Calls, waits.Longest
	for _, c := range h.Exchange.Board(v.Account).Snapshot().Calls {
		switch {
		case !h.sees(v, c) || c.Phase == switchboard.Ended:
		case c.Phase == switchboard.Ringing:
			m.Ringing++
		default:
			m.Talking++
		}
	}
	if m.People {
		h.countPeople(v.Account, &m)
	}
	return web.Show(w, r, http.StatusOK, views.Figures(h.about(r, v), m))
}

// spanOf is the span that a name in an address means.
func spanOf(name string, now time.Time) (stats.Span, bool) {
	switch name {
	case "today":
		return stats.Day(now), true
	case "yesterday":
		return stats.Day(now.AddDate(0, 0, -1)), true
	case "week":
		return stats.Days(now, 7), true
	}
	return stats.Span{}, false
}

// countPeople adds what each member did, as far as it is known whose the
// telephones are.
func (h *handlers) countPeople(account string, m *views.FiguresModel) {
	crew := h.figures.ExtensionOwners(done, account, h.historians(account))
	people, unowned := m.Report.ByMember(crew.ByExtension)
	m.Unowned, m.Asking = unowned, crew.Loading
	for u, did := range people {
		who, _ := h.People.Get(team.MemberID{Account: account, User: u})
		m.Members = append(m.Members, views.FiguresMember{Name: cmp.Or(who.Name, crew.Names[u], string(u)), MemberCounts: did})
	}
	slices.SortFunc(m.Members, func(a, b views.FiguresMember) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.Name, b.Name))
	})
}

// done is for those who take what is known and do not wait for more.
var done = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// mostHistorians is how many members' access is tried for the figures.
const mostHistorians = 3

// historians are those through whom a team's history is read: who is on the
// board and has the most to say, and the service account last.
func (h *handlers) historians(account string) func() []stats.Source {
	return func() []stats.Source {
		board := h.Exchange.Board(account)
		aside := board.Snapshot().Health.AuthFailed
		var people []team.Member
		var found []stats.Source
		for _, id := range board.Members() {
			if p, ok := h.People.Get(team.MemberID{Account: account, User: sipgate.UserID(id)}); ok && !slices.Contains(aside, id) {
				people = append(people, p)
			}
		}
		slices.SortStableFunc(people, func(a, b team.Member) int { return int(b.Role) - int(a.Role) })
		for _, p := range people[:min(len(people), mostHistorians)] {
			found = append(found, h.Client(h.Grants.Credentials(p.MemberID)))
		}
		if board.HasMember(serviceID) {
			found = append(found, h.service.client)
		}
		return found
	}
}
