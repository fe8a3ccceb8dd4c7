package handlers

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"callboard/sipgate/switchboard"
	"callboard/static"
	"callboard/views"
	"callboard/web"
)

// A component is a view. Naming it here keeps templ out of this package.
type component interface {
	Render(context.Context, io.Writer) error
}

// show answers with a page, whole or not at all.
func show(w http.ResponseWriter, r *http.Request, status int, c component) error {
	var buf bytes.Buffer
	if err := c.Render(r.Context(), &buf); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Accept-Encoding")
	if buf.Len() < worthGzip || !static.TakesGzip(r.Header.Values("Accept-Encoding")) {
		w.WriteHeader(status)
		_, err := buf.WriteTo(w)
		return err
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	small := gzips.Get().(*gzip.Writer)
	defer gzips.Put(small)
	small.Reset(w)
	_, err := buf.WriteTo(small)
	return errors.Join(err, small.Close())
}

// A page of less than worthGzip bytes is sent as it is: it fits in one packet.
const worthGzip = 1400

// gzips are writers to use again: one takes 800 KB. They are quick rather than
// thorough, since every page is sent once.
var gzips = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level exists
	return w
}}

func answerJSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, err = w.Write(append(b, '\n'))
	return err
}

// A refusal is an error as a program reads it.
type refusal struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	RequestID string `json:"request_id"`
	Field     string `json:"field,omitempty"`
}

// refuse tells of a fault in the form that the request asks for: JSON, a
// fragment for the page that is open, or a page. Public addresses that
// programs use answer without words.
func (h *handlers) refuse(w http.ResponseWriter, r *http.Request, f web.Fault) {
	if r.URL.Path == "/push" || strings.HasPrefix(r.URL.Path, "/push/") {
		w.WriteHeader(f.Status)
		return
	}
	if isWall(r) {
		if err := show(w, r, f.Status, views.WallNothing(wallLang(r))); err != nil {
			h.Log.Info("a refusal could not be sent", "err", err)
		}
		return
	}
	v := Visitor{}
	if s, ok, err := h.Sessions.Peek(r); err == nil && ok {
		v = h.known(s.Value)
	}
	lang, id := langOf(r, v), web.RequestID(r.Context())
	text := views.Message(lang, f.Code, f.Status)
	if e, ok := errors.AsType[*switchboard.ClaimedError](f.Cause); ok {
		text = views.Attending(lang, e.Claim)
	}
	var err error
	switch {
	case isPublicFile(r):
		http.Error(w, http.StatusText(f.Status), f.Status)
	case wantsJSON(r):
		err = answerJSON(w, f.Status, map[string]refusal{"error": {f.Code, text, id, f.Field}})
	case isEnhanced(r):
		err = show(w, r, f.Status, views.Notice(lang, f.Code, text))
	default:
		err = show(w, r, f.Status, views.ErrorPage(h.about(r, v), f.Status, f.Code, text, id))
	}
	if err != nil {
		h.Log.Info("a refusal could not be sent", "id", id, "err", err)
	}
}
