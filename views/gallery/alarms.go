package gallery

import (
	"context"
	"net/url"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
)

// alarmBoard is a board with calls that have been in their states for too long.
func alarmBoard(lang views.Lang, now time.Time) views.BoardModel {
	call := exampleCall(now)
	in := func(id switchboard.RowID, seconds int, edit func(*switchboard.Call)) switchboard.Call {
		return call(id, func(c *switchboard.Call) {
			c.Since = now.Add(-time.Duration(seconds) * time.Second)
			c.Started = c.Since
			edit(c)
		})
	}
	rings := func(c *switchboard.Call) {
		c.Phase, c.PreviousPhase, c.Remote = switchboard.Ringing, switchboard.Ringing, switchboard.Party{Number: "+4915799912345"}
	}
	held := func(c *switchboard.Call) { c.Hold.On, c.Started = true, c.Since.Add(-2*time.Minute) }
	calls := []switchboard.Call{
		in("rings", 5, rings), in("rings-long", 24, rings), in("rings-too-long", 61, rings),
		in("talks-long", 700, func(*switchboard.Call) {}),
		in("waits", 20, held), in("waits-long", 85, held), in("waits-too-long", 605, held),
		in("hung-up", 300, func(c *switchboard.Call) {
			c.Phase, c.EndedAt, c.Cause, c.Hold.On = switchboard.Ended, now.Add(-4*time.Second), "normalClearing", true
		}),
	}
	board, err := exampleFormat.BoardFor(context.Background(), calls, allowedOn, lang)
	if err != nil {
		panic(err) // into memory, of constants
	}
	board.CanCall = true
	board.Status = views.StatusModel{ListedAt: now.Add(-time.Second), Now: now, SignedIn: 3}
	limits := team.DefaultAlarmLimits
	limits.Talking.Amber = 600
	board.SetAlarms(lang, limits, now)
	return board
}

// mistypedAlarms is the team with limits that were not saved.
func mistypedAlarms(now time.Time) views.TeamModel {
	m := exampleTeam(now, true)
	m.Alarms.Typed = url.Values{"ringing_amber": {"40"}, "ringing_red": {"20"}, "held_amber": {"60"}, "held_red": {"180"}, "talking_amber": {"0"}, "talking_red": {"0"}}
	m.Alarms.Field, m.Alarms.Code = "ringing_red", "alarm_order"
	return m
}
