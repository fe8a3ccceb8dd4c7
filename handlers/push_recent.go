package handlers

import "time"

// recent remembers keys for a time: those that were added within keep, and of
// them no more than most, the latest. The zero value remembers nothing.
type recent[K comparable] struct {
	keep time.Duration
	most int

	at    map[K]time.Time
	order []K // oldest first
}

// add remembers key and reports whether it was not remembered. Adding it again
// does not make it stay longer. Moments must not go backwards.
func (r *recent[K]) add(key K, now time.Time) (fresh bool) {
	r.forget(now)
	if _, ok := r.at[key]; ok {
		return false
	}
	if len(r.order) >= r.most {
		r.drop()
	}
	if r.most <= 0 {
		return true
	}
	if r.at == nil {
		r.at = map[K]time.Time{}
	}
	r.at[key] = now
	r.order = append(r.order, key)
	return true
}

// has reports whether key is remembered.
func (r *recent[K]) has(key K, now time.Time) bool {
	r.forget(now)
	_, ok := r.at[key]
	return ok
}

func (r *recent[K]) forget(now time.Time) {
	for len(r.order) > 0 && now.Sub(r.at[r.order[0]]) >= r.keep {
		r.drop()
	}
}

// drop forgets the oldest key, if there is one.
func (r *recent[K]) drop() {
	if len(r.order) > 0 {
		delete(r.at, r.order[0])
		r.order = r.order[1:]
	}
}
