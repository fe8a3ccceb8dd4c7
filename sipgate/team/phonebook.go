package team

import (
	"maps"
	"math"
	"slices"
	"sync"
	"time"
)

// mostPrivateNames bounds what is remembered of one member's contacts.
const mostPrivateNames = 5000

// A Phonebook knows the names that members have for numbers in their private
// contacts, each for that member alone. It is in memory only. The zero value is
// ready; it is safe for concurrent use, and Name takes no lock.
type PrivateNames struct {
	books sync.Map // of *book, by Member
}

// book is what one member has told. It is never changed, only replaced.
type book struct {
	names   map[string]string // by number in E.164 form
	learned time.Time
}

// Learn replaces the names that m has for numbers, which are in E.164 form,
// and reports whether there is any difference. Of more than 5,000 numbers the
// lowest ones are kept. The map is not kept.
func (p *PrivateNames) Set(m MemberID, names map[string]string) (changed bool) {
	kept := maps.Clone(names)
	maps.DeleteFunc(kept, func(number, name string) bool { return number == "" || name == "" })
	if len(kept) > mostPrivateNames {
		for _, number := range slices.Sorted(maps.Keys(kept))[mostPrivateNames:] {
			delete(kept, number)
		}
	}
	var known map[string]string
	if old, ok := p.books.Swap(m, &book{kept, time.Now()}); ok {
		known = old.(*book).names
	}
	return !maps.Equal(kept, known)
}

// Name returns the name that m has for a number in E.164 form, "" if none.
func (p *PrivateNames) Name(m MemberID, number string) string {
	if b, ok := p.books.Load(m); ok {
		return b.(*book).names[number]
	}
	return ""
}

// Age is how long ago m's names were learned; for a member of whom nothing is
// known it is the longest time there is.
func (p *PrivateNames) Age(m MemberID) time.Duration {
	if b, ok := p.books.Load(m); ok {
		return time.Since(b.(*book).learned)
	}
	return math.MaxInt64
}

// Forget drops all of m's names. It is due when m leaves.
func (p *PrivateNames) Forget(m MemberID) { p.books.Delete(m) }
