package sipgate

import (
	"cmp"
	"strings"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// collators order names as a dictionary in German or in English does: Ä with A,
// ß with ss, capitals with small letters, and 10 after 9. A collator serves one
// caller at a time.
var collators = sync.Pool{New: func() any { return collate.New(language.German, collate.Numeric) }}

// CompareNames orders names for readers. Names that readers take for the same
// are in the order of their bytes, so that the order is total.
func CompareNames(a, b string) int {
	c := collators.Get().(*collate.Collator)
	defer collators.Put(c)
	return cmp.Or(c.CompareString(a, b), strings.Compare(a, b))
}
