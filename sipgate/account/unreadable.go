package account

import (
	"log/slog"
	"path"
	"sync"
	"time"

	"callboard/sipgate"
)

// How long unreadable items are remembered, and how often they are logged at
// most.
const (
	unreadableMemory      = time.Hour
	unreadableLogInterval = time.Minute
)

// Unreadable remembers how many items of sipgate's lists could not be read. It
// is safe for concurrent use.
type Unreadable struct {
	log *slog.Logger

	mu     sync.Mutex
	counts map[unreadableKey]unreadableCount
	logged map[string]time.Time // by kind of list
}

// unreadableKey is a list of an account as one user sees it.
type unreadableKey struct {
	account string
	user    sipgate.UserID
	list    string
}

type unreadableCount struct {
	items int
	at    time.Time
}

// NewUnreadable returns an Unreadable that also logs.
func NewUnreadable(log *slog.Logger) *Unreadable {
	return &Unreadable{log: log, counts: map[unreadableKey]unreadableCount{}, logged: map[string]time.Time{}}
}

// Watch returns a copy of the client whose lists are counted as an account's that
// one of its users sees.
func (u *Unreadable) Watch(client *sipgate.Client, account string, user sipgate.UserID) *sipgate.Client {
	watched := *client
	watched.OnUnreadable = func(list string, items int) { u.set(unreadableKey{account, user, list}, items) }
	return &watched
}

func (u *Unreadable) set(key unreadableKey, items int) {
	now := time.Now()
	u.mu.Lock()
	defer u.mu.Unlock()
	if items == 0 {
		delete(u.counts, key)
		return
	}
	u.counts[key] = unreadableCount{items, now}
	for k, c := range u.counts {
		if now.Sub(c.at) > unreadableMemory {
			delete(u.counts, k)
		}
	}
	if kind := path.Base(key.list); now.Sub(u.logged[kind]) >= unreadableLogInterval {
		u.logged[kind] = now
		u.log.Warn("items in a list that could not be read", "account", key.account, "list", key.list, "items", items)
	}
}

// Of returns how many items of an account's lists could not be read within the
// last hour, by the kind of list: "history", "contacts", "devices". Of several
// users who see the same list, the one with most counts.
func (u *Unreadable) Of(account string) map[string]int {
	u.mu.Lock()
	defer u.mu.Unlock()
	most := map[string]int{}
	for k, c := range u.counts {
		if k.account == account && time.Since(c.at) <= unreadableMemory {
			most[k.list] = max(most[k.list], c.items)
		}
	}
	all := map[string]int{}
	for list, n := range most {
		all[path.Base(list)] += n
	}
	return all
}
