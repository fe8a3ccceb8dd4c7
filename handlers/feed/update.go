package feed

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"callboard/sipgate/switchboard"
	"callboard/views"
	"callboard/web"
)

// frameCache holds the messages of one flush.
type frameCache map[frameKey]*web.Frame

type frameKey struct {
	lang  views.Lang
	ops   uint64
	parts string
}

// update brings the pages of an audience up to date.
func (h *Hub) update(a *audience, changed map[uint64]switchboard.RowID, calls map[switchboard.MemberID]*switchboard.Call, review bool, frames frameCache) {
	var o ops
	var parts []string
	if review {
		if a.view.Refresh(); h.renderParts(a) {
			parts = a.parts
		}
		h.reviewRows(a, changed, &o)
	} else {
		for no, id := range changed {
			h.updateRow(a, no, id, &o)
		}
	}
	h.updateTeam(a, calls, review)
	if len(a.sockets) > 0 {
		parts = append(slices.Clip(parts), h.teamSince(a, h.seq-1)...)
	}
	if o.empty() && len(parts) == 0 && h.statusSeq != h.seq || len(a.sockets) == 0 {
		return
	}
	key := frameKey{a.view.Lang(), o.hash(), fmt.Sprint(parts)}
	frame := frames[key]
	if frame == nil {
		m := Message{Drop: o.drop, Put: h.renderPuts(a, o.put), Parts: parts, Have: version(h.epoch, h.seq)}
		if h.statusSeq == h.seq {
			m.Parts = append(slices.Clip(m.Parts), h.status(a.view.Lang()))
		}
		frame = m.frame()
		frames[key] = frame
	}
	h.send(a, frame)
}

// updateRow brings one row up to date whose call has changed or is gone.
func (h *Hub) updateRow(a *audience, no uint64, id switchboard.RowID, o *ops) {
	if i, ok := h.find(no); ok {
		a.show(h.calls[i], h.seq, o)
	} else {
		a.gone(no, h.seq, id, o)
	}
}

// reviewRows brings all rows up to date.
func (h *Hub) reviewRows(a *audience, changed map[uint64]switchboard.RowID, o *ops) {
	for no, id := range changed {
		if _, ok := h.find(no); !ok {
			a.gone(no, h.seq, id, o)
		}
	}
	for _, c := range h.calls {
		a.show(c, h.seq, o)
	}
}

// renderPuts renders rows in the order of their calls, those that can be.
func (h *Hub) renderPuts(a *audience, rows []putRow) (html []string) {
	slices.SortFunc(rows, func(x, y putRow) int { return cmp.Compare(x.call.No, y.call.No) })
	for _, r := range rows {
		if row := h.renderRow(a, r.call, r.variant); row != nil {
			html = append(html, string(row))
		}
	}
	return html
}

// renderRow renders the row of a call, or returns nil if it cannot be rendered.
func (h *Hub) renderRow(a *audience, c *switchboard.Call, v views.Variant) (row views.RenderedRow) {
	h.safely(func() {
		var err error
		if row, err = a.view.Row(context.Background(), c, v); err != nil {
			h.log.Error("render row", "call", c.CallID, "err", err)
			row = nil
		}
	})
	return row
}

// renderParts renders the elements beside the rows, and reports whether they have
// changed.
func (h *Hub) renderParts(a *audience) bool {
	parts, err := a.view.Parts(context.Background())
	if err != nil {
		h.log.Error("render parts of the board", "err", err)
		return false
	}
	if slices.Equal(parts, a.parts) {
		return false
	}
	a.parts, a.partsSeq = parts, h.seq
	return true
}
