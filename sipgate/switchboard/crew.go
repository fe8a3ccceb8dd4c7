package switchboard

import (
	"maps"
	"slices"
)

// Members returns who is on the board, in a stable order.
func (b *Board) Members() []MemberID {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.members))
}

// Has reports whether a member is on the board.
func (b *Board) HasMember(id MemberID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.members[id]
	return ok
}

// Renew has every subscriber take the whole list again: what is shown to whom
// has changed, although no call has.
func (b *Board) Invalidate() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.publish(Change{Structure: true})
}

// Boards returns the boards that are open, by team.
func (x *Boards) All() map[string]*Board {
	x.mu.Lock()
	defer x.mu.Unlock()
	return maps.Clone(x.boards)
}
