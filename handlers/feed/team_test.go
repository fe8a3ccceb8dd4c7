package feed

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/views"
)

// strip returns a view with n colleagues who are free: w1, w2, …
func strip(key string, lang views.Lang, n int) *viewer {
	v := newViewer(key, lang)
	for i := range n {
		v.team = append(v.team, views.Tile{User: colleague(i + 1), Name: fmt.Sprint("Colleague ", i+1), State: "free"})
	}
	return v
}

func colleague(i int) switchboard.MemberID { return switchboard.MemberID(fmt.Sprint("w", i)) }

// ringAt makes a call ring at members.
func ringAt(id, from string, users ...sipgate.UserID) sipgate.Event {
	e := newCall(id, from)
	e.Users, e.UserIDs = nil, users
	for _, u := range users {
		e.Users = append(e.Users, "Colleague "+string(u[1:]))
	}
	return e
}

// await waits until what has changed was sent, and returns the messages and the
// parts in them.
func (x *fixture) await(p *page) (messages []Message, parts []string) {
	time.Sleep(2 * joinWithin)
	synctest.Wait()
	messages = p.take()
	for _, m := range messages {
		parts = append(parts, m.Parts...)
	}
	return messages, parts
}

// A call of a colleague changes one tile, in the same message as its row, for each
// who sees the strip: while it rings, is answered, held, resumed and over. Who may
// not see the call gets what the colleague does, and not with whom.
func TestACallOfAColleagueIsOneTile(t *testing.T) {
	withBoard(t, 1, func(x *fixture) {
		seeing, blind := strip("seeing", views.English, 200), strip("blind", views.German, 200)
		blind.hidden["+4930777"] = true
		p, leave := x.open(seeing)
		defer leave()
		q, leaveBlind := x.open(blind)
		defer leaveBlind()
		p.take()
		q.take()
		e := ringAt("call", "4930777", "w7")
		for _, step := range []struct {
			name, state, says, german string
			do                        func()
		}{
			{"rings", "ringing", "+4930777", "klingelt", func() { x.board.Observe(e) }},
			{"answered", "talking", "+4930777", "spricht", func() { x.api.connect(x.board, e) }},
			{"held", "held", "+4930777", "hält", func() { x.hold("+4930777", true) }},
			{"resumed", "talking", "+4930777", "spricht", func() { x.hold("+4930777", false) }},
			{"over", "free", "", "frei", func() { x.api.hangUp(x.board, e) }},
		} {
			step.do()
			messages, parts := x.await(p)
			if len(parts) != 1 || len(messages) > 2 || !strings.HasPrefix(parts[0], `<small id="is-w7"><span class="`+step.state+`"><span title="`) || !strings.Contains(parts[0], step.says) {
				x.Errorf("%s: %d messages, parts %q", step.name, len(messages), parts)
			}
			for _, m := range messages {
				if n := len(m.frame().Text()); n > 4000 || len(m.Parts) > 0 && len(m.Parts[0]) > 200 {
					x.Errorf("%s: %d bytes, of which the tile %d", step.name, n, len(m.Parts[0]))
				}
			}
			messages, parts = x.await(q)
			if put, _, _ := rows(messages); put > 0 || len(parts) != 1 || len(messages) != 1 || !strings.Contains(parts[0], step.german) || strings.Contains(parts[0], "777") {
				x.Errorf("%s, for one who does not see the call: %d messages, parts %q", step.name, len(messages), parts)
			}
		}
	})
}

// What no tile shows sends none: a muted call, a second call that rings while the
// colleague talks, and a review.
func TestWhatNoTileShowsSendsNoTile(t *testing.T) {
	withBoard(t, 1, func(x *fixture) {
		v := strip("anna", views.English, 3)
		p, leave := x.open(v)
		defer leave()
		e := ringAt("call", "4930777", "w1")
		x.board.Observe(e)
		x.api.connect(x.board, e)
		x.await(p)
		for name, do := range map[string]func(){
			"another rings": func() { x.board.Observe(ringAt("other", "4930778", "w1")) },
			"a review":      func() { x.board.Invalidate() },
			"time":          func() { time.Sleep(2 * reviewEvery) },
		} {
			do()
			if _, parts := x.await(p); len(parts) > 0 {
				x.Errorf("%s sends %q", name, parts)
			}
		}
	})
}

// A colleague who joins or is renamed changes the whole strip, one whose telephone is no
// longer reached only the tile. A page that was away gets what it lacks.
func TestChangesOfTheTeam(t *testing.T) {
	withBoard(t, 1, func(x *fixture) {
		v := strip("anna", views.English, 3)
		p, leave := x.open(v)
		p.take()
		away := func() {
			v.change(func() { v.team[1].State = "away" })
			x.board.Invalidate()
		}
		away()
		if _, parts := x.await(p); len(parts) != 1 || !strings.Contains(parts[0], `<span class="away"><span title="offline">offline`) {
			x.Errorf("a telephone is off: %q", parts)
		}
		leave()
		e := ringAt("call", "4930777", "w3")
		x.board.Observe(e)
		synctest.Wait()
		leave = x.connect(p, v)
		if _, parts := x.await(p); len(parts) != 1 || !strings.HasPrefix(parts[0], `<small id="is-w3"><span class="ringing"`) {
			x.Errorf("missed: %q", parts)
		}
		v.change(func() { v.team = append(v.team, views.Tile{User: "w4", Name: "Dora", State: "free"}) })
		x.board.Invalidate()
		if _, parts := x.await(p); len(parts) != 1 || !strings.HasPrefix(parts[0], `<section id="team"`) || strings.Count(parts[0], "<li>") != 4 || !strings.Contains(parts[0], "ringing") {
			x.Errorf("a colleague more: %q", parts)
		}
		leave()
		p.have = "another." + p.have
		leave = x.connect(p, v)
		defer leave()
		if _, parts := x.await(p); !strings.Contains(strings.Join(parts, ""), `<section id="team"`) {
			x.Errorf("with the whole board: %q", parts)
		}
	})
}

// A favourite changes the order of the whole strip, for the member whose favourite it
// is, and sends nothing to others.
func TestAFavouriteIsOneMembers(t *testing.T) {
	withBoard(t, 1, func(x *fixture) {
		v, w := strip("anna", views.English, 3), strip("jonas", views.English, 3)
		p, leave := x.open(v)
		defer leave()
		q, leaveOther := x.open(w)
		defer leaveOther()
		p.take()
		q.take()
		v.change(func() { v.team[2].Favourite = true })
		x.board.Invalidate()
		if _, parts := x.await(p); len(parts) != 1 || strings.Index(parts[0], "Colleague 3") > strings.Index(parts[0], "Colleague 1") {
			x.Errorf("with the favourite: %q", parts)
		}
		if messages, _ := x.await(q); len(messages) > 0 {
			x.Errorf("another member gets %+v", messages)
		}
	})
}
