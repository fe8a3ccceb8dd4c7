package handlers

import (
	"errors"
	"net/http"
	"strings"

	"callboard/sipgate/announcement"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// errorJSON is an error as programs get it.
type errorJSON struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	RequestID string `json:"request_id"`
	Field     string `json:"field,omitempty"`
	Override  bool   `json:"override,omitempty"` // of "attended": the actor may override it
}

// respondFault answers with a fault in the form that the request wants. Public
// addresses that programs use answer without a text, and those of wallboards
// with the same page for every fault.
func (h *handlers) respondFault(w http.ResponseWriter, r *http.Request, f web.Fault) {
	var err error
	w.Header().Set(answerHeader, f.Code)
	switch {
	case r.URL.Path == "/push" || strings.HasPrefix(r.URL.Path, "/push/"):
		w.WriteHeader(f.Status)
	case strings.HasPrefix(r.URL.Path, "/a/"):
		http.Error(w, http.StatusText(f.Status), f.Status)
	case r.URL.Path == "/readyz":
		http.Error(w, views.Message(views.English, f.Code, f.Status), f.Status)
	case isWallboard(r):
		err = web.Show(w, r, f.Status, views.WallboardNotFound(wallboardLang(r)))
	default:
		err = web.Respond(w, r, h.faultResponse(r, f))
	}
	if err != nil {
		h.Log.Info("send error", "id", web.RequestID(r.Context()), "err", err)
	}
}

// faultResponse returns a fault with its message in the actor's language.
func (h *handlers) faultResponse(r *http.Request, f web.Fault) web.Response {
	a := actor{}
	if s, ok, err := h.Sessions.Peek(r); err == nil && ok {
		a.SignIn = s.Value
		if h.actsFor(s.Value.Account) {
			a = h.actorOf(r, s.Value)
		}
	}
	lang, id := langOf(r, a), web.RequestID(r.Context())
	if e, ok := errors.AsType[*callcontrol.ClaimedError](f.Cause); ok {
		text := views.ClaimText(lang, e.Claim)
		return web.Response{
			Status:   f.Status,
			JSON:     map[string]errorJSON{"error": {f.Code, text, id, f.Field, e.MayOverride}},
			Fragment: views.ClaimNotice(text, e.MayOverride),
			Page:     views.ErrorPage(h.page(r, a), f.Status, f.Code, text, id),
		}
	}
	text := views.Message(lang, f.Code, f.Status)
	if e, ok := errors.AsType[team.Denied](f.Cause); ok && e.Reason == f.Code {
		text = views.DenialText(lang, e.Reason, e.Name)
	} else if e, ok := errors.AsType[*announcement.Error](f.Cause); ok && string(e.Code) == f.Code {
		text = views.RefusedFile(lang, e, f.Status)
	}
	page := views.ErrorPage(h.page(r, a), f.Status, f.Code, text, id)
	if r.URL.Path == callbackPath {
		page = views.SignIn(h.page(r, a), "/", f.Code)
	}
	return web.Response{
		Status:   f.Status,
		JSON:     map[string]errorJSON{"error": {f.Code, text, id, f.Field, false}},
		Fragment: views.Notice(lang, f.Code, text),
		Page:     page,
	}
}
