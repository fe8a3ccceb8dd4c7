//go:build release

package static

import "embed"

var sourceMaps embed.FS
