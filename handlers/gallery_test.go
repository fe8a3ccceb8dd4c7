package handlers

import (
	"net/http/httptest"
	"strings"
	"testing"

	"callboard/views/gallery"
)

// The gallery exists in the demo only. It shows every example as a whole page, in
// the language and theme of the address, and nothing of the dashboard's own calls.
func TestGallery(t *testing.T) {
	h := bare(t)
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		h.errors.Mux(h.mux()).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w.Code, w.Body.String()
	}
	for _, path := range []string{"/gallery", "/gallery/board"} {
		if status, _ := get(path); status != 404 {
			t.Errorf("%s without the demo: %d", path, status)
		}
	}
	h.Demo = true
	_, index := get("/gallery")
	for _, name := range gallery.Names() {
		if !strings.Contains(index, "/gallery/"+name+"?") {
			t.Errorf("the index does not lead to %s", name)
		}
		status, page := get("/gallery/" + name + "?lang=de&theme=dark")
		if status != 200 || !strings.Contains(page, `data-theme="dark"`) || !strings.Contains(page, `lang="de"`) || !strings.Contains(page, "</html>") {
			t.Errorf("%s: %d %.200s", name, status, page)
		}
		if strings.Contains(page, `data-feed="/feed"`) {
			t.Errorf("%s opens the feed", name)
		}
	}
	if _, page := get("/gallery/board?lang=xx&theme=%22onload"); !strings.Contains(page, `lang="en"`) || strings.Contains(page, "onload") {
		t.Errorf("a language and a theme that do not exist: %.300s", page)
	}
	if status, _ := get("/gallery/nothing"); status != 404 {
		t.Errorf("unknown example: %d", status)
	}
}
