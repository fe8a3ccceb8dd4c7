package team

import "testing"

// TestReplacedWebhooks shows that the addresses of the first Save are kept for
// their account until Forget.
func TestReplacedWebhooks(t *testing.T) {
	w := NewReplacedWebhooks(newTeamDB(t))
	previous, ours := WebhookURLs{"https://a.example/in", ""}, WebhookURLs{"https://calls.example/push", "https://calls.example/push"}
	for _, urls := range []WebhookURLs{previous, ours} { // saved twice
		if err := w.Save(t.Context(), "1", urls); err != nil {
			t.Fatal(err)
		}
	}
	if got, ok, err := w.Previous(t.Context(), "1"); got != previous || !ok || err != nil {
		t.Errorf("stored %v %v %v", got, ok, err)
	}
	if _, ok, err := w.Previous(t.Context(), "2"); ok || err != nil {
		t.Errorf("another account: %v %v", ok, err)
	}
	if err := w.Forget(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := w.Previous(t.Context(), "1"); ok || err != nil {
		t.Errorf("forgotten: %v %v", ok, err)
	}
}
