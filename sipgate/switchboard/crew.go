package switchboard

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Members returns who is on the board, in a stable order.
func (b *Board) Members() []MemberID {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.members))
}

// Has reports whether a member is on the board.
func (b *Board) Has(id MemberID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.members[id]
	return ok
}

// Renew has every subscriber take the whole list again: what is shown to whom
// has changed, although no call has.
func (b *Board) Renew() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.publish(Change{Structure: true})
}

// Boards returns the boards that are open, by team.
func (x *Exchange) Boards() map[string]*Board {
	x.mu.Lock()
	defer x.mu.Unlock()
	return maps.Clone(x.boards)
}

// The intervals at which names are read: contacts change rarely, and a member
// who just joined may be the first who can read them.
const (
	namesInterval = 15 * time.Minute
	namesAgain    = 30 * time.Second // after a failure, or while nobody can
)

// keepNames reads the names of numbers through one of the members, until ctx
// is done.
func (b *Board) keepNames(ctx context.Context) {
	for ctx.Err() == nil {
		wait := namesAgain
		if read := b.reader(); read != nil {
			names, err := read(ctx)
			if err == nil {
				b.Name(names)
				wait = namesInterval
			} else if ctx.Err() == nil {
				b.log.Info("names could not be read", "err", err)
			}
		}
		pause(ctx, b.joined, wait)
	}
}

// reader is some member's way to read names, nil if nobody has one.
func (b *Board) reader() func(context.Context) (map[string]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.active() {
		if m.names != nil {
			return m.names
		}
	}
	return nil
}
