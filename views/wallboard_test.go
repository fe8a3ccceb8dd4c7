package views

import (
	"slices"
	"strings"
	"testing"
	"time"

	"callboard/sipgate/stats"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// A screen does not leave out calls without a word.
func TestWallboardSaysHowManyCallsCouldNotBeRead(t *testing.T) {
	for _, lang := range Langs {
		list := StatusModel{ListedAt: moment, Now: moment, SignedIn: 1}
		for unreadable, want := range map[int]string{0: "", 1: lang.T("unreadable.calls", 1), 2: lang.T("unreadable.calls", 2)} {
			list.Unreadable = unreadable
			page, err := WallboardHTML(t.Context(), lang, WallboardModel{Now: moment, List: list})
			if err != nil {
				t.Fatal(err)
			}
			if hidden := strings.Contains(string(page), `<p class="stale" role="status" hidden>`); hidden != (want == "") || !strings.Contains(string(page), "<span>"+want+"</span>") {
				t.Errorf("%s, %d: %s", lang, unreadable, page)
			}
		}
	}
}

// and counts those that do not fit.
func TestWallboardIsForPassersBy(t *testing.T) {
	for name, want := range map[string]string{"Mia Brandt": "Mia", "Dr. Anna Lind": "Anna", "Dr.": "••••", "": "••••", "+49 30": "••••", "Desk 7": "Desk"} {
		if got := firstName(name); got != want {
			t.Errorf("%q is called %q", name, got)
		}
	}
	four := []string{"Mia B", "Tom C", "Eva D", "Jo E"}
	if got := firstNames(four, English); got != "Mia, Tom, Eva "+English.T("wall.others", 1) {
		t.Errorf("four members: %q", got)
	}
	if got := firstNames(four[:3], English); got != "Mia, Tom, Eva" {
		t.Errorf("three members: %q", got)
	}
	mask := func(n string) string { return strings.Replace(n, "01820", "•••", 1) }
	held, waits := testCall(t, "talking"), testCall(t, "ringing")
	held.Hold.On, held.Since = true, moment.Add(-time.Hour)
	waits.Since, waits.Remote, waits.Direction = moment.Add(-30*time.Second), switchboard.Party{}, ""
	calls := []switchboard.Call{held, testCall(t, "talking"), testCall(t, "ended"), testCall(t, "ringing"), waits, testCall(t, "recording")}
	m := NewWallboard(calls, mask, false, English)
	var got []string
	for _, c := range m.Calls {
		got = append(got, c.State+" "+c.Title+c.Sub)
	}
	if m.Ringing != 2 || m.Connected != 3 || len(got) != 5 || got[0] != "ringing Anonymous" || !strings.HasPrefix(got[1], "ringing +4930") || got[4] != "held "+mask("+4930901820") {
		t.Errorf("%q; %d ring, %d talk", got, m.Ringing, m.Connected)
	}
	if c := m.Calls[0]; c.directionIcon() != "both" || c.directionName(English) != English.T("row.unknown_direction") {
		t.Errorf("%+v", c)
	}
	if c := (WallboardCall{Direction: "internal"}); c.directionIcon() != "both" || c.directionName(English) != English.T("row.internal") {
		t.Errorf("an internal call: %s, %s", c.directionIcon(), c.directionName(English))
	}
	if c := NewWallboard(calls[1:2], mask, true, English).Calls[0]; c.Title != "Meier & Söhne GmbH" || c.Sub != mask("+4930901820") || c.Local != "Mia" || c.Direction != "in" {
		t.Errorf("with names: %+v", c)
	}
	for n, want := range map[int]int{maxWallboardCalls: 0, maxWallboardCalls + 2: 2} {
		if shown, more := (WallboardModel{Calls: make([]WallboardCall, n)}).shownCalls(); more != want || len(shown) != maxWallboardCalls {
			t.Errorf("of %d calls %d are shown, %d more", n, len(shown), more)
		}
	}
}

// TestAWallboardShowsWhoWaitsForTooLong: in colour, with icon and word, as the server
// draws it; and in two columns where there are many.
func TestAWallboardShowsWhoWaitsForTooLong(t *testing.T) {
	limits := team.AlarmLimits{Ringing: team.AlarmLimit{Amber: 20, Red: 40}, Held: team.AlarmLimit{Amber: 60, Red: 180}}
	for _, lang := range Langs {
		for _, test := range []struct {
			state   string
			seconds int
			want    team.AlarmLevel
		}{{"ringing", 19, ""}, {"ringing", 20, "amber"}, {"ringing", 40, "red"}, {"held", 60, "amber"}, {"held", 180, "red"}, {"talking", 9999, ""}} {
			m := WallboardModel{Now: moment, Alarms: limits, Calls: []WallboardCall{{State: test.state, Direction: "in", Title: "Vogt", Since: moment.Add(-time.Duration(test.seconds) * time.Second)}}}
			page, err := WallboardHTML(t.Context(), lang, m)
			if err != nil {
				t.Fatal(err)
			}
			marked := strings.Contains(string(page), `data-alarm="`+string(test.want)+`"`)
			if marked != (test.want != "") || !strings.Contains(string(page), "<b>"+alarmText(lang, test.want)+"</b>") || strings.Contains(string(page), "data-many") {
				t.Errorf("%s for %d s: %s", test.state, test.seconds, page)
			}
		}
	}
	page, err := WallboardHTML(t.Context(), English, WallboardModel{Now: moment, Calls: slices.Repeat([]WallboardCall{{State: "talking", Direction: "in"}}, 7)})
	if err != nil || !strings.Contains(string(page), "data-many") {
		t.Errorf("seven calls are in one column: %v", err)
	}
}

// The numbers on a wallboard are those of today, or dashes.
func TestWallboardCountsToday(t *testing.T) {
	m := WallboardModel{}
	values := func() (values string) {
		for _, tile := range m.tiles(English) {
			values += tile.value + tile.tone + " "
		}
		return values + m.asOfText(English) + m.listNote(English)
	}
	if got, want := values(), "– – – – "+English.T("wall.unknown")+English.T("wall.never"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	m.Today = stats.Report{Known: true, AsOf: moment, Fetched: 3, Available: 3}
	m.Today.Total = stats.Counts{stats.In: 3}
	m.WaitCount, m.LongestWait, m.List = 1, 61*time.Second, StatusModel{ListedAt: moment, Now: moment, SignedIn: 1}
	if got, want := values(), "3 0 100% 1:01 "+English.T("wall.asof", "14:03"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	m.Today.Total[stats.Missed], m.Today.Available, m.List.SignedIn = 3, 6, 0
	if got, want := values(), "6 3bad 50% 1:01 "+English.T("wall.asof", "14:03")+", "+English.T("wall.incomplete")+English.T("wall.never"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	m.Now, m.Zone = moment, time.FixedZone("", 3600)
	if m.zoneOffset() != "3600" {
		t.Errorf("offset %s", m.zoneOffset())
	}
}

// A screen says of a call that it may have ended, and of a board without a list what it
// shows instead.
func TestWallboardWithoutAList(t *testing.T) {
	doubtful := testCall(t, "talking")
	doubtful.Doubtful = true
	mask := func(n string) string { return n }
	for _, lang := range Langs {
		m := NewWallboard([]switchboard.Call{doubtful}, mask, false, lang)
		m.Now, m.List = moment, NewStatus(switchboard.Health{ListRefused: true, HasEvents: true, Members: 1}, moment)
		page, err := WallboardHTML(t.Context(), lang, m)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"data-unlisted", "<span>" + lang.T("health.unlisted") + "</span>", "<span>" + lang.T("chip.doubtful") + "</span>"} {
			if !strings.Contains(string(page), want) {
				t.Errorf("%s: no %s in %s", lang, want, page)
			}
		}
	}
}
