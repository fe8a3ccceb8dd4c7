//go:build !release

package static

import "embed"

// sourceMaps are those of the scripts. They are a megabyte that only developers
// need, so a release is built without.
//
//go:embed dist/*.map
var sourceMaps embed.FS
