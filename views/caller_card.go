package views

import (
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// CallerCardModel is the model of [CallerCard].
type CallerCardModel struct {
	ID                  switchboard.RowID // of the call
	Row                 RowModel          // see [Format.RowFor]
	Number, Place       string            // for display; empty if the caller hides the number
	Organization        string            // "" if none is known
	Dialled             string            // the name or number of ours that was called, or calls
	Greeting            string            // what to say, "" if nothing was written for that number
	Incoming            bool
	Today               int // calls with this number today, this one included; 0 if not known
	Past                []PastCall
	PastState           string // why Past is empty: "none", "failed", "hidden" (no number), "denied"
	Notes               []Note // on this call
	MayNote             Allowed
	ActionID            string // fresh: 16–64 of [A-Za-z0-9_-]
	HistoryURL, PageURL string // of all calls with this number, "" if it is unknown; of this call
}

// PastCall is an earlier call with the same number.
type PastCall struct {
	At        time.Time
	Direction sipgate.Direction
	Missed    bool
	Length    time.Duration
	Local     string // who spoke, or which of our numbers it was
	PageURL   string
	Notes     []Note // Author and At may be empty
}

// icon returns the icon of the direction of p.
func (p PastCall) icon() string {
	if p.Direction == sipgate.Incoming {
		return icon("in")
	}
	return icon("out")
}

// resultText says how p ended: its duration, or that nobody answered.
func (p PastCall) resultText(lang Lang) string {
	switch {
	case !p.Missed:
		return durationText(p.Length)
	case p.Direction == sipgate.Incoming:
		return lang.T("card.missed")
	}
	return lang.T("card.unanswered")
}

// dialledText says which of our numbers the call came in on, or goes out from.
func (m CallerCardModel) dialledText(lang Lang) string {
	if m.Incoming {
		return lang.T("card.on", m.Dialled)
	}
	return lang.T("card.from", m.Dialled)
}
