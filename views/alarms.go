package views

import (
	"bytes"
	"net/url"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// limitOf returns for how long a call may be in a state, as [RowModel].State names
// it.
func limitOf(l team.AlarmLimits, state string) team.AlarmLimit {
	switch state {
	case "ringing":
		return l.Ringing
	case "held":
		return l.Held
	case "talking":
		return l.Talking
	}
	return team.AlarmLimit{}
}

// SetAlarms tells the page the limits of a team, and marks the rows of calls that
// have been in their state for too long at now. Script does so from then on. It
// returns when the next mark is due, zero for never.
func (b *BoardModel) SetAlarms(lang Lang, l team.AlarmLimits, now time.Time) (next time.Time) {
	b.alarms = l
	for s, rows := range b.Sections {
		for i, c := range b.calls[s] {
			limit := limitOf(l, stateOf(c))
			for _, step := range []int{limit.Amber, limit.Red} {
				if due := c.Since.Add(time.Duration(step) * time.Second); step > 0 && due.After(now) && (next.IsZero() || due.Before(next)) {
					next = due
				}
			}
			if level := limit.Level(now.Sub(c.Since)); level != team.NoAlarm {
				mark := `<li data-alarm="` + string(level) + `" data-alarm-text="` + alarmText(lang, level) + `" `
				rows[i] = bytes.Replace(rows[i], []byte("<li "), []byte(mark), 1)
			}
		}
	}
	return next
}

// SetAlarm marks the row of a call that has been in its state for too long at now, on
// a page of its own. Script does so from then on. Rows of the board are marked by
// [BoardModel.SetAlarms], since they are rendered before.
func (m *RowModel) SetAlarm(lang Lang, l team.AlarmLimits, c switchboard.Call, now time.Time) {
	level := limitOf(l, stateOf(&c)).Level(now.Sub(c.Since))
	m.Alarm, m.AlarmText = string(level), alarmText(lang, level)
}

// stateOf returns the state of a call as [RowModel].State names it.
func stateOf(c *switchboard.Call) string {
	switch {
	case c.Phase == switchboard.Ended:
		return "ended"
	case c.Phase == switchboard.Ringing:
		return "ringing"
	case c.Hold.On:
		return "held"
	}
	return "talking"
}

// alarmSteps formats a limit for script: "20 40".
func alarmSteps(l team.AlarmLimit) string { return decimal(l.Amber) + " " + decimal(l.Red) }

// AlarmForm is the model of the form of the limits.
type AlarmForm struct {
	Limits team.AlarmLimits
	Saved  bool // just now

	// Typed are the values of a form that was not saved. Field is the first invalid
	// one, and Code says what is wrong with it.
	Typed       url.Values
	Field, Code string
}

// alarmField is one state in the form.
type alarmField struct {
	state string // "ringing"
	limit team.AlarmLimit
}

func (m AlarmForm) fields() []alarmField {
	return []alarmField{{"ringing", m.Limits.Ringing}, {"held", m.Limits.Held}, {"talking", m.Limits.Talking}}
}

// value returns what is in the field of a step.
func (m AlarmForm) value(name string, step int) string {
	if m.Typed != nil {
		return m.Typed.Get(name)
	}
	return decimal(step)
}

// mistakeText returns what is wrong, "" if nothing is.
func (m AlarmForm) mistakeText(lang Lang) string {
	switch m.Code {
	case "":
		return ""
	case "alarm_order":
		return lang.T("error.alarm_order")
	}
	return lang.T("error.alarm_limit")
}
