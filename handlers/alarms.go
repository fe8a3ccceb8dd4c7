package handlers

import (
	"net/http"

	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

type alarmForm struct {
	RingingAmber int `form:"ringing_amber,required"`
	RingingRed   int `form:"ringing_red,required"`
	HeldAmber    int `form:"held_amber,required"`
	HeldRed      int `form:"held_red,required"`
	TalkingAmber int `form:"talking_amber,required"`
	TalkingRed   int `form:"talking_red,required"`
}

// setAlarmLimits changes from when on calls count as too long. After a mistake
// nothing is changed, and a browser gets the form back as it was typed.
func (h *handlers) setAlarmLimits(w http.ResponseWriter, r *http.Request, a actor) error {
	form, err := web.Decode[alarmForm](w, r)
	if err == nil {
		err = h.Control.SetAlarmLimits(r.Context(), a.Actor, team.AlarmLimits{Ringing: team.AlarmLimit{Amber: form.RingingAmber, Red: form.RingingRed},
			Held: team.AlarmLimit{Amber: form.HeldAmber, Red: form.HeldRed}, Talking: team.AlarmLimit{Amber: form.TalkingAmber, Red: form.TalkingRed}})
	}
	fault := explain(err)
	switch {
	case err == nil:
		return respondSaved(w, r, "/team?saved=alarms#alarm-limits")
	case fault.Field == "" || !web.WantsPage(r):
		return err
	}
	return h.respondTeam(w, r, a, http.StatusUnprocessableEntity, views.AlarmForm{Limits: h.Control.Alarms.Of(a.Account), Typed: r.PostForm, Field: fault.Field, Code: fault.Code})
}
