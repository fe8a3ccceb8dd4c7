package handlers

import (
	"net/http"
	"slices"

	"callboard/views"
	"callboard/web"
)

// gallery leads to every view in every state. It is there in the demo only: it
// holds nothing of anybody, but a dashboard has no business with invented
// calls.
func (h *handlers) gallery(w http.ResponseWriter, r *http.Request) error {
	if !h.Demo {
		return errNotFound
	}
	return web.Show(w, r, http.StatusOK, views.GalleryIndex(h.about(r, Visitor{})))
}

// exhibit shows one of them, in a language and a theme.
func (h *handlers) exhibit(w http.ResponseWriter, r *http.Request) error {
	lang := langOf(r, Visitor{})
	if asked := views.Lang(r.FormValue("lang")); slices.Contains(views.GalleryLangs, asked) {
		lang = asked
	}
	picture := views.Exhibit(r.PathValue("name"), lang, r.FormValue("theme"))
	if !h.Demo || picture == nil {
		return errNotFound
	}
	return web.Show(w, r, http.StatusOK, picture)
}
