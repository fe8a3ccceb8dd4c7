package views

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"github.com/a-h/templ"

	"callboard/sipgate/switchboard"
)

func (m *RowModel) path(rest string) templ.SafeURL { return templ.SafeURL(m.Base + rest) }

// buttons offers what can be done with a call: one that rings can be hung up,
// one that is established has them all.
func (m *RowModel) addActions(c switchboard.Call, permit Allowed, lang Lang) {
	if c.Phase == switchboard.Ended {
		return
	}
	m.addUndo(c, permit, lang)
	m.Confirm = lang.T("hangup.confirm", m.Title)
	id := actionID(c)
	m.addConsultationActions(c, permit, id)
	end := Button{Key: "x", Path: m.path("/hangup"), Busy: c.PendingHangup == nil && inProgress(c, switchboard.VerbHangUp), ID: id + "-x"}
	end.Word, end.Label = labelledIcon(lang, "hangup", "do.hangup")
	switch {
	case c.Phase == switchboard.Ringing && permit.OK():
		m.Actions = []Button{end}
	case c.Phase == switchboard.Connected:
		m.Reason = permit.text(lang)
		m.Actions = append(m.establishedActions(c, permit, id, lang), end)
	}
}

// others are all buttons of an established call but the last.
func (m *RowModel) establishedActions(c switchboard.Call, permit Allowed, id string, lang Lang) []Button {
	sheet := func(v switchboard.Verb, key, drawn string) Button {
		b := Button{Key: key, Path: m.path("/" + drawn), Dialog: true, Busy: inProgress(c, v)}
		b.Word, b.Label = labelledIcon(lang, drawn, "do."+drawn)
		return b
	}
	record := sheet(switchboard.VerbRecord, "r", "record")
	if c.Recording.On {
		record = m.toggle(c, c.Recording, switchboard.VerbRecord, "r", "/recording", id)
		record.Word, record.Label = labelledIcon(lang, "stop", "do.stop")
	}
	hold := m.toggle(c, c.Hold, switchboard.VerbHold, "h", "/hold", id)
	hold.Word, hold.Label = labelledIcon(lang, either(c.Hold.On, "resume", "hold"), either(c.Hold.On, "do.resume", "do.hold"))
	mute := m.toggle(c, c.Mute, switchboard.VerbMute, "m", "/muted", id)
	mute.Word, mute.Label = labelledIcon(lang, either(c.Mute.On, "unmute", "mute"), either(c.Mute.On, "do.unmute", "do.mute"))
	mute.Reason = permit.unsupportedText(switchboard.VerbMute, lang)
	return append(make([]Button, 0, 7),
		hold, mute,
		sheet(switchboard.VerbTransfer, "t", "transfer"),
		sheet(switchboard.VerbTones, "d", "keypad"),
		sheet(switchboard.VerbAnnounce, "a", "announce"),
		record)
}

// undo lets the hang-up that waits be taken back.
func (m *RowModel) addUndo(c switchboard.Call, permit Allowed, lang Lang) {
	for i := range m.Chips {
		if m.Chips[i].Tone == "leave" && permit.OK() {
			m.Chips[i].Undo, m.Chips[i].UndoText = m.path("/undo"), lang.T("do.undo")
		}
	}
}

func either(on bool, yes, no string) string {
	if on {
		return yes
	}
	return no
}

// toggle asks for the opposite of what sipgate confirmed last.
func (m *RowModel) toggle(c switchboard.Call, t switchboard.Toggle, v switchboard.Verb, key, path, id string) Button {
	return Button{
		Key: key, Path: m.path(path), ID: id + "-" + key,
		Toggle: true, On: t.On, Busy: t.Pending || inProgress(c, v),
	}
}

// busy tells whether a command of this kind is under way.
func inProgress(c switchboard.Call, v switchboard.Verb) bool {
	return c.LastCommand != nil && c.LastCommand.Verb == v && c.LastCommand.Outcome == switchboard.Pending
}

// actionID names what a row offers until it changes: 22 characters that may
// stand in an address.
func actionID(c switchboard.Call) string {
	var buf [64]byte
	b := append(buf[:0], c.ID...)
	b = binary.BigEndian.AppendUint64(append(b, 0), c.Seq)
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
