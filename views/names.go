package views

import (
	"slices"
	"strings"
)

// Names is a set of names without spaces. Equal sets are ==, so that pages can be
// compared fast.
type Names string

// NamesOf returns the set of some names.
func NamesOf(names ...string) Names {
	if len(names) == 0 {
		return ""
	}
	names = slices.Clone(names)
	slices.Sort(names)
	return Names(" " + strings.Join(slices.Compact(names), " ") + " ")
}

// Has reports whether the set contains a name.
func (n Names) Has(name string) bool { return strings.Contains(string(n), " "+name+" ") }
