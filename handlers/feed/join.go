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

// model returns the whole board as an audience is shown it now, and whether that
// is as it was when the rows were last brought up to date.
func (h *Hub) model(a *audience) (board views.BoardModel, asShown bool) {
	asShown = true
	for _, c := range h.calls {
		i, shown := a.find(c.No)
		if !shown {
			continue
		}
		variant, ok := a.view.Variant(c)
		asShown = asShown && ok && a.shown[i].variant == hashOfVariant(variant)
		if !ok {
			continue
		}
		if row := h.renderRow(a, c, variant); row != nil {
			board.Add(c, row, variant.Allowed)
		}
	}
	return board, asShown
}

// A list is the whole board as some audiences are shown it.
type list struct {
	extras views.BoardExtras
	html   views.RenderedRow
	piece  *web.Piece
	until  time.Time  // when it has to be rendered again, zero for never
	frame  *web.Frame // nil until a socket needs it
}

// rightAt reports whether the list need not be rendered again.
func (l *list) rightAt(now time.Time) bool { return l.until.IsZero() || now.Before(l.until) }

// list returns the whole board, rendered once for all audiences that are shown
// the same. It is for a page of the view, or, without one, for a socket.
func (h *Hub) list(a *audience, page View) (*list, error) {
	key, now := listKey{lang: a.view.Lang(), hash: a.hashOf()}, time.Now()
	if page != nil {
		key.page = page.BeginKey()
	}
	if l := h.lists[key]; l != nil && l.rightAt(now) {
		return l, nil
	}
	m, asShown := h.model(a)
	var until time.Time
	if page != nil {
		until = page.Begin(&m, now)
	}
	var buf bytes.Buffer
	if err := views.BoardList(a.view.Lang(), m).Render(context.Background(), &buf); err != nil {
		return nil, err
	}
	l := &list{extras: m.BoardExtras, html: buf.Bytes(), piece: web.NewPiece(buf.Bytes()), until: until}
	if asShown { // else no other audience may be shown it
		h.lists[key] = l
	}
	return l, nil
}

// message returns the frame that shows the whole board.
func (l *list) message() *web.Frame {
	if l.frame == nil {
		l.frame = Message{Board: string(l.html)}.frame()
	}
	return l.frame
}

// since returns what a page of the audience lacks: the whole board if its version
// says nothing to the hub, and the message after it.
func (h *Hub) since(a *audience, have string) (whole *list, m Message, err error) {
	m = Message{Have: version(h.epoch, h.seq)}
	seq, ok := parseVersion(h.epoch, have)
	if !ok || seq < a.floor || seq > h.seq {
		if whole, err = h.list(a, nil); err != nil {
			return nil, Message{}, err
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
	if a.partsSeq > seq || whole != nil {
		m.Parts = a.parts
	}
	if whole != nil {
		m.Parts = h.appendRendered(slices.Clip(m.Parts), views.TeamStrip(a.view.Lang(), a.tiles(), time.Now()))
	} else {
		m.Parts = append(slices.Clip(m.Parts), h.teamSince(a, seq)...)
	}
	if h.statusSeq > seq || whole != nil {
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
	if whole != nil {
		return []Message{{Board: string(whole.html)}, m}, nil
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
	frames := []*web.Frame{m.frame()}
	if whole != nil {
		frames = []*web.Frame{whole.message(), frames[0]}
	}
	s.Send(frames...)
	h.sent.count(1, frames...)
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
	frame := h.heartbeat()
	s.Send(frame)
	h.sent.count(1, frame)
	h.setActive()
}

func (h *Hub) unwatch(s Socket) {
	delete(h.watchers, s)
	h.setActive()
}
