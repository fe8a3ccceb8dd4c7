package switchboard

import "sync"

// A Memo keeps what was rendered of one value of a call, so that it is
// rendered once per language however many pages and sockets show it. The zero
// value is ready; it is safe for concurrent use.
type Memo struct {
	mu       sync.Mutex
	rendered map[string][]byte
}

// Do returns what was made for key, or makes it. Two who ask at once for a
// key get the same bytes, made once. The bytes must not be changed.
func (m *Memo) Do(key string, make func() ([]byte, error)) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b, ok := m.rendered[key]; ok {
		return b, nil
	}
	b, err := make()
	if err != nil {
		return nil, err
	}
	if m.rendered == nil {
		m.rendered = map[string][]byte{}
	}
	m.rendered[key] = b
	return b, nil
}
