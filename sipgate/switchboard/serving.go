package switchboard

import "maps"

// Serves reports whether commands can be sent with a member's access: the
// member is on the board, and sipgate has not rejected the access. It takes no
// lock, so that it can be asked for each row and viewer.
func (b *Board) Serves(id MemberID) bool {
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

// updateServing publishes whose access can be used. What is offered to whom
// depends on it.
func (b *Board) updateServing() {
	serving := map[MemberID]bool{}
	for _, m := range b.members {
		if !m.authFailed {
			serving[m.id] = true
		}
	}
	before := b.serving.Swap(&serving)
	if before == nil || !maps.Equal(*before, serving) {
		b.publish(Change{Structure: true})
	}
}
