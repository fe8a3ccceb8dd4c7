package team

import "testing"

// The addresses that stood there before ours are remembered once, by account,
// until they have been put back.
func TestHooks(t *testing.T) {
	h := NewHooks(tables(t))
	theirs, ours := Hook{"https://a.example/in", ""}, Hook{"https://calls.example/push", "https://calls.example/push"}
	for _, was := range []Hook{theirs, ours} { // set twice
		if err := h.Keep(t.Context(), "1", was); err != nil {
			t.Fatal(err)
		}
	}
	if got, ok, err := h.Kept(t.Context(), "1"); got != theirs || !ok || err != nil {
		t.Errorf("kept %v %v %v", got, ok, err)
	}
	if _, ok, err := h.Kept(t.Context(), "2"); ok || err != nil {
		t.Errorf("another account: %v %v", ok, err)
	}
	if err := h.Forget(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := h.Kept(t.Context(), "1"); ok || err != nil {
		t.Errorf("put back: %v %v", ok, err)
	}
}
