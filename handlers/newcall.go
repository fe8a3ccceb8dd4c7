package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/views"
	"callboard/web"
)

// newCallSheet asks whom to call, from which telephone. A tel: link fills it
// in: opening one never calls anybody.
func (h *handlers) newCallSheet(w http.ResponseWriter, r *http.Request, v Visitor) error {
	phones, err := h.phones(r.Context(), v)
	if err != nil {
		return err
	}
	m := views.NewCallModel{ActionID: rand.Text(), Phones: phones, CallerIDs: h.callerIDs(r.Context(), v), CallerID: string(v.Choices.Number),
		Whom: h.whomField(r, v, views.CallRef{}), Link: h.link(linkOf(r.URL.RawQuery))}
	if m.Link.Text != "" {
		m.Whom.Text = m.Link.Text
	}
	return web.Show(w, r, http.StatusOK, views.NewCallSheet(h.about(r, v), m))
}

// linkOf is the value of "to" in a query. Links have semicolons, which
// [url.ParseQuery] does not take as they are.
func linkOf(query string) string {
	for field := range strings.SplitSeq(query, "&") {
		if value, ok := strings.CutPrefix(field, "to="); ok {
			if plain, err := url.QueryUnescape(value); err == nil {
				return plain
			}
			return value
		}
	}
	return ""
}

// link is what a tel: link, or a number in an address, comes to.
func (h *handlers) link(to string) views.Link {
	if to == "" {
		return views.Link{}
	}
	typed, err := sipgate.ParseTel(to)
	if err != nil {
		return views.Link{Text: clip(to), Refused: explain(err).Code}
	}
	number, err := h.Numbers.Parse(typed)
	if err != nil {
		return views.Link{Text: typed, Refused: explain(err).Code}
	}
	return views.Link{Text: sipgate.DisplayNumber(string(number))}
}

// clip is so much of a link as the field takes and shows.
func clip(s string) string {
	r := slices.DeleteFunc([]rune(s), unicode.IsControl)
	return string(r[:min(len(r), 40)])
}

// phones are the visitor's telephones, the one to start with chosen.
func (h *handlers) phones(ctx context.Context, v Visitor) ([]views.Phone, error) {
	devices, err := h.clientOf(v).Devices(ctx, v.User)
	if err != nil {
		return nil, err
	}
	neo := h.platformOf(ctx, v).Platform == sipgate.Neo
	var phones []views.Phone
	for _, d := range devices {
		phones = append(phones, views.Phone{ID: string(d.ID), Name: cmp.Or(d.Alias, string(d.ID)), State: stateOf(d, neo)})
	}
	choosePhone(phones, string(v.Choices.Device))
	return phones, nil
}

// choosePhone marks the telephone to start with: the one that is preferred or,
// if that would not ring, the first that does.
func choosePhone(phones []views.Phone, preferred string) {
	i := slices.IndexFunc(phones, func(p views.Phone) bool {
		return p.ID == preferred && (p.State == "ready" || p.State == "dnd")
	})
	for _, state := range []string{"ready", "dnd", "offline"} {
		if i < 0 {
			i = slices.IndexFunc(phones, func(p views.Phone) bool { return p.State == state })
		}
	}
	if i >= 0 {
		phones[i].Chosen = true
	}
}

// stateOf says whether a call can be started with a telephone. On neo that
// cannot be done with mobiles and telephones elsewhere.
func stateOf(d sipgate.Device, neo bool) string {
	switch {
	case neo && d.External():
		return "unfit"
	case d.Unreachable():
		return "offline"
	case d.DND:
		return "dnd"
	}
	return "ready"
}

// startingPatience is how long a page waits for the next stage of a call.
const startingPatience = 15 * time.Second

// starting tells how far a call is that somebody started: the page as soon as
// it is at another stage, a person without script again and again.
func (h *handlers) starting(w http.ResponseWriter, r *http.Request, v Visitor) error {
	id := sipgate.CallID(r.PathValue("id"))
	if !id.Valid() {
		return errNotFound
	}
	q := r.URL.Query()
	m := views.StartingModel{Call: string(id), Callee: clip(q.Get("callee")), Sound: clip(q.Get("sound"))}
	m.Turn, _ = strconv.Atoi(q.Get("turn"))
	board := h.Exchange.Board(v.Account)
	var call switchboard.Call
	if web.WantsFragment(r) {
		ctx, cancel := context.WithTimeout(r.Context(), startingPatience)
		defer cancel()
		m.Stage, call = board.AwaitProgress(ctx, id, views.StageOf(q.Get("stage")))
	} else {
		m.Stage, call = board.Progress(id)
	}
	h.fillStarting(v, &m, call)
	if web.WantsFragment(r) {
		return web.Show(w, r, http.StatusOK, views.Starting(h.about(r, v), m))
	}
	if m.Stage < switchboard.StageConnected {
		w.Header().Set("Refresh", "2")
	}
	return web.Show(w, r, http.StatusOK, views.StartingSheet(h.about(r, v), m))
}

// fillStarting adds what the board shows of the call, if the visitor may see it.
// Of one that they may not it says no more than of one that there is not.
func (h *handlers) fillStarting(v Visitor, m *views.StartingModel, call switchboard.Call) {
	switch {
	case call.ID == "":
	case h.sees(v, call):
		m.Row, m.Cause = call.ID, call.Cause
	default:
		m.Stage = switchboard.StageUnknown
	}
}

// started answers who started a call: a program with its id, a page with what
// comes next.
func (h *handlers) started(w http.ResponseWriter, r *http.Request, v Visitor, m views.StartingModel) error {
	q := url.Values{"callee": {m.Callee}}
	if m.Sound != "" {
		q.Set("sound", m.Sound)
	}
	return web.Respond(w, r, web.Response{Status: http.StatusCreated, JSON: map[string]string{"callId": m.Call},
		Fragment: views.StartingSheet(h.about(r, v), m), Next: "/starting/" + m.Call + "?" + q.Encode()})
}
