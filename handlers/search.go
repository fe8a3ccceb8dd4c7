package handlers

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/directory"
	"callboard/sipgate/switchboard"
	"callboard/views"
	"callboard/web"
)

// maxSearch bounds what is searched for, in bytes.
const maxSearch = 200

// search finds whom to call. It asks nobody but for the presence of those it
// shows, and does not wait for that.
func (h *handlers) search(w http.ResponseWriter, r *http.Request, v Visitor) error {
	text := r.URL.Query().Get("q")
	if len(text) > maxSearch {
		return web.BadParam("q")
	}
	var of switchboard.Call
	if id := r.URL.Query().Get("call"); id != "" {
		var err error
		if of, err = h.callOf(v, id); err != nil {
			return err
		}
	}
	if r.URL.Query().Get("team") != "" {
		return h.strip(w, r, v, of)
	}
	m := h.find(v, text, of)
	w.Header().Set("Cache-Control", "no-store")
	return web.Respond(w, r, web.Response{JSON: foundJSON(m), Page: views.FoundList(langOf(r, v), m)})
}

// find searches for a text that somebody types who wants to call, or to give
// the call to somebody.
func (h *handlers) find(v Visitor, text string, call switchboard.Call) views.FoundModel {
	calls := h.Exchange.Board(v.Account).Snapshot().Calls
	h.noteCalls(v, calls)
	m := views.FoundModel{Typed: h.typed(text, call)}
	people := h.directory.Search(v.listed(), text, directory.MaxResults, onCalls(calls))
	for _, e := range people {
		if f := h.found(e, call); f.Refused == "" || text != "" {
			m.People = append(m.People, f)
		}
	}
	if h.directory.StartPresenceRefresh(v.Account, people) {
		m.Again = true
		h.background(func(ctx context.Context) { h.directory.RefreshPresence(ctx, v.Account, people, h.clientOf(v)) })
	}
	return m
}

// strip shows the colleagues onto whom a call can be dragged.
func (h *handlers) strip(w http.ResponseWriter, r *http.Request, v Visitor, call switchboard.Call) error {
	m := views.StripModel{Call: h.formatFor(v).Ref(call, langOf(r, v), "")}
	for _, e := range h.directory.Colleagues(v.listed(), onCalls(h.Exchange.Board(v.Account).Snapshot().Calls)) {
		if f := h.found(e, call); f.Refused == "" && len(m.Team) < mostDragged {
			m.Team = append(m.Team, f)
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	return web.Show(w, r, http.StatusOK, views.Strip(langOf(r, v), m))
}

// mostDragged is how many colleagues are shown while a call is dragged.
const mostDragged = 40

// listed is a visitor as the directory calls them.
func (v Visitor) listed() directory.MemberID {
	return directory.MemberID{Account: v.Account, User: v.User}
}

// typed says what becomes of a text as a number.
func (h *handlers) typed(text string, call switchboard.Call) views.Typed {
	t := views.Typed{Text: text}
	n, err := h.Numbers.Parse(text)
	switch {
	case err == nil:
		t.Number, t.Shown = string(n), sipgate.DisplayNumber(string(n))
		t.Refused = h.refused(t.Number, call)
	case sipgate.IsBlocked(err):
		t.Refused = "number_blocked"
	default:
		t.Partial = h.Numbers.Partial(text) != ""
	}
	return t
}

func (h *handlers) found(e directory.Entry, call switchboard.Call) views.Found {
	return views.Found{Entry: e, Shown: sipgate.DisplayNumber(e.Number), Refused: h.refused(e.Number, call)}
}

// refused tells why a number cannot be called, or given the call.
func (h *handlers) refused(number string, call switchboard.Call) string {
	switch _, err := h.Numbers.Parse(number); {
	case sipgate.IsBlocked(err):
		return "number_blocked"
	case err != nil:
		return "number_invalid"
	case number == call.Remote.Number, number == call.Local.Number:
		return "same_party"
	}
	return ""
}

// onCalls are the members of a team who are on a call.
func onCalls(calls []switchboard.Call) map[sipgate.UserID]bool {
	busy := map[sipgate.UserID]bool{}
	for _, c := range calls {
		if c.Phase != switchboard.Connected {
			continue
		}
		for _, id := range c.MemberIDs {
			busy[sipgate.UserID(id)] = true
		}
	}
	return busy
}

// foundJSON is what programs get.
func foundJSON(m views.FoundModel) any {
	type person struct {
		Name         string     `json:"name"`
		Organization string     `json:"organization,omitempty"`
		Number       string     `json:"number"`
		Kind         string     `json:"kind"`
		Presence     string     `json:"presence,omitempty"`
		Last         *time.Time `json:"last_call,omitempty"`
		Refused      string     `json:"refused,omitempty"`
	}
	answer := struct {
		Number  string   `json:"number"`
		Refused string   `json:"refused,omitempty"`
		People  []person `json:"people"`
	}{m.Typed.Number, m.Typed.Refused, []person{}}
	for _, f := range m.People {
		p := person{f.Name, f.Organization, f.Number, views.KindName(f.Kind), views.PresenceName(f.Entry), nil, f.Refused}
		if !f.LastCallAt.IsZero() {
			at := f.LastCallAt.UTC()
			p.Last = &at
		}
		answer.People = append(answer.People, p)
	}
	return answer
}

// recipient returns the number that a form or a program means: one in any
// spelling, a name that fits a single entry, or the choice made among the
// entries that a name fits. Programs must give a number.
func (h *handlers) recipient(v Visitor, body web.Body, text, choice string) (sipgate.Number, error) {
	if body.JSON {
		return h.Numbers.Parse(text)
	}
	return h.directory.Resolve(v.listed(), cmp.Or(choice, text))
}

// noteCalls lets a visitor find the numbers of their calls that are on the
// board; sipgate's history does not know them yet.
func (h *handlers) noteCalls(v Visitor, calls []switchboard.Call) {
	for _, c := range calls {
		if n := sipgate.Number(c.Remote.Number); n.Valid() && isOf(c, v.id()) {
			h.directory.RecordCall(v.listed(), string(n), c.Started)
		}
	}
}

// isOf reports whether a call is, or may well be, of one member alone.
func isOf(c switchboard.Call, m switchboard.MemberID) bool {
	of := c.Owners()
	return len(of) == 1 && of[0] == m
}

// learnDirectory reads the team, and the past calls of a visitor, into the
// directory. That one of them cannot be read is no reason to go without the
// other.
func (h *handlers) learnDirectory(ctx context.Context, v Visitor, client *sipgate.Client) {
	if err := h.directory.ReadTeam(ctx, v.Account, client); err != nil {
		h.Log.Info("the team's telephones could not be read", "err", err)
	}
	mine, err := h.ownership(ctx, v, v.User)
	if err != nil {
		h.Log.Info("own telephones could not be read", "err", err)
		return
	}
	page, err := client.History(ctx, sipgate.HistoryQuery{Types: []string{"CALL"}, Limit: mostPast})
	if err != nil {
		h.Log.Info("past calls could not be read", "err", err)
		return
	}
	var recent []directory.Entry
	for _, e := range page.Items {
		if mine(e) {
			recent = append(recent, recentOf(e))
		}
	}
	h.directory.AddRecent(v.listed(), recent)
}

// mostPast is how many entries of the account's history are looked at for those
// of a visitor.
const mostPast = 500

// recentOf is the number outside of a past call. An alias that only repeats the
// number is no name.
func recentOf(e sipgate.HistoryEntry) directory.Entry {
	outside, name := e.Remote()
	number := sipgate.NormalizeNumber(outside)
	if !sipgate.Number(number).Valid() {
		number = ""
	}
	if sipgate.NormalizeNumber(name) == number {
		name = ""
	}
	return directory.Entry{Name: name, Number: number, LastCallAt: e.Created}
}

// chosen is what a form said that named several people, for the form that comes
// back.
type chosen struct{}

// withChoices answers a form whose name fits several people with the same form
// again, where they are offered. With script they were offered before.
func (h *handlers) withChoices(again, f visitorHandler) visitorHandler {
	return func(w http.ResponseWriter, r *http.Request, v Visitor) error {
		err := f(w, r, v)
		unclear, ok := errors.AsType[*directory.AmbiguousError](err)
		if !ok || !web.WantsPage(r) {
			return err
		}
		w = withStatus{w, http.StatusUnprocessableEntity}
		return again(w, r.WithContext(context.WithValue(r.Context(), chosen{}, unclear)), v)
	}
}

// withStatus answers with a status of its own.
type withStatus struct {
	http.ResponseWriter
	status int
}

func (w withStatus) WriteHeader(int) { w.ResponseWriter.WriteHeader(w.status) }

// whomField is the field for somebody to call, as the request fills it: with
// an address that names somebody, or with a form that named several.
func (h *handlers) whomField(r *http.Request, v Visitor, call views.CallRef) views.Whom {
	w := views.Whom{Text: sipgate.DisplayNumber(clip(r.URL.Query().Get("to"))), Call: call}
	unclear, ok := r.Context().Value(chosen{}).(*directory.AmbiguousError)
	if !ok {
		return w
	}
	w.Text = unclear.Text
	for _, e := range unclear.Entries {
		w.Choices = append(w.Choices, h.found(e, switchboard.Call{}))
	}
	return w
}
