package team

import (
	"errors"
	"testing"
	"time"

	"callboard/sipgate"
)

// TestCallsTurnAmberThenRed: each with the second of its step, and never with one
// that is off.
func TestCallsTurnAmberThenRed(t *testing.T) {
	for _, test := range []struct {
		limit AlarmLimit
		after time.Duration
		want  AlarmLevel
	}{
		{AlarmLimit{20, 40}, 19999 * time.Millisecond, NoAlarm},
		{AlarmLimit{20, 40}, 20 * time.Second, AmberAlarm},
		{AlarmLimit{20, 40}, 39999 * time.Millisecond, AmberAlarm},
		{AlarmLimit{20, 40}, 40 * time.Second, RedAlarm},
		{AlarmLimit{}, 24 * time.Hour, NoAlarm},
		{AlarmLimit{Red: 40}, 39 * time.Second, NoAlarm},
		{AlarmLimit{Red: 40}, time.Hour, RedAlarm},
		{AlarmLimit{Amber: 20}, time.Hour, AmberAlarm},
		{AlarmLimit{30, 30}, 30 * time.Second, RedAlarm},
		{AlarmLimit{20, 40}, -time.Second, NoAlarm},
	} {
		if got := test.limit.Level(test.after); got != test.want {
			t.Errorf("%v after %v: %q, want %q", test.limit, test.after, got, test.want)
		}
	}
}

// TestAlarmLimitsOfATeam: a team has the defaults until its admin sets others,
// which stay over a restart and count for no other team.
func TestAlarmLimitsOfATeam(t *testing.T) {
	db := newTeamDB(t)
	open := func() *Alarms {
		a, err := NewAlarms(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := open()
	if l := a.Of("1"); l != (AlarmLimits{AlarmLimit{20, 40}, AlarmLimit{60, 180}, AlarmLimit{}}) {
		t.Errorf("at first: %+v", l)
	}
	for _, want := range []AlarmLimits{
		{AlarmLimit{1, 2}, AlarmLimit{3, 4}, AlarmLimit{5, 6}},
		{AlarmLimit{MaxAlarmLimit, MaxAlarmLimit}, AlarmLimit{0, 7}, AlarmLimit{7, 0}},
		{},
	} {
		if err := a.Set(t.Context(), "1", want); err != nil {
			t.Fatal(err)
		}
		for name, a := range map[string]*Alarms{"now": a, "after a restart": open()} {
			if got := a.Of("1"); got != want {
				t.Errorf("%s: %+v, want %+v", name, got, want)
			}
			if got := a.Of("2"); got != DefaultAlarmLimits {
				t.Errorf("%s another team has %+v", name, got)
			}
		}
	}
}

// TestInvalidAlarmLimitsChangeNothing: the error names the field.
func TestInvalidAlarmLimitsChangeNothing(t *testing.T) {
	db := newTeamDB(t)
	a, err := NewAlarms(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		change      func(*AlarmLimits)
		field, code string
	}{
		{func(l *AlarmLimits) { l.Ringing.Amber = -1 }, "ringing_amber", "alarm_limit"},
		{func(l *AlarmLimits) { l.Ringing.Red = MaxAlarmLimit + 1 }, "ringing_red", "alarm_limit"},
		{func(l *AlarmLimits) { l.Held.Amber = MaxAlarmLimit + 1; l.Talking.Amber = -1 }, "held_amber", "alarm_limit"},
		{func(l *AlarmLimits) { l.Held.Red = -1 }, "held_red", "alarm_limit"},
		{func(l *AlarmLimits) { l.Held.Red = l.Held.Amber - 1 }, "held_red", "alarm_order"},
		{func(l *AlarmLimits) { l.Talking = AlarmLimit{2, 1} }, "talking_red", "alarm_order"},
	} {
		limits := DefaultAlarmLimits
		test.change(&limits)
		err := a.Set(t.Context(), "1", limits)
		if e, ok := errors.AsType[*sipgate.ValueError](err); !ok || e.Field != test.field || e.Code != test.code {
			t.Errorf("%+v: %v, want %s about %s", limits, err, test.code, test.field)
		}
		if a.Of("1") != DefaultAlarmLimits {
			t.Errorf("%+v is set", limits)
		}
	}
	if _, err := db.Exec(`insert into team_alarms values ('1', 5, 4, 0, 0, 0, 0), ('2', 4, 5, 0, 0, 0, 0)`); err != nil {
		t.Fatal(err)
	}
	if a, err = NewAlarms(t.Context(), db); err != nil || a.Of("1") != DefaultAlarmLimits || a.Of("2").Ringing != (AlarmLimit{4, 5}) {
		t.Errorf("invalid stored limits: %v, %+v, %+v", err, a.Of("1"), a.Of("2"))
	}
	if _, err := db.Exec(`drop table team_alarms`); err != nil {
		t.Fatal(err)
	}
	if err := a.Set(t.Context(), "2", AlarmLimits{}); err == nil || a.Of("2") == (AlarmLimits{}) {
		t.Errorf("limits that were not stored count: %v", err)
	}
	if _, err := NewAlarms(t.Context(), db); err == nil {
		t.Error("limits that cannot be read are not missed")
	}
}
