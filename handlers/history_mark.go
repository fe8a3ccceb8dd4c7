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

// A marker says what a form changes of an entry of the history, and how the
// audit calls that.
type marker func(in *input) (sipgate.EntryChange, string)

func starEntry(in *input) (sipgate.EntryChange, string) {
	on := in.Bool("value")
	return sipgate.EntryChange{Starred: &on}, "star " + onOff(on)
}

func archiveEntry(in *input) (sipgate.EntryChange, string) {
	on := in.Bool("value")
	return sipgate.EntryChange{Archived: &on}, "archive " + onOff(on)
}

func readEntry(in *input) (sipgate.EntryChange, string) {
	on := in.Bool("value")
	return sipgate.EntryChange{Read: &on}, "read " + onOff(on)
}

func noteEntry(in *input) (sipgate.EntryChange, string) {
	if !in.Sent("text") { // an empty one takes the note away
		in.fail("text")
	}
	text := strings.TrimSpace(strings.ReplaceAll(in.Text("text"), "\r\n", "\n"))
	return sipgate.EntryChange{Note: &text}, "note"
}

// markEntry changes an entry of the history, on record, and shows what sipgate
// says of it then.
func (h *handlers) markEntry(mark marker, field string) visitorHandler {
	return func(w http.ResponseWriter, r *http.Request, v Visitor) error {
		entry, own, err := h.entryOf(r, v)
		if err != nil {
			return err
		}
		in, err := read(w, r, field, "next")
		if err != nil {
			return err
		}
		change, what := mark(in)
		if in.err != nil {
			return in.err
		}
		deed := team.EditOwnHistory
		if !own {
			deed = team.EditAllHistory
		}
		e := h.entry(r, v, deed, what)
		e.Call, e.Parties = "history "+entry.ID, entryParties(entry)
		if d := v.Person.May(deed); !d.OK {
			return h.refuseDeed(r.Context(), e, d)
		}
		if err := h.onRecord(r.Context(), e, func() error { return h.changeEntry(r.Context(), v, entry.ID, change) }); err != nil {
			return err
		}
		return h.marked(w, r, v, web.LocalPath(in.Text("next")))
	}
}

// changeEntry changes an entry at sipgate, once. If nobody knows whether it was
// done the error says so.
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

// marked answers with the entry as it is now.
func (h *handlers) marked(w http.ResponseWriter, r *http.Request, v Visitor, next string) error {
	if !wantsJSON(r) && !isEnhanced(r) {
		if next == "/" {
			next = "/history/" + r.PathValue("id")
		}
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	e, _, err := h.entryOf(r, v)
	switch {
	case err != nil:
		return err
	case wantsJSON(r):
		return answerJSON(w, http.StatusOK, map[string]any{"id": e.ID, "note": e.Note, "starred": e.Starred, "archived": e.Archived, "read": e.Read})
	}
	return show(w, r, http.StatusOK, views.Marks(langOf(r, v), h.entryModel(v, langOf(r, v), e, next)))
}

// entryParties names both sides of an entry.
func entryParties(e sipgate.HistoryEntry) string {
	var c switchboard.Call
	c.Remote.Number, c.Remote.Name = e.Remote()
	c.Local.Number, c.Local.Name = e.Local()
	return parties(c)
}
