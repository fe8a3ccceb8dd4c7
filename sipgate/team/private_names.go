package team

import (
	"maps"
	"slices"
	"sync"
)

// maxPrivateNames limits the names that are kept of one member.
const maxPrivateNames = 5000

// PrivateNames keeps the names that members have for numbers in their private
// contacts. Each member's names are for that member only, and in memory only.
// The zero value is ready. All methods may be called concurrently; Name takes
// no lock.
type PrivateNames struct {
	byMember sync.Map // from MemberID to map[string]string, by number, which is never changed
}

// Set replaces the names that a member has for numbers in E.164 form, and
// reports whether they differ from the former ones. It keeps a copy of at most
// 5,000 names, those of the lowest numbers, and skips empty names and numbers.
func (p *PrivateNames) Set(id MemberID, names map[string]string) (changed bool) {
	kept := maps.Clone(names)
	maps.DeleteFunc(kept, func(number, name string) bool { return number == "" || name == "" })
	if len(kept) > maxPrivateNames {
		for _, number := range slices.Sorted(maps.Keys(kept))[maxPrivateNames:] {
			delete(kept, number)
		}
	}
	old, _ := p.byMember.Swap(id, kept)
	before, _ := old.(map[string]string)
	return !maps.Equal(kept, before)
}

// Name returns the name that a member has for a number in E.164 form, "" if
// there is none.
func (p *PrivateNames) Name(id MemberID, number string) string {
	names, _ := p.byMember.Load(id)
	m, _ := names.(map[string]string)
	return m[number]
}

// Forget drops the names of a member. It is to be called when the member is
// removed or signs out.
func (p *PrivateNames) Forget(id MemberID) { p.byMember.Delete(id) }
