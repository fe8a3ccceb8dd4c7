package sipgate

import (
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// DisplayNumber returns raw as people write it, "+49 211 1234567", if it is an
// international number with or without its plus sign. Short codes, extensions
// ("e0"), "anonymous" and the empty string are returned as they are.
func DisplayNumber(raw string) string {
	if len(raw) > maxInput {
		return raw
	}
	return displayCache.get(raw, displayNumber)
}

func displayNumber(raw string) string {
	n := NormalizeNumber(raw)
	if !Number(n).Valid() {
		return raw
	}
	parsed, err := phonenumbers.Parse(n, "ZZ")
	if err != nil {
		return raw
	}
	// Without the plus sign it is a number only if its length fits the country.
	if !strings.HasPrefix(raw, "+") && phonenumbers.IsPossibleNumberWithReason(parsed) != phonenumbers.IS_POSSIBLE {
		return raw
	}
	return phonenumbers.Format(parsed, phonenumbers.INTERNATIONAL)
}

// displayed spares the row of a call, which is rendered at every change, the
// 15 µs that parsing its numbers takes.
var displayCache = boundedCache{max: 4096}

// recent remembers the values of a function for the strings it was last asked
// for. It holds at most max of them: when full it forgets them all.
type boundedCache struct {
	max int

	mu     sync.RWMutex
	values map[string]string
}

func (r *boundedCache) get(key string, f func(string) string) string {
	r.mu.RLock()
	v, ok := r.values[key]
	r.mu.RUnlock()
	if ok {
		return v
	}
	v = f(key)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.values == nil || len(r.values) >= r.max {
		r.values = make(map[string]string)
	}
	// The key may be a part of a larger text, which must not be kept for it.
	r.values[strings.Clone(key)] = strings.Clone(v)
	return v
}
