package handlers

import (
	"net/http"

	"callboard/views"
	"callboard/web"
)

// showRelay shows to which other programs push events are passed on.
func (h *handlers) showRelay(w http.ResponseWriter, r *http.Request, a actor) error {
	return h.respondRelay(w, r, a, http.StatusOK, views.RelayModel{})
}

func (h *handlers) respondRelay(w http.ResponseWriter, r *http.Request, a actor, status int, m views.RelayModel) error {
	to := h.Control.Relays.Of(a.Account)
	m.Answers = to.Answers
	for _, x := range to.Addresses {
		m.Programs = append(m.Programs, views.RelayProgram{ID: x.ID(), Address: x.URL, Replaced: x.Replaced, Health: h.Relay.Health(a.Account, x.URL)})
	}
	return web.Show(w, r, status, views.Relay(h.page(r, a), m))
}

type relayForm struct {
	URL string `form:"url,required"`
}

// addRelay passes push events on to a further program. After a mistake a browser gets
// the page back with what was typed.
func (h *handlers) addRelay(w http.ResponseWriter, r *http.Request, a actor) error {
	form, err := web.Decode[relayForm](w, r)
	if err != nil {
		return err
	}
	err = h.Control.AddRelay(r.Context(), a.Actor, form.URL)
	if fault := explain(err); err != nil && fault.Field == "url" && web.WantsPage(r) {
		return h.respondRelay(w, r, a, http.StatusUnprocessableEntity, views.RelayModel{Typed: form.URL, Code: fault.Code})
	}
	if err != nil {
		return err
	}
	return respondSaved(w, r, "/relay")
}

// removeRelay stops passing push events on to a program.
func (h *handlers) removeRelay(w http.ResponseWriter, r *http.Request, a actor) error {
	if err := h.Control.RemoveRelay(r.Context(), a.Actor, r.PathValue("id")); err != nil {
		return err
	}
	return respondSaved(w, r, "/relay")
}

type relayAnswersForm struct {
	On bool `form:"on,required"`
}

// setRelayAnswers says whether another program decides how sipgate goes on with a call.
func (h *handlers) setRelayAnswers(w http.ResponseWriter, r *http.Request, a actor) error {
	form, err := web.Decode[relayAnswersForm](w, r)
	if err != nil {
		return err
	}
	if err := h.Control.SetRelayAnswers(r.Context(), a.Actor, form.On); err != nil {
		return err
	}
	return respondSaved(w, r, "/relay")
}
