package feed

import (
	"bytes"
	"context"
	"slices"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/views"
	"callboard/web"
)

// A shownTile is a colleague in the strip of the team that the pages of an audience
// show.
type shownTile struct {
	tile views.Tile
	seq  uint64 // when it changed last

	base views.Tile // without calls
	call tileCall
}

// A tileCall is the call that a tile was made of, as it was then.
type tileCall struct {
	no, looks uint64 // of the call; zero without one
	seen      bool
}

// updateTeam brings the strip of the team up to date, after the rows. calls are
// those of the members. With review it reads again who the colleagues are.
func (h *Hub) updateTeam(a *audience, calls map[switchboard.MemberID]*switchboard.Call, review bool) {
	if review {
		a.readTeam(h.seq)
	}
	for i := range a.team {
		s := &a.team[i]
		var of tileCall
		c := calls[s.base.User]
		if c != nil {
			_, seen := a.find(c.No)
			of = tileCall{c.No, c.ShownSeq, seen}
		}
		if !review && of == s.call {
			continue
		}
		tile := s.base
		if c != nil {
			tile = a.view.OnCall(tile, c, of.seen)
		}
		if s.call = of; tile != s.tile {
			s.tile, s.seq = tile, h.seq
		}
	}
}

// readTeam takes over who the colleagues are.
func (a *audience) readTeam(seq uint64) {
	team := a.view.Team()
	same := slices.EqualFunc(a.team, team, func(s shownTile, t views.Tile) bool { return s.base.SamePerson(t) })
	if !same {
		a.team, a.teamSeq = make([]shownTile, len(team)), seq
	}
	for i, t := range team {
		a.team[i].base = t
	}
}

// tiles returns the strip of the team.
func (a *audience) tiles() (all []views.Tile) {
	for _, s := range a.team {
		all = append(all, s.tile)
	}
	return all
}

// teamSince renders what has changed in the strip of the team after change seq: the
// states of some tiles, or all of it.
func (h *Hub) teamSince(a *audience, seq uint64) (parts []string) {
	if a.teamSeq > seq {
		return h.appendRendered(nil, views.TeamStrip(a.view.Lang(), a.tiles(), time.Now()))
	}
	for _, s := range a.team {
		if s.seq > seq {
			parts = h.appendRendered(parts, views.TileState(a.view.Lang(), s.tile, time.Time{}))
		}
	}
	return parts
}

// appendRendered appends the HTML of a part, if it can be rendered.
func (h *Hub) appendRendered(parts []string, part web.Renderer) []string {
	var buf bytes.Buffer
	if err := part.Render(context.Background(), &buf); err != nil {
		h.log.Error("render part of the board", "err", err)
		return parts
	}
	return append(parts, buf.String())
}
