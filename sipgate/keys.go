package sipgate

import (
	"encoding/json"
	"errors"
	"strings"
)

// maxKeys bounds the fields of an object, and so the work of comparing them.
const maxKeys = 64

// uniqueKeys reports an error if an object within data, which must be valid
// JSON, has the same key twice: [encoding/json] would silently take the last,
// another reader perhaps the first. Keys that differ only in case count as the
// same, since the decoder takes them so.
func uniqueKeys(data []byte) error {
	var objects [][]string // the keys of the objects around the current byte; nil for an array
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{':
			objects = append(objects, []string{})
		case '[':
			objects = append(objects, nil)
		case '}', ']':
			objects = objects[:len(objects)-1]
		case '"':
			end := stringEnd(data, i)
			if isKey(data, end) {
				keys, err := addKey(objects[len(objects)-1], data[i:end])
				if err != nil {
					return err
				}
				objects[len(objects)-1] = keys
			}
			i = end - 1
		}
	}
	return nil
}

// stringEnd returns the index behind the string that begins at start.
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

func addKey(keys []string, quoted []byte) ([]string, error) {
	key := string(quoted[1 : len(quoted)-1])
	if strings.Contains(key, `\`) {
		if err := json.Unmarshal(quoted, &key); err != nil {
			return nil, err
		}
	}
	for _, k := range keys {
		if strings.EqualFold(k, key) {
			return nil, errors.New("a field appears twice")
		}
	}
	if len(keys) == maxKeys {
		return nil, errors.New("an object has too many fields")
	}
	return append(keys, key), nil
}
