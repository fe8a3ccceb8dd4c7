package sipgate

import (
	"bytes"
	"encoding/json"
	"errors"
)

// maxKeys is the maximum number of fields of an object. It bounds the cost of
// comparing them.
const maxKeys = 64

// uniqueKeys returns an error if an object in data, which must be valid JSON,
// has a key twice: [encoding/json] would silently use the last one, another
// reader perhaps the first. Keys that differ only in case count as equal,
// since the decoder treats them so.
func uniqueKeys(data []byte) error {
	var around scopes
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{', '[':
			around.open()
		case '}', ']':
			around.close()
		case '"':
			end := stringEnd(data, i)
			if isKey(data, end) {
				if err := around.add(data[i:end]); err != nil {
					return err
				}
			}
			i = end - 1
		}
	}
	return nil
}

// scopes holds the keys of the objects and arrays around a byte; arrays have
// none. Closed scopes are reused.
type scopes struct {
	keys  [][][]byte
	depth int
}

func (s *scopes) open() {
	if s.depth == len(s.keys) {
		s.keys = append(s.keys, nil)
	}
	s.keys[s.depth] = s.keys[s.depth][:0]
	s.depth++
}

func (s *scopes) close() { s.depth-- }

// add adds the quoted key to the innermost object.
func (s *scopes) add(quoted []byte) error {
	key := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(key, '\\') >= 0 {
		var text string
		if err := json.Unmarshal(quoted, &text); err != nil {
			return err
		}
		key = []byte(text)
	}
	keys := s.keys[s.depth-1]
	for _, k := range keys {
		if bytes.EqualFold(k, key) {
			return errors.New("repeated field")
		}
	}
	if len(keys) == maxKeys {
		return errors.New("too many fields in an object")
	}
	s.keys[s.depth-1] = append(keys, key)
	return nil
}

// stringEnd returns the index after the string that begins at start.
func stringEnd(data []byte, start int) int {
	for i := start + 1; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data)
}

// isKey reports whether a colon follows.
func isKey(data []byte, i int) bool {
	for ; i < len(data); i++ {
		switch data[i] {
		case ' ', '\t', '\r', '\n':
		default:
			return data[i] == ':'
		}
	}
	return false
}
