package handlers

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/stats"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// statsTimeout bounds how long the page waits for sipgate before it shows that
// the counts are being read: somewhat longer than two requests take while a
// watched board reads its lists.
const statsTimeout = 6 * time.Second

// showStats shows how many calls there were and, to leads, those of each member.
func (h *handlers) showStats(w http.ResponseWriter, r *http.Request, a actor) error {
	name := cmp.Or(r.URL.Query().Get("span"), views.StatsSpans[0])
	span, ok := spanOf(name, time.Now().In(h.zone(a)))
	if !ok {
		return web.BadParam("span")
	}
	ctx, cancel := context.WithTimeout(r.Context(), statsTimeout)
	defer cancel()
	m := views.StatsModel{Span: name, Report: h.Stats.Read(ctx, a.Account, span, h.statsSources(a.Account)),
		ShowMembers: a.May(team.ViewMemberStats).OK, MayManageWallboards: a.May(team.ManageWallboards).OK}
	m.Neo = !h.Control.Can(a.Account, team.AbilityCallHistory)
	if m.Err != nil {
		m.Reason = problem(m.Err)
	}
	waits, err := h.Control.Journal.WaitTimes(r.Context(), a.Account, span.From())
	if err != nil {
		return err
	}
	m.WaitCount, m.LongestWait = waits.Calls, waits.Longest
	m.Ringing, m.Connected = switchboard.CountLive(h.Control.Visible(a.Actor, h.Control.Board(a.Actor).Snapshot().Calls))
	if m.ShowMembers {
		h.addMemberStats(a.Account, &m)
	}
	return web.Show(w, r, http.StatusOK, views.Stats(h.page(r, a), m))
}

// showToday shows the figures of today in one line, for a board that is open.
func (h *handlers) showToday(w http.ResponseWriter, r *http.Request, a actor) error {
	today := stats.Day(time.Now().In(h.zone(a)))
	ctx, cancel := context.WithTimeout(r.Context(), statsTimeout)
	defer cancel()
	m := views.TodayModel{Zone: h.zone(a), Report: h.Stats.Read(ctx, a.Account, today, h.statsSources(a.Account)),
		Neo: !h.Control.Can(a.Account, team.AbilityCallHistory)}
	waits, err := h.Control.Journal.WaitTimes(r.Context(), a.Account, today.From())
	if err != nil {
		return err
	}
	m.LongestWait = waits.Longest
	return web.Show(w, r, http.StatusOK, views.TodayLine(langOf(r, a), m))
}

// spanOf returns the span that a name in an address means.
func spanOf(name string, now time.Time) (stats.Span, bool) {
	switch name {
	case "today":
		return stats.Day(now), true
	case "yesterday":
		return stats.Day(stats.Day(now).From().Add(-time.Second)), true
	case "week":
		return stats.Days(now, 7), true
	}
	return stats.Span{}, false
}

// addMemberStats adds the counts of each member, as far as it is known to whom
// the extensions belong.
func (h *handlers) addMemberStats(accountID string, m *views.StatsModel) {
	roster := h.Control.Rosters.Of(accountID).Snapshot() // before it is read again: it stays valid meanwhile
	h.Control.Rosters.Of(accountID).Load()
	counts, unowned := m.Report.ByMember(roster.Owners)
	m.Unassigned, m.OwnersPending = unowned, !roster.Known()
	m.Members = statsMembers(counts, func(user sipgate.UserID) string { return h.memberName(accountID, user) })
}

// statsMembers returns the counts of members in the order of their names. Members
// of the same name are always in the same order.
func statsMembers(counts map[sipgate.UserID]stats.MemberCounts, name func(sipgate.UserID) string) (all []views.StatsMember) {
	for _, user := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, views.StatsMember{Name: name(user), MemberCounts: counts[user]})
	}
	slices.SortStableFunc(all, func(a, b views.StatsMember) int { return sipgate.CompareNames(a.Name, b.Name) })
	return all
}

// memberName returns the name of a user of the account, signed in or not.
func (h *handlers) memberName(accountID string, user sipgate.UserID) string {
	return cmp.Or(h.Control.MemberName(team.MemberID{Account: accountID, User: user}), string(user))
}

// statsSources returns through whom an account's history is read.
func (h *handlers) statsSources(accountID string) func() []stats.Source {
	return func() (all []stats.Source) {
		for _, client := range h.Control.HistoryReaders(accountID) {
			all = append(all, client)
		}
		return all
	}
}

// cancelled is the context of readers that take what is known without waiting.
var cancelled = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()
