package views

import (
	"slices"
	"strings"
	"testing"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// alarmCall returns a call that has been in its state for so many seconds.
func alarmCall(t *testing.T, state switchboard.RowID, id string, seconds int) switchboard.Call {
	held := state == "held"
	if held {
		state = "talking"
	}
	c := testCall(t, state)
	c.ID, c.Since, c.Hold.On = switchboard.RowID(id), moment.Add(-time.Duration(seconds)*time.Second), held
	return c
}

// TestTheLongestInItsStateIsFirst: in each section, not who came to the board first,
// so that what is late stands on top. Those of one moment stay in their order.
func TestTheLongestInItsStateIsFirst(t *testing.T) {
	calls := []switchboard.Call{
		alarmCall(t, "talking", "t5", 5), alarmCall(t, "ringing", "r9", 9), alarmCall(t, "talking", "t70", 70), alarmCall(t, "held", "h30", 30),
		alarmCall(t, "ringing", "r40", 40), alarmCall(t, "held", "h200", 200), alarmCall(t, "talking", "t70b", 70),
	}
	for i := range calls {
		calls[i].No = uint64(i)
	}
	m, err := Format{}.BoardFor(t.Context(), calls, func(switchboard.Call) Allowed { return Allowed{} }, English)
	if err != nil {
		t.Fatal(err)
	}
	for s, want := range [][]switchboard.RowID{{"r40", "r9"}, {"t70", "t70b", "t5"}, {"h200", "h30"}} {
		var got []switchboard.RowID
		for i, c := range m.calls[s] {
			got = append(got, c.ID)
			if !strings.Contains(string(m.Sections[s][i]), `id="`+RowDOMID(c.ID)+`"`) {
				t.Errorf("the row of %s is that of another call", c.ID)
			}
			if i > 0 && place(m.calls[s][i-1]) >= place(c) {
				t.Errorf("script would put %s above the one before it", c.ID)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", sectionNames[s], got, want)
		}
	}
}

// TestALatePageShowsAlarmsAtOnce: with icon and word, before script runs, and rows
// that are shared with other pages stay as they are.
func TestALatePageShowsAlarmsAtOnce(t *testing.T) {
	limits := team.AlarmLimits{Ringing: team.AlarmLimit{Amber: 20, Red: 40}, Held: team.AlarmLimit{Amber: 60, Red: 180}, Talking: team.AlarmLimit{Red: 600}}
	for _, test := range []struct {
		state   switchboard.RowID
		seconds int
		want    team.AlarmLevel
	}{
		{"ringing", 19, team.NoAlarm}, {"ringing", 20, team.AmberAlarm}, {"ringing", 40, team.RedAlarm},
		{"held", 59, team.NoAlarm}, {"held", 60, team.AmberAlarm}, {"held", 999, team.RedAlarm},
		{"talking", 599, team.NoAlarm}, {"talking", 600, team.RedAlarm}, {"ended", 999, team.NoAlarm},
	} {
		for _, lang := range Langs {
			c := alarmCall(t, test.state, "late", test.seconds)
			c.Memo = new(switchboard.Memo)
			show := func() BoardModel {
				m, err := Format{}.BoardFor(t.Context(), []switchboard.Call{c}, func(switchboard.Call) Allowed { return Allowed{} }, lang)
				if err != nil {
					t.Fatal(err)
				}
				return m
			}
			m := show()
			m.SetAlarms(lang, limits, moment)
			mark := ""
			if test.want != team.NoAlarm {
				mark = `<li data-alarm="` + string(test.want) + `" data-alarm-text="` + lang.T("alarm."+string(test.want)) + `" `
			}
			page := html(t, Board(Page{Lang: lang}, m))
			if !strings.Contains(page, mark) || strings.Count(page, "data-alarm=") != min(len(mark), 1) {
				t.Errorf("%s for %d s lacks %q", test.state, test.seconds, mark)
			}
			if again := html(t, Board(Page{Lang: lang}, show())); strings.Contains(again, "data-alarm=") {
				t.Errorf("%s for %d s: the row of another page is marked", test.state, test.seconds)
			}
		}
	}
}

// TestAPageKnowsTheLimits: script marks rows by them, in the words of the page.
func TestAPageKnowsTheLimits(t *testing.T) {
	got := html(t, AlarmLimits(German, team.AlarmLimits{Ringing: team.AlarmLimit{Amber: 1, Red: 2}, Held: team.AlarmLimit{Amber: 3, Red: 4}, Talking: team.AlarmLimit{Amber: 5, Red: 6}}))
	for _, want := range []string{`data-ringing="1 2"`, `data-held="3 4"`, `data-talking="5 6"`, `data-amber="lange"`, `data-red="zu lange"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
}
