package sipgate

import (
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// DisplayNumber returns raw in the usual spelling, "+49 211 1234567", if it is
// an international number with or without its plus sign. It returns short
// codes, extensions ("e0"), "anonymous" and the empty string unchanged.
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
	// Without the plus sign, its length must fit the country.
	if !strings.HasPrefix(CleanNumber(raw), "+") && phonenumbers.IsPossibleNumberWithReason(parsed) != phonenumbers.IS_POSSIBLE {
		return raw
	}
	return phonenumbers.Format(parsed, phonenumbers.INTERNATIONAL)
}

// displayCache saves parsing the numbers of a call, 15 µs, each time its row
// is rendered.
var displayCache = boundedCache{max: 4096}

// boundedCache caches the values of a function of strings. It holds at most
// max values: when it is full, it drops all of them.
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
	// The key may be a substring of a larger text, which must not be kept in
	// memory.
	r.values[strings.Clone(key)] = strings.Clone(v)
	return v
}
