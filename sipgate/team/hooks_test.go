package team

import "testing"

// The addresses that stood there before ours are remembered once, by account,
// until they have been put back.
func TestHooks(t *testing.T) {
	h := NewReplacedWebhooks(tables(t))
	theirs, ours := WebhookURLs{"https://a.example/in", ""}, WebhookURLs{"https://calls.example/push", "https://calls.example/push"}
	for _, was := range []WebhookURLs{theirs, ours} { // set twice
		if err := h.Save(t.Context(), "1", was); err != nil {
			t.Fatal(err)
		}
	}
	if got, ok, err := h.Previous(t.Context(), "1"); got != theirs || !ok || err != nil {
		t.Errorf("kept %v %v %v", got, ok, err)
	}
	if _, ok, err := h.Previous(t.Context(), "2"); ok || err != nil {
		t.Errorf("another account: %v %v", ok, err)
	}
	if err := h.Forget(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := h.Previous(t.Context(), "1"); ok || err != nil {
		t.Errorf("put back: %v %v", ok, err)
	}
}
