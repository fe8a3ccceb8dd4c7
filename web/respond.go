package web

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// A Renderer is a view: a page or a fragment of one.
type Renderer interface {
	Render(context.Context, io.Writer) error
}

// WantsJSON reports whether r comes from a program: it sends JSON or asks for
// it.
func WantsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") ||
		strings.HasPrefix(r.Header.Get("Accept"), "application/json")
}

// WantsFragment reports whether r comes from the page's own script, which puts
// the answer into the page.
func WantsFragment(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// WantsPage reports whether r comes from a browser that shows the answer as a
// page of its own.
func WantsPage(r *http.Request) bool { return !WantsJSON(r) && !WantsFragment(r) }

// A Response is the answer to a request in each form that a client may want.
type Response struct {
	Status   int      // of everything but a redirect; 0 stands for 200
	JSON     any      // for programs; nil gives them what a page gets
	Fragment Renderer // for the page's own script; nil stands for Page or, without one, for 204
	Page     Renderer // for browsers; nil redirects them to Next with 303
	Next     string   // a path of this program
}

// Respond answers r with the form of a that it wants. Every answer is whole or,
// if an error is returned, nothing.
func Respond(w http.ResponseWriter, r *http.Request, a Response) error {
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	switch fragment := WantsFragment(r); {
	case WantsJSON(r) && a.JSON != nil:
		return SendJSON(w, a.Status, a.JSON)
	case fragment && a.Fragment != nil:
		return Show(w, r, a.Status, a.Fragment)
	case a.Page != nil:
		return Show(w, r, a.Status, a.Page)
	case fragment:
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return Redirect(w, r, a.Next)
}

// Redirect leads a browser that sent a form to path, with 303. It never fails;
// its error lets a [Handler] end with it.
func Redirect(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// Show answers with a view, compressed where that is worth it. It renders the
// view first, so an error of the view means that nothing has been written.
func Show(w http.ResponseWriter, r *http.Request, status int, view Renderer) error {
	page := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(page)
	page.Reset()
	if err := view.Render(r.Context(), page); err != nil {
		return err
	}
	return ShowPieces(w, r, status, NewPiece(page.Bytes()))
}

// SendJSON answers with v as JSON, and a line end.
func SendJSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, err = w.Write(append(b, '\n'))
	return err
}
