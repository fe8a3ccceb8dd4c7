package webhook

import "time"

// A recentSet holds the keys that were added within keep, at most max of them:
// the latest. The zero value holds nothing. Times must not go backwards.
type recentSet[K comparable] struct {
	keep time.Duration
	max  int

	addedAt map[K]time.Time
	order   []K // oldest first
}

// add adds key and reports whether it was absent. Adding a present key does not
// prolong its stay.
func (s *recentSet[K]) add(key K, now time.Time) (fresh bool) {
	s.expire(now)
	if _, ok := s.addedAt[key]; ok {
		return false
	}
	if len(s.order) >= s.max {
		s.drop()
	}
	if s.max <= 0 {
		return true
	}
	if s.addedAt == nil {
		s.addedAt = map[K]time.Time{}
	}
	s.addedAt[key] = now
	s.order = append(s.order, key)
	return true
}

// has reports whether key is present.
func (s *recentSet[K]) has(key K, now time.Time) bool {
	s.expire(now)
	_, ok := s.addedAt[key]
	return ok
}

func (s *recentSet[K]) expire(now time.Time) {
	for len(s.order) > 0 && now.Sub(s.addedAt[s.order[0]]) >= s.keep {
		s.drop()
	}
}

// drop removes the oldest key, if there is one.
func (s *recentSet[K]) drop() {
	if len(s.order) > 0 {
		delete(s.addedAt, s.order[0])
		s.order = s.order[1:]
	}
}
