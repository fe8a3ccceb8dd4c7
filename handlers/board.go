package handlers

import (
	"net/http"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// showBoard shows the board.
func (h *handlers) showBoard(w http.ResponseWriter, r *http.Request, a actor) error {
	board := h.Control.Board(a.Actor)
	board.AwaitList(r.Context())
	shown, err := h.feeds.Page(board, h.newBoardView(r, a))
	if err != nil {
		return err
	}
	callBacks, err := h.missedTasks(r, a)
	if err != nil {
		h.Log.Info("read missed calls", "err", err) // the board is shown without
	}
	page := h.page(r, a)
	page.SetupPending = h.needsSetup(r, a)
	page.NoEvents = !page.SetupPending && !shown.Health.HasEvents && a.May(team.ManageWebhooks).OK && !h.Control.ReceivesEvents(a.Account)
	pieces, err := shown.Pieces(r.Context(), page, a.deniedReason(team.StartCall) == "", callBacks)
	if err != nil {
		return err
	}
	return web.ShowPieces(w, r, http.StatusOK, pieces...)
}

// permit returns whether the buttons of a call work for the actor. All need the
// same role and scope; a command is authorized again.
func (h *handlers) permit(a actor, c switchboard.Call) views.Allowed {
	return h.permitBy(a, h.Control.Access(a.Actor, c))
}

func (h *handlers) permitBy(a actor, access team.CallAccess) views.Allowed {
	if reason := a.accessReason(team.Hold); reason != "" {
		return views.Allowed{Reason: reason}
	}
	d := a.MayOnCall(team.Hold, access)
	return views.Allowed{Reason: d.Reason, Person: h.Control.MemberName(d.Of), Unsupported: h.Control.UnsupportedVerbs(a.Account)}
}

// navigation are the entries of the menu with the permissions that they need.
var navigation = []struct {
	name  string
	needs team.Permission
}{
	{"announcements", team.ViewAnnouncements}, {"team", team.ViewTeam}, {"figures", team.ViewStats}, {"audit", team.ViewAudit},
	{"walls", team.ManageWallboards}, {"status", team.ViewStatus}, {"settings", team.EditOwnSettings}, {"setup", team.ManageSettings},
}

// page returns what every page shows of the actor and the request.
func (h *handlers) page(r *http.Request, a actor) views.Page {
	var may, lacks []string
	for _, entry := range navigation {
		if a.May(entry.needs).OK {
			may = append(may, entry.name)
		}
	}
	for _, ability := range team.Abilities {
		if !h.Control.Can(a.Account, ability) {
			lacks = append(lacks, string(ability))
		}
	}
	return views.Page{Unsupported: views.NamesOf(lacks...), Lang: langOf(r, a), MemberID: a.BoardID(), Identity: a.SignIn.Subject(), MemberName: a.SignIn.Name, Path: r.URL.Path,
		Now: time.Now(), Zone: h.zone(a), Fragment: web.WantsFragment(r), Demo: h.Demo, May: views.NamesOf(may...), MayOverride: a.MayAttempt(team.OverrideClaim).OK, Preferences: a.Preferences, Access: accessOf(r, a)}
}

// zone returns the time zone of the actor's team.
func (h *handlers) zone(a actor) *time.Location { return h.Control.Zones.Of(a.Account) }

// formatFor writes numbers and names for an actor, who has private names for
// some numbers.
func (h *handlers) formatFor(a actor) views.Format {
	return views.Format{
		Zone:   h.zone(a),
		Number: sipgate.DisplayNumber,
		Place: func(number string, lang views.Lang) string {
			return sipgate.LocationName(number, lang.String(), h.Control.Numbers.Region)
		},
		MemberName:  func(number string) string { return h.Control.Directory.MemberName(a.Account, number) },
		Greeting:    func(number string) string { return h.Control.Greeting(a.Account, number) },
		PrivateName: func(number string) string { return h.Control.Private.Name(a.MemberID, number) },
	}
}

// problem names why sipgate could not be asked, as a key of the words.
func problem(err error) string { return views.Reason(sipgate.KindOf(err)) }
