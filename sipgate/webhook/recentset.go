package webhook

import (
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// A recentSet holds the latest of the keys that were added within keep. The zero
// value holds nothing. Times must not go backwards.
type recentSet[K comparable] struct {
	keep    time.Duration
	addedAt *simplelru.LRU[K, time.Time] // nil in the zero value
}

// newRecentSet returns an empty set that holds at most max keys.
func newRecentSet[K comparable](keep time.Duration, max int) recentSet[K] {
	addedAt, _ := simplelru.NewLRU[K, time.Time](max, nil) // fails only for a size below 1
	return recentSet[K]{keep, addedAt}
}

// add adds key and reports whether it was absent. Adding a present key does not
// prolong its stay.
func (s recentSet[K]) add(key K, now time.Time) (fresh bool) {
	if s.has(key, now) {
		return false
	}
	if s.addedAt != nil {
		s.addedAt.Add(key, now)
	}
	return true
}

// has reports whether key is present, and removes the keys that are too old.
func (s recentSet[K]) has(key K, now time.Time) bool {
	if s.addedAt == nil {
		return false
	}
	for {
		if _, oldest, ok := s.addedAt.GetOldest(); !ok || now.Sub(oldest) < s.keep {
			return s.addedAt.Contains(key)
		}
		s.addedAt.RemoveOldest()
	}
}
