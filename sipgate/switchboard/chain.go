package switchboard

import (
	"cmp"
	"slices"

	"callboard/sipgate"
)

// A chain holds the legs of a row in call order.
type chain struct {
	// legs has origins before the legs that they led to, then diverted legs
	// after the others.
	legs      []*leg
	root      *leg              // first origin of the others; nil if no event names one
	direction sipgate.Direction // of the whole call
}

// chain returns the row's legs in call order. The result does not depend on
// the order of facts, unless events name no origin.
func (r *row) chain() chain {
	if len(r.legs) == 1 {
		return chain{legs: r.legs, direction: r.legs[0].direction}
	}
	type placed struct {
		leg   *leg
		depth int // number of the row's legs before it
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

// origin returns the row's leg that l's events name as its origin, or nil.
func (r *row) origin(l *leg) *leg {
	if l.origCallID == "" {
		return nil
	}
	if i := slices.IndexFunc(r.legs, func(o *leg) bool { return o.id == l.origCallID }); i >= 0 {
		return r.legs[i]
	}
	return nil
}

// overallDirection returns the direction of the whole call: that of the root,
// else outgoing if one of the legs is outgoing and not diverted.
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

// isOwnDevice reports whether l is only the leg to the caller's own device,
// which sipgate calls first when a call is started by click to dial.
func (c *chain) isOwnDevice(l *leg) bool {
	return l.direction == sipgate.Incoming && !l.diverted() && l.partner == nil && l != c.root && c.direction == sipgate.Outgoing
}

// current returns the leg that the row shows and that commands are sent to, or
// nil if the row has no legs. It prefers, in this order: live legs, connected
// legs in a list, legs other than the one to the caller's own device,
// connected legs, the caller's of an internal call, the newest leg. Of ended legs it prefers the one that ended
// last.
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
	n *= 2
	if l.partner == nil || l.isCaller() {
		n++
	}
	return n
}

// current returns the leg that the row shows.
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
