package switchboard

import "sync"

// A Memo caches what is rendered from one value of a call, so that it is
// rendered once per key however many pages and sockets show it. The zero value
// is ready to use. It is safe for concurrent use.
type Memo struct {
	mu       sync.Mutex
	rendered map[string][]byte
}

// Get returns the bytes rendered for key and calls make for the first request
// only, even if several come at the same time. Errors are not cached. The
// bytes must not be modified.
func (m *Memo) Get(key string, make func() ([]byte, error)) ([]byte, error) {
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
