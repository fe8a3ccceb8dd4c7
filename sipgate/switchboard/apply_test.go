package switchboard

import (
	"time"

	"callboard/sipgate"
)

// applyForBenchmark takes over a decoded list.
func (b *Board) applyForBenchmark(id MemberID, calls []sipgate.Call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.applyList(b.members[id], calls, b.tick(), now)
	b.flush(now)
}
