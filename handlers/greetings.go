package handlers

import (
	"cmp"
	"net/http"
	"net/url"

	"callboard/sipgate"
	"callboard/views"
	"callboard/web"
)

// showGreetings shows what is said to callers of each number of the team.
func (h *handlers) showGreetings(w http.ResponseWriter, r *http.Request, a actor) error {
	return h.respondGreetings(w, r, a, http.StatusOK, views.GreetingsModel{Saved: r.URL.Query().Get("saved")})
}

type greetingForm struct {
	Number string `form:"number,required"`
	Text   string `form:"text,required"` // empty removes it
}

// setGreeting changes one greeting. After a mistake nothing is changed, and a
// browser gets the page back with what was typed.
func (h *handlers) setGreeting(w http.ResponseWriter, r *http.Request, a actor) error {
	form, err := web.Decode[greetingForm](w, r)
	if err != nil {
		return err
	}
	err = h.Control.SetGreeting(r.Context(), a.Actor, form.Number, form.Text)
	fault := explain(err)
	switch {
	case err == nil:
		return respondSaved(w, r, "/greetings?saved="+url.QueryEscape(form.Number))
	case fault.Field != "text" || !web.WantsPage(r):
		return err
	}
	return h.respondGreetings(w, r, a, http.StatusUnprocessableEntity, views.GreetingsModel{Mistaken: form.Number, Typed: form.Text, Code: fault.Code})
}

func (h *handlers) respondGreetings(w http.ResponseWriter, r *http.Request, a actor, status int, m views.GreetingsModel) error {
	roster := h.Control.Rosters.Of(a.Account)
	numbers, err := roster.Numbers(r.Context())
	if err != nil {
		h.Log.Info("read account numbers", "account", a.Account, "err", err)
		m.Unreadable = true
	}
	for _, n := range numbers {
		if number := sipgate.NormalizeNumber(n.Number); sipgate.Number(number).Valid() {
			m.Numbers = append(m.Numbers, views.NumberGreeting{Number: number, Shown: sipgate.DisplayNumber(number),
				Name: cmp.Or(roster.Snapshot().PartyName(number), n.EndpointAlias), Text: h.Control.Greeting(a.Account, number)})
		}
	}
	return web.Show(w, r, status, views.Greetings(h.page(r, a), m))
}
