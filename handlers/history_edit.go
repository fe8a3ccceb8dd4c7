package handlers

import (
	"net/http"
	"strings"

	"callboard/sipgate"
	"callboard/views"
	"callboard/web"
)

// entryFields are the fields of every form that changes an entry.
type entryFields struct {
	Next string `form:"next"` // where a browser goes afterwards
}

func (f entryFields) next() string { return web.LocalPath(f.Next) }

// An entryForm is a form that changes an entry of the history.
type entryForm interface{ next() string }

type entrySwitchForm struct {
	Value bool `form:"value,required"`
	entryFields
}

func entryStar(form entrySwitchForm) sipgate.EntryChange {
	return sipgate.EntryChange{Starred: &form.Value}
}

func entryArchive(form entrySwitchForm) sipgate.EntryChange {
	return sipgate.EntryChange{Archived: &form.Value}
}

func entryRead(form entrySwitchForm) sipgate.EntryChange {
	return sipgate.EntryChange{Read: &form.Value}
}

type entryNoteForm struct {
	Text string `form:"text,required"` // empty removes the note
	entryFields
}

func entryNote(form entryNoteForm) sipgate.EntryChange {
	text := strings.TrimSpace(strings.ReplaceAll(form.Text, "\r\n", "\n"))
	return sipgate.EntryChange{Note: &text}
}

// updateEntry changes an entry of the history, audits that, and shows the entry
// as sipgate has it afterwards. patch returns the change that a form asks for.
func updateEntry[T entryForm](h *handlers, patch func(form T) sipgate.EntryChange) actorHandler {
	return func(w http.ResponseWriter, r *http.Request, a actor) error {
		entry, own, err := h.Control.History.Entry(r.Context(), a.Member, r.PathValue("id"))
		if err != nil {
			return err
		}
		form, err := web.Decode[T](w, r)
		if err != nil {
			return err
		}
		if err := h.Control.ChangeEntry(r.Context(), a.Actor, entry, own, patch(form)); err != nil {
			return err
		}
		return h.respondEntry(w, r, a, form.next())
	}
}

// respondEntry answers with the entry as it is now. Browsers are led to next,
// without reading the entry.
func (h *handlers) respondEntry(w http.ResponseWriter, r *http.Request, a actor, next string) error {
	if web.WantsPage(r) {
		if next == "/" {
			next = "/history/" + r.PathValue("id")
		}
		return web.Redirect(w, r, next)
	}
	e, _, err := h.Control.History.Entry(r.Context(), a.Member, r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Respond(w, r, web.Response{
		JSON:     map[string]any{"id": e.ID, "note": e.Note, "starred": e.Starred, "archived": e.Archived, "read": e.Read},
		Fragment: views.EntryActions(langOf(r, a), h.entryModel(a, e, next)),
	})
}
