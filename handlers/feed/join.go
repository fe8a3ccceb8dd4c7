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

// A Page is the board as a page shows it that is about to be sent.
type Page struct {
	Board  views.BoardModel
	Have   string // version
	Health switchboard.Health
}

// audience returns the audience of a view, which begins now if it is new. The
// view is up to date.
func (h *Hub) audience(v View) *audience {
	a := h.audiences[v.Key()]
	if a == nil {
		a = &audience{view: v, floor: h.seq}
		h.audiences[v.Key()] = a
		h.renderParts(a)
		h.reviewRows(a, nil, new(ops))
		h.updateTeam(a, views.CallsOfMembers(h.calls), true)
	}
	a.emptyAt = time.Now()
	return a
}

// page returns what a page shows now.
func (h *Hub) page(v View) Page {
	return Page{Board: h.model(h.audience(v)), Have: version(h.epoch, h.seq), Health: h.health}
}

// model returns the whole board as an audience is shown it.
func (h *Hub) model(a *audience) (board views.BoardModel) {
	for _, c := range h.calls {
		if _, shown := a.find(c.No); !shown {
			continue
		}
		variant, ok := a.view.Variant(c)
		if !ok {
			continue
		}
		if row := h.renderRow(a, c, variant); row != nil {
			board.Add(c, row, variant.Allowed)
		}
	}
	board.Team = a.tiles()
	return board
}

// A list is the whole board as some audiences are shown it.
type list struct {
	html  string
	frame *web.Frame
}

// list returns the whole board, rendered once for all audiences that are shown
// the same.
func (h *Hub) list(a *audience) (list, error) {
	key := listKey{a.view.Lang(), a.hashOf()}
	if l, ok := h.lists[key]; ok {
		return l, nil
	}
	var buf bytes.Buffer
	if err := views.BoardList(a.view.Lang(), h.model(a)).Render(context.Background(), &buf); err != nil {
		return list{}, err
	}
	l := list{html: buf.String()}
	l.frame = Message{Board: l.html}.frame()
	h.lists[key] = l
	return l, nil
}

// since returns what a page of the audience lacks: the whole board if its version
// says nothing to the hub, and the message after it.
func (h *Hub) since(a *audience, have string) (whole list, m Message, err error) {
	m = Message{Have: version(h.epoch, h.seq)}
	seq, ok := parseVersion(h.epoch, have)
	if !ok || seq < a.floor || seq > h.seq {
		if whole, err = h.list(a); err != nil {
			return list{}, Message{}, err
		}
		if !ok {
			m.Notice, err = a.view.Arrived(context.Background())
		}
		seq = 0
	} else {
		var rows []putRow
		for _, r := range a.shown {
			if i, found := h.find(r.no); found && r.seq > seq {
				variant, _ := a.view.Variant(h.calls[i])
				rows = append(rows, putRow{call: h.calls[i], variant: variant})
			}
		}
		m.Put = h.renderPuts(a, rows)
		for _, d := range a.dropped {
			if d.seq > seq {
				m.Drop = append(m.Drop, d.id)
			}
		}
	}
	if a.partsSeq > seq || whole.frame != nil {
		m.Parts = a.parts
	}
	if whole.frame != nil {
		m.Parts = h.appendRendered(slices.Clip(m.Parts), views.TeamStrip(a.view.Lang(), a.tiles(), time.Now()))
	} else {
		m.Parts = append(slices.Clip(m.Parts), h.teamSince(a, seq)...)
	}
	if h.statusSeq > seq || whole.frame != nil {
		m.Parts = append(slices.Clip(m.Parts), h.status(a.view.Lang()))
	}
	m.Now, m.Listed = h.clock()
	return whole, m, err
}

// missed returns what a page of the audience lacks that polls.
func (h *Hub) missed(a *audience, have string) ([]Message, error) {
	whole, m, err := h.since(a, have)
	if err != nil {
		return nil, err
	}
	if whole.frame != nil {
		return []Message{{Board: whole.html}, m}, nil
	}
	return []Message{m}, nil
}

// add sends a page what it lacks, and from then on what changes.
func (h *Hub) add(v View, have string, s Socket) (*audience, error) {
	a := h.audience(v)
	whole, m, err := h.since(a, have)
	if err != nil {
		return nil, err
	}
	if whole.frame != nil {
		s.Send(whole.frame, m.frame())
	} else {
		s.Send(m.frame())
	}
	a.sockets = append(a.sockets, s)
	h.setActive()
	return a, nil
}

// remove ends what add began.
func (h *Hub) remove(a *audience, s Socket) {
	a.sockets = slices.DeleteFunc(a.sockets, func(o Socket) bool { return o == s })
	a.emptyAt = time.Now()
	h.setActive()
}

// watch tells s of every change of a call.
func (h *Hub) watch(s Socket, id switchboard.RowID) {
	h.watchers[s] = id
	s.Send(h.heartbeat())
	h.setActive()
}

func (h *Hub) unwatch(s Socket) {
	delete(h.watchers, s)
	h.setActive()
}
