package switchboard

import (
	"maps"
	"slices"
)

// Serves reports whether commands can be sent with a member's access: the
// member is on the board, and sipgate has not rejected the access. It takes no
// lock, so that it can be asked for each row and viewer.
func (b *Board) Serves(id MemberID) bool {
	serving := b.serving.Load()
	if serving == nil {
		return false
	}
	_, ok := (*serving)[id]
	return ok
}

// ShowsOthers reports whether a member's lists have shown calls of other members
// and lacked none. Such an access probably reaches calls that no list contains,
// as while they ring. It takes no lock.
func (b *Board) ShowsOthers(id MemberID) bool {
	serving := b.serving.Load()
	return serving != nil && (*serving)[id]
}

// Rename changes the name of a member on the board.
func (b *Board) Rename(id MemberID, name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m := b.members[id]; m != nil {
		m.name = name
	}
}

// updateServing publishes whose access can be used, and whose shows calls of
// others. What is offered to whom depends on it.
func (b *Board) updateServing() {
	serving := map[MemberID]bool{}
	for _, m := range b.members {
		if !m.authFailed {
			serving[m.id] = m.showsOthers
		}
	}
	before := b.serving.Swap(&serving)
	if before == nil || !maps.Equal(*before, serving) {
		b.publish(Change{Permissions: true})
	}
}

// maxProofs is how many calls of a list are looked at for what another
// member's list lacks.
const maxProofs = 20

// updateShowsOthers checks, after a list of m was applied, whether m's lists
// show calls of others, and whether those of other members lack calls of m's.
func (b *Board) updateShowsOthers(m *member) {
	changed := false
	if !m.showsOthers && slices.ContainsFunc(m.observations, func(s *observation) bool { return b.isOfOthers(m, s) }) {
		m.showsOthers, changed = true, true
	}
	for _, o := range b.members {
		if o != m && o.showsOthers && m.showsWhatIsMissingFrom(o) {
			o.showsOthers, changed = false, true
		}
	}
	if changed {
		b.updateServing()
	}
}

// isOfOthers reports whether a call of m's list is known to be of other members
// only. A side of an internal call may be m's own although events name only the
// user of the other side.
func (b *Board) isOfOthers(m *member, s *observation) bool {
	r := s.leg.row
	if s.removed || r == nil || r.published == nil || r.published.Phase != Connected {
		return false
	}
	owners := r.published.Owners()
	if s.leg.partner != nil {
		owners = b.owners(s.leg)
	}
	return len(owners) > 0 && !slices.Contains(owners, m.id)
}

// showsWhatIsMissingFrom reports whether o's newest list lacks a call that was
// listed before it, and is still listed for m after it.
func (m *member) showsWhatIsMissingFrom(o *member) bool {
	return o.listTick < m.listTick && slices.ContainsFunc(m.observations[:min(len(m.observations), maxProofs)], func(s *observation) bool {
		return !s.removed && s.leg.end == live && s.leg.firstListTick < o.listTick && !s.leg.observedBy(o)
	})
}
