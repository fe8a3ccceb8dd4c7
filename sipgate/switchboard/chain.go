package switchboard

import (
	"cmp"
	"slices"

	"callboard/sipgate"
)

// A chain is the legs of a row, put in order.
type chain struct {
	// legs are in the order in which the call took them: origins before what
	// came of them, and then the diverted ones after the others.
	legs      []*leg
	root      *leg              // from which the others came, nil if events name none
	direction sipgate.Direction // of the call as a whole
}

// chain puts the row's legs in order. The result does not depend on the order
// in which facts came, except where events do not name origins.
func (r *row) chain() chain {
	if len(r.legs) == 1 {
		return chain{legs: r.legs, direction: r.legs[0].direction}
	}
	type placed struct {
		leg   *leg
		depth int // how many of the row's legs came before
	}
	var c chain
	all := make([]placed, len(r.legs))
	for i, l := range r.legs {
		all[i] = placed{leg: l}
		for o := r.origin(l); o != nil && all[i].depth < maxLegs; o = r.origin(o) {
			all[i].depth++
			if c.root == nil && r.origin(o) == nil {
				c.root = o
			}
		}
	}
	slices.SortStableFunc(all, func(x, y placed) int {
		return cmp.Or(cmp.Compare(x.depth, y.depth), cmpBool(x.leg.diverted(), y.leg.diverted()), cmp.Compare(x.leg.firstTick, y.leg.firstTick))
	})
	for _, p := range all {
		c.legs = append(c.legs, p.leg)
	}
	c.direction = c.overallDirection()
	return c
}

// origin is the leg that l came from, as far as an event named it.
func (r *row) origin(l *leg) *leg {
	if l.origCallID == "" {
		return nil
	}
	if i := slices.IndexFunc(r.legs, func(o *leg) bool { return o.id == l.origCallID }); i >= 0 {
		return r.legs[i]
	}
	return nil
}

// whole is the direction of the call as a whole: of its root, or outgoing if
// one of its legs was made by our side and not by a diversion.
func (c *chain) overallDirection() sipgate.Direction {
	if c.root != nil && c.root.direction != sipgate.Unknown {
		return c.root.direction
	}
	d := sipgate.Unknown
	for _, l := range c.legs {
		switch {
		case !l.diverted() && l.direction == sipgate.Outgoing:
			return sipgate.Outgoing
		case d == sipgate.Unknown:
			d = l.direction
		}
	}
	return d
}

// side reports whether the leg only is the call to one's own device that
// sipgate makes first when a call is started by a click.
func (c *chain) isOwnDevice(l *leg) bool {
	return l.direction == sipgate.Incoming && !l.diverted() && l != c.root && c.direction == sipgate.Outgoing
}

// current is the leg that the row shows and that commands go to: what lists
// contain before what events told, the leg to the other side before one's own
// device, established before ringing, and the newest of equals. Ended legs
// only count when there is no other; then it is the one that ended last. A row
// without legs has none.
func (c *chain) current() *leg {
	var best *leg
	top := 0
	for _, l := range c.legs {
		n := c.rank(l)
		if best == nil || n > top || n == top && (l.end == live || l.endTick > best.endTick) {
			best, top = l, n
		}
	}
	return best
}

func (c *chain) rank(l *leg) int {
	p, ok := l.phase()
	if !ok {
		return -1
	}
	n := 0
	if p != Ended {
		n += 8
	}
	if l.listed && p == Connected {
		n += 4
	}
	if !c.isOwnDevice(l) {
		n += 2
	}
	if p == Connected {
		n++
	}
	return n
}

// current is the leg that the row shows now.
func (r *row) current() *leg {
	c := r.chain()
	return c.current()
}

// cmpBool orders false before true.
func cmpBool(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}

func (l *leg) diverted() bool { return l.diversion != "" }
