package team

import (
	"slices"
	"sync"
	"time"
)

// interruptedTime is for how long pages are told what an end of a process cut off:
// those that were open connect again within that time.
const interruptedTime = 2 * time.Minute

// Interruptions are the actions that the end of a process cut off. The zero value has
// none. All methods may be called concurrently.
type Interruptions struct {
	mu  sync.Mutex
	all []interruption
}

type interruption struct {
	entry AuditEntry
	noted time.Time
}

// Add adds audit entries that [Audit.Recover] returned.
func (i *Interruptions) Add(entries []AuditEntry) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.all = slices.DeleteFunc(i.all, func(n interruption) bool { return time.Since(n.noted) > interruptedTime })
	for _, e := range entries {
		i.all = append(i.all, interruption{e, time.Now()})
	}
}

// Of returns what was cut off of an account in the last two minutes.
func (i *Interruptions) Of(account string) (entries []AuditEntry) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, n := range i.all {
		if n.entry.Account == account && time.Since(n.noted) <= interruptedTime {
			entries = append(entries, n.entry)
		}
	}
	return entries
}

func (i *Interruptions) count() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.all)
}
