package switchboard

import (
	"cmp"
	"slices"

	"callboard/sipgate"
)

// current is the leg that the row shows and that commands go to: what lists
// contain before what events told, the leg to the other side before one's own
// device, established before ringing, and the newest of equals. Ended legs
// only count when there is no other; then it is the one that ended last.
func (r *row) current() *leg {
	if len(r.legs) == 1 {
		return r.legs[0]
	}
	var best *leg
	top := 0
	for _, l := range r.chain() {
		n := r.rank(l)
		if best == nil || n > top || n == top && (l.end == live || l.endedAt > best.endedAt) {
			best, top = l, n
		}
	}
	return best
}

func (r *row) rank(l *leg) int {
	p, ok := l.phase()
	if !ok {
		return -1
	}
	n := 0
	if p != Ended {
		n += 8
	}
	if l.listed && p == Talking {
		n += 4
	}
	if !r.side(l) {
		n += 2
	}
	if p == Talking {
		n++
	}
	return n
}

// chain is the row's legs in the order in which the call took them: origins
// before what came of them, and then the diverted ones after the others.
func (r *row) chain() []*leg {
	legs := slices.Clone(r.legs)
	slices.SortStableFunc(legs, func(x, y *leg) int {
		return cmp.Or(cmp.Compare(r.depth(x), r.depth(y)), cmpBool(x.diverted(), y.diverted()), cmp.Compare(x.no, y.no))
	})
	return legs
}

// depth is how many of the row's legs came before l, as far as events name
// origins.
func (r *row) depth(l *leg) int {
	n := 0
	for l = r.originOf(l); l != nil && n < mostLegs; l = r.originOf(l) {
		n++
	}
	return n
}

func (r *row) originOf(l *leg) *leg {
	if l.orig == "" {
		return nil
	}
	if i := slices.IndexFunc(r.legs, func(o *leg) bool { return o.id == l.orig }); i >= 0 {
		return r.legs[i]
	}
	return nil
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

// root is the leg from which the others came, nil if events name none.
func (r *row) root() *leg {
	for _, l := range r.legs {
		if o := r.originOf(l); o != nil && r.originOf(o) == nil {
			return o
		}
	}
	return nil
}

// direction is that of the call as a whole: of its root, or outgoing if one of
// its legs was made by our side and not by a diversion.
func (r *row) direction() sipgate.Direction {
	if root := r.root(); root != nil && root.direction != sipgate.Unknown {
		return root.direction
	}
	d := sipgate.Unknown
	for _, l := range r.chain() {
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
func (r *row) side(l *leg) bool {
	return l.direction == sipgate.Incoming && !l.diverted() && l != r.root() && r.direction() == sipgate.Outgoing
}
