//go:build !release

package handlers

import (
	"net/http"
	"slices"

	"callboard/views"
	"callboard/views/gallery"
	"callboard/web"
)

// showGallery lists every view in every state. It exists in the demo only, since
// its calls are invented, and in no release, since it is for developers.
func (h *handlers) showGallery(w http.ResponseWriter, r *http.Request) error {
	if !h.Demo {
		return errNotFound
	}
	return web.Show(w, r, http.StatusOK, gallery.Index(h.page(r, actor{})))
}

// showExample shows one of them, in a language and a theme.
func (h *handlers) showExample(w http.ResponseWriter, r *http.Request) error {
	lang := langOf(r, actor{})
	if requested := views.Lang(r.FormValue("lang")); slices.Contains(gallery.Langs, requested) {
		lang = requested
	}
	preview := gallery.Preview(r.PathValue("name"), lang, r.FormValue("theme"))
	if !h.Demo || preview == nil {
		return errNotFound
	}
	return web.Show(w, r, http.StatusOK, preview)
}
