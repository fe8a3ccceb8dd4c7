package gallery

import (
	"fmt"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/views"
)

// exampleStrip are n colleagues in every state.
func exampleStrip(now time.Time, n int) []views.Tile {
	since := func(seconds int) time.Time { return now.Add(-time.Duration(seconds) * time.Second) }
	states := []views.Tile{
		{Name: "Aylin Kaya", State: "talking", Since: since(252), With: "Meier & Söhne GmbH", Groups: "Support"},
		{Name: "Dr. Anna Lindqvist-Schwarzenberger", State: "away", Groups: "Buchhaltung und Personal\nSupport"},
		{Name: "Jonas Vogt", State: "ringing", Since: since(7)},
		{Name: "Kim Lee", State: "dnd", Groups: "Vertrieb"},
		{Name: "Petra Kolb", State: "held", Since: since(84), With: "+49 892 00300", Approximate: true},
		{Name: "Tom Weber", State: "free"},
		{Name: "Zoë", State: "unknown", Favourite: true},
		{Name: "Claudia Wiegand", State: "free", Groups: "Support\nVertrieb"},
		{Name: "Özgür Öztürk", State: "calling", Since: since(3)},
	}
	team := make([]views.Tile, n)
	for i := range team {
		t := states[i%len(states)]
		t.User = switchboard.MemberID(fmt.Sprint("w", i+1))
		t.Number, t.Callable = fmt.Sprint("+49211123456", 10+i), true
		team[i] = t
	}
	return team
}

// viewersStrip are colleagues whom the viewer may not call, one of whom has no
// number.
func viewersStrip(now time.Time) []views.Tile {
	team := exampleStrip(now, 4)
	for i := range team {
		team[i].Callable = false
	}
	team[3].Number = ""
	return team
}
