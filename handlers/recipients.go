package handlers

import (
	"context"
	"errors"
	"net/http"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/directory"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// maxQuery bounds what is searched for, in bytes.
const maxQuery = 200

// search finds recipients for a call or a transfer. It does not wait for
// sipgate.
func (h *handlers) search(w http.ResponseWriter, r *http.Request, a actor) error {
	text := r.URL.Query().Get("q")
	if len(text) > maxQuery {
		return web.BadParam("q")
	}
	var call switchboard.Call
	if id := r.URL.Query().Get("call"); id != "" {
		var err error
		if call, err = h.Control.Call(r.Context(), a.Actor, switchboard.RowID(id)); err != nil {
			return err
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	m := h.recipients(a, langOf(r, a), text, call)
	return web.Respond(w, r, web.Response{JSON: recipientsJSON(m), Page: views.SearchResults(langOf(r, a), m)})
}

// recipients returns what a typed text finds. Nothing typed finds nobody who would
// be refused, and a number that must not be called finds nobody at all.
func (h *handlers) recipients(a actor, lang views.Lang, text string, call switchboard.Call) views.SearchModel {
	m := views.SearchModel{Query: h.typedNumber(text, call)}
	found, refreshing, err := h.Control.Recipients(a.Actor, text)
	states := h.stateOf(a, lang)
	if m.Query.Refused == "number_blocked" {
		found = nil // nobody is called instead
	}
	for _, e := range found {
		if f := h.foundRecipient(e, call); f.Refused == "" || text != "" {
			f.Tile = states(e)
			m.Recipients = append(m.Recipients, f)
		}
	}
	m.PresencePending, m.TeamUnread = refreshing, err != nil
	m.Unreadable = h.Control.Unreadable.Of(a.Account)["contacts"]
	return m
}

// stateOf returns what tells of an entry of the directory what the member does at
// the moment, as far as the actor may see it.
func (h *handlers) stateOf(a actor, lang views.Lang) func(directory.Entry) views.Tile {
	var calls []*switchboard.Call
	for _, c := range h.Control.Board(a.Actor).Snapshot().Calls {
		calls = append(calls, &c)
	}
	on, format := views.CallsOfMembers(calls), h.formatFor(a)
	return func(e directory.Entry) views.Tile {
		if e.Kind != directory.Member {
			return views.Tile{}
		}
		t := views.NewTile(e, true)
		if c := on[t.User]; c != nil {
			return format.OnCall(t, c, h.Control.Authorize(a.Actor, team.SeeCall, *c).OK, lang)
		}
		return t
	}
}

// typedNumber returns what a typed text is as a number.
func (h *handlers) typedNumber(text string, call switchboard.Call) views.Query {
	t := views.Query{Text: text}
	n, err := h.Control.Numbers.Parse(text)
	switch {
	case err == nil:
		t.Number, t.Shown = string(n), sipgate.DisplayNumber(string(n))
		t.Refused = h.Control.NumberRefusal(t.Number, call)
	case sipgate.IsBlocked(err):
		t.Refused = "number_blocked"
	default:
		t.Partial = h.Control.Numbers.Partial(text) != ""
	}
	return t
}

func (h *handlers) foundRecipient(e directory.Entry, call switchboard.Call) views.Recipient {
	return views.Recipient{Entry: e, Shown: sipgate.DisplayNumber(e.Number), Refused: h.Control.NumberRefusal(e.Number, call)}
}

// recipientsJSON returns found recipients as programs get them.
func recipientsJSON(m views.SearchModel) any {
	type person struct {
		Name         string     `json:"name"`
		Organization string     `json:"organization,omitempty"`
		Number       string     `json:"number"`
		Kind         string     `json:"kind"`
		Presence     string     `json:"presence,omitempty"`
		LastCall     *time.Time `json:"last_call,omitempty"`
		Refused      string     `json:"refused,omitempty"`
	}
	found := struct {
		Number  string   `json:"number"`
		Refused string   `json:"refused,omitempty"`
		Found   []person `json:"people"`
	}{m.Query.Number, m.Query.Refused, []person{}}
	for _, f := range m.Recipients {
		p := person{f.Name, f.Organization, f.Number, views.KindName(f.Kind), views.PresenceName(f.Entry), nil, f.Refused}
		if !f.LastCallAt.IsZero() {
			at := f.LastCallAt.UTC()
			p.LastCall = &at
		}
		found.Found = append(found.Found, p)
	}
	return found
}

// recipient returns the number that a form or a program means. Programs must
// give a number.
func (h *handlers) recipient(a actor, body web.Body, text, choice string) (sipgate.Number, error) {
	if body.JSON {
		return h.Control.Numbers.Parse(text)
	}
	return h.Control.Resolve(a.Actor, text, choice)
}

// ambiguousKey is the context key of what a form said that fits several
// recipients, for the form that is shown again.
type ambiguousKey struct{}

// offerAmbiguous answers a form whose recipient is ambiguous with the form
// again, where the entries are offered. With scripts they were offered before.
func (h *handlers) offerAmbiguous(again, f actorHandler) actorHandler {
	return func(w http.ResponseWriter, r *http.Request, a actor) error {
		err := f(w, r, a)
		ambiguous, ok := errors.AsType[*directory.AmbiguousError](err)
		if !ok || !web.WantsPage(r) {
			return err
		}
		w = withStatus{w, http.StatusUnprocessableEntity}
		return again(w, r.WithContext(context.WithValue(r.Context(), ambiguousKey{}, ambiguous)), a)
	}
}

// withStatus answers with a status of its own.
type withStatus struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements [http.ResponseWriter].
func (w withStatus) WriteHeader(int) { w.ResponseWriter.WriteHeader(w.status) }

// recipientPicker returns the field for a recipient as the request fills it:
// from an address that names one, or from an ambiguous form.
func (h *handlers) recipientPicker(r *http.Request, call views.CallRef) views.RecipientPicker {
	picker := views.RecipientPicker{Text: sipgate.DisplayNumber(shorten(r.URL.Query().Get("to"))), Call: call}
	ambiguous, ok := r.Context().Value(ambiguousKey{}).(*directory.AmbiguousError)
	if !ok {
		return picker
	}
	picker.Text = ambiguous.Text
	for _, e := range ambiguous.Entries {
		picker.Matches = append(picker.Matches, h.foundRecipient(e, switchboard.Call{}))
	}
	return picker
}
