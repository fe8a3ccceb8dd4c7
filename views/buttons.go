package views

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"github.com/a-h/templ"

	"callboard/sipgate/switchboard"
)

func (m *RowModel) path(rest string) templ.SafeURL { return templ.SafeURL(m.Base + rest) }

// addActions adds the buttons of a call: hang up while it rings, all of them
// while it is connected, none after its end.
func (m *RowModel) addActions(c switchboard.Call, allowed Allowed, lang Lang) {
	if c.Phase == switchboard.Ended {
		return
	}
	m.addUndo(c, allowed, lang)
	m.ActionID = actionID(c)
	m.addConsultationActions(c, allowed, m.ActionID)
	end := Button{Name: "hangup", Path: m.path("/hangup"), Label: lang.T("do.hangup"), Busy: c.PendingHangup == nil && inProgress(c, switchboard.VerbHangUp)}
	switch {
	case c.Phase == switchboard.Ringing && !allowed.OK():
		m.Reason = allowed.text(lang)
	case c.Phase == switchboard.Ringing:
		m.Actions = []Button{end}
	case c.Phase == switchboard.Connected:
		m.Reason = allowed.text(lang)
		m.Actions = append(m.establishedActions(c, allowed, lang), end)
	}
}

// establishedActions returns the buttons of a connected call without hang up.
func (m *RowModel) establishedActions(c switchboard.Call, allowed Allowed, lang Lang) []Button {
	dialog := func(v switchboard.Verb, name string) Button {
		return Button{Name: name, Path: m.path("/" + name), Label: lang.T("do." + name), Dialog: true, Busy: inProgress(c, v)}
	}
	record := dialog(switchboard.VerbRecord, "record")
	if c.Recording.On {
		record = m.toggle(c, c.Recording, switchboard.VerbRecord, "record", "/recording", lang.T("do.stop"))
	}
	hold := m.toggle(c, c.Hold, switchboard.VerbHold, "hold", "/hold", lang.T(either(c.Hold.On, "do.resume", "do.hold")))
	mute := m.toggle(c, c.Mute, switchboard.VerbMute, "mute", "/muted", lang.T(either(c.Mute.On, "do.unmute", "do.mute")))
	mute.Reason = allowed.unsupportedText(switchboard.VerbMute, lang)
	return append(make([]Button, 0, 7),
		hold, mute,
		dialog(switchboard.VerbTransfer, "transfer"),
		dialog(switchboard.VerbTones, "keypad"),
		dialog(switchboard.VerbAnnounce, "announce"),
		record)
}

// addUndo adds the undo button to the chip of a pending hang-up.
func (m *RowModel) addUndo(c switchboard.Call, allowed Allowed, lang Lang) {
	for i := range m.Chips {
		if m.Chips[i].Tone == "pending-hangup" && allowed.OK() {
			m.Chips[i].Undo, m.Chips[i].UndoText = m.path("/undo"), lang.T("do.undo")
		}
	}
}

// either returns yes or no.
func either[T any](on bool, yes, no T) T {
	if on {
		return yes
	}
	return no
}

// toggle returns a button that requests the opposite of the confirmed state.
func (m *RowModel) toggle(c switchboard.Call, t switchboard.Toggle, v switchboard.Verb, name, path, label string) Button {
	return Button{
		Name: name, Path: m.path(path), Label: label, Toggle: true, On: t.On, Busy: t.Pending || inProgress(c, v),
	}
}

// inProgress reports whether a command with the verb is pending.
func inProgress(c switchboard.Call, v switchboard.Verb) bool {
	return c.LastCommand != nil && c.LastCommand.Verb == v && c.LastCommand.Outcome == switchboard.Pending
}

// actionID returns an id of what a row shows: 22 characters of the
// URL-safe base64 alphabet.
func actionID(c switchboard.Call) string {
	var buf [64]byte
	b := append(buf[:0], c.ID...)
	b = binary.BigEndian.AppendUint64(append(b, 0), c.ShownSeq)
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
