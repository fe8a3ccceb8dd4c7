package handlers

import (
	"crypto/rand"
	"net/http"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/stats"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// showMissed shows who called today and was not answered, for a board that is open.
func (h *handlers) showMissed(w http.ResponseWriter, r *http.Request, a actor) error {
	tasks, err := h.missedTasks(r, a)
	if err != nil {
		return err
	}
	return web.Show(w, r, http.StatusOK, views.CallBackTray(h.page(r, a), tasks))
}

// missedTasks returns the callers of today, in the team's time zone, that somebody
// should call back.
func (h *handlers) missedTasks(r *http.Request, a actor) (tasks []views.CallBackTask, err error) {
	missed, err := h.Control.Missed(r.Context(), a.Actor, stats.StartOfDay(time.Now().In(h.zone(a))))
	if err != nil || len(missed) == 0 {
		return nil, err
	}
	format, lang := h.formatFor(a), langOf(r, a)
	for _, m := range missed {
		ref := format.Ref(m.Last, lang, "")
		t := views.CallBackTask{ID: string(m.Last.ID), Title: ref.Title, At: m.Since, Calls: m.Calls, For: ref.Local, Voicemail: m.Last.Voicemail,
			Done: views.CallBackNote(m.Done), Tried: views.CallBackNote(m.Tried)}
		if m.Remote.Number != "" {
			t.Number = sipgate.DisplayNumber(m.Remote.Number)
		}
		if sipgate.Number(m.Remote.Number).Valid() && a.deniedReason(team.StartCall) == "" {
			t.Callee, t.ActionID = m.Remote.Number, rand.Text()
		}
		tasks = append(tasks, t)
	}
	return tasks, nil
}
