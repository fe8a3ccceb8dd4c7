package feed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"callboard/web"
)

// A Message is one message of a feed, as JSON. A page does what its fields say,
// in their order.
type Message struct {
	Board  string   `json:"board,omitempty"`  // HTML of the whole board
	Drop   []string `json:"drop,omitempty"`   // ids of elements that are removed
	Put    []string `json:"put,omitempty"`    // HTML of rows: each replaces that with its id, or is inserted where it says
	Parts  []string `json:"parts,omitempty"`  // HTML of elements beside the rows, which replace those with their ids
	Notice string   `json:"notice,omitempty"` // HTML of a notice, which is added

	Have string `json:"have,omitempty"` // version that the page has then

	Listed int64 `json:"listed,omitempty"` // when the calls were read at sipgate, in ms since 1970; 0 if not yet
	Now    int64 `json:"now,omitempty"`    // the server's clock, in ms since 1970

	Touched bool `json:"touched,omitempty"` // the call of the page has changed
}

// frame returns m as it is sent.
func (m Message) frame() *web.Frame {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // read by JSON.parse, never embedded in a page
	if err := enc.Encode(m); err != nil {
		panic(err) // strings always encode
	}
	return web.NewFrame(bytes.TrimRight(buf.Bytes(), "\n"))
}

// version returns what a page has after change seq of an epoch.
func version(epoch string, seq uint64) string { return fmt.Sprintf("%s.%d", epoch, seq) }

// parseVersion returns the number in a version of the epoch, and false for every
// other text.
func parseVersion(epoch, have string) (seq uint64, ok bool) {
	e, n, ok := strings.Cut(have, ".")
	if !ok || e != epoch {
		return 0, false
	}
	seq, err := strconv.ParseUint(n, 10, 64)
	return seq, err == nil
}
