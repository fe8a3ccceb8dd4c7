package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
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

func entryStar(form entrySwitchForm) (sipgate.EntryChange, string) {
	return sipgate.EntryChange{Starred: &form.Value}, "star " + onOff(form.Value)
}

func entryArchive(form entrySwitchForm) (sipgate.EntryChange, string) {
	return sipgate.EntryChange{Archived: &form.Value}, "archive " + onOff(form.Value)
}

func entryRead(form entrySwitchForm) (sipgate.EntryChange, string) {
	return sipgate.EntryChange{Read: &form.Value}, "read " + onOff(form.Value)
}

type entryNoteForm struct {
	Text string `form:"text,required"` // empty removes the note
	entryFields
}

func entryNote(form entryNoteForm) (sipgate.EntryChange, string) {
	text := strings.TrimSpace(strings.ReplaceAll(form.Text, "\r\n", "\n"))
	return sipgate.EntryChange{Note: &text}, "note"
}

// updateEntry changes an entry of the history, audits that, and shows the entry
// as sipgate has it afterwards. patch returns the change that a form asks for,
// and its name in the audit.
func updateEntry[T entryForm](h *handlers, patch func(form T) (sipgate.EntryChange, string)) visitorHandler {
	return func(w http.ResponseWriter, r *http.Request, v Visitor) error {
		entry, own, err := h.entryOf(r, v)
		if err != nil {
			return err
		}
		form, err := web.Decode[T](w, r)
		if err != nil {
			return err
		}
		change, what := patch(form)
		if err := h.auditChange(r, v, entry, own, change, what); err != nil {
			return err
		}
		return h.respondEntry(w, r, v, form.next())
	}
}

// auditChange changes an entry if the visitor may, and audits both cases. own
// reports that the entry is the visitor's.
func (h *handlers) auditChange(r *http.Request, v Visitor, entry sipgate.HistoryEntry, own bool, change sipgate.EntryChange, what string) error {
	permission := team.EditOwnHistory
	if !own {
		permission = team.EditAllHistory
	}
	e := h.entry(r, v, permission, what)
	e.Call, e.Parties = "history "+entry.ID, entryParties(entry)
	if d := v.Person.May(permission); !d.OK {
		return h.refuseDeed(r.Context(), e, d)
	}
	return h.onRecord(r.Context(), e, func() error { return h.changeEntry(r.Context(), v, entry.ID, change) })
}

// changeEntry changes an entry at sipgate, with one request. If the request may
// have arrived without an answer, the error says that the outcome is unknown.
func (h *handlers) changeEntry(ctx context.Context, v Visitor, id string, change sipgate.EntryChange) error {
	err := h.clientOf(v).ChangeEntry(context.WithoutCancel(ctx), id, change)
	if e, ok := errors.AsType[*sipgate.Error](err); ok && e.MayHaveArrived {
		return fmt.Errorf("%w: %w", switchboard.ErrOutcomeUnknown, err)
	}
	if err != nil {
		return entryError(err)
	}
	return nil
}

// respondEntry answers with the entry as it is now. Browsers are led to next,
// without reading the entry.
func (h *handlers) respondEntry(w http.ResponseWriter, r *http.Request, v Visitor, next string) error {
	if web.WantsPage(r) {
		if next == "/" {
			next = "/history/" + r.PathValue("id")
		}
		return web.Redirect(w, r, next)
	}
	e, _, err := h.entryOf(r, v)
	if err != nil {
		return err
	}
	return web.Respond(w, r, web.Response{
		JSON:     map[string]any{"id": e.ID, "note": e.Note, "starred": e.Starred, "archived": e.Archived, "read": e.Read},
		Fragment: views.Marks(langOf(r, v), h.entryModel(v, langOf(r, v), e, next)),
	})
}

// entryParties names both parties of an entry.
func entryParties(e sipgate.HistoryEntry) string {
	var c switchboard.Call
	c.Remote.Number, c.Remote.Name = e.Remote()
	c.Local.Number, c.Local.Name = e.Local()
	return parties(c)
}
